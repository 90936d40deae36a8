use clap::Args;
use domain::query::{Filter, ListQuery};

use super::{CommandError, Done, import::administrator, open_known};
use crate::{config::Config, library::ReadersLibrary};

#[derive(Args, Debug)]
pub struct Search {
    /// What to search for.
    #[arg(allow_hyphen_values = true)]
    query: String,
    /// Print the ids in order, as a JSON list.
    #[arg(long)]
    json: bool,
    /// How many to print.
    #[arg(long, default_value_t = 10)]
    limit: usize,
}

impl Search {
    pub async fn run(self, config: &Config) -> Done {
        let store = open_known(config).await?;
        // A server that runs on the same data would do so too; whoever comes first does it.
        while store.index_more().await? {}
        let library = ReadersLibrary { store, reader: Some(administrator()) };
        let query = ListQuery { limit: self.limit, ..ListQuery::first_page(self.query, Filter::default()) };
        let listing = library
            .list(&query)
            .await
            .map_err(|error| CommandError::Told(format!("cannot search: {error}")))?;
        if self.json {
            let ids: Vec<_> = listing.cards.iter().map(|card| card.id).collect();
            println!(
                "{}",
                serde_json::to_string(&ids).map_err(|error| CommandError::Told(error.to_string()))?
            );
            return Ok(());
        }
        for card in &listing.cards {
            println!("{}  {}", card.id, card.title.text());
        }
        println!("{} of {}", listing.cards.len(), listing.total);
        Ok(())
    }
}
