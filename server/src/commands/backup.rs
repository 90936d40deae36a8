use std::path::PathBuf;

use clap::Args;

use super::{Done, open_known};
use crate::{backup, config::Config};

#[derive(Args, Debug)]
pub struct Backup {
    /// Where to write; nothing may be there yet. A folder gets a file that is named after the time.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Backup {
    pub async fn run(self, config: &Config) -> Done {
        let store = open_known(config).await?;
        let file = if self.file.is_dir() { backup::dated(&self.file) } else { self.file };
        let summary = backup::make(store.as_ref(), &config.data, &file).await?;
        println!("{} stories and {} changes are in {}", summary.stories, summary.ops, file.display());
        Ok(())
    }
}
