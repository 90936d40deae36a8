use std::{
    collections::{HashMap, HashSet},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use domain::{
    exchange::ExchangeStory,
    id::{LabelId, PersonId, StoryId},
    label::same_name,
    names::Names,
    story::Story,
    text::Name,
};

use super::{CommandError, Done, open_known};
use crate::{config::Config, store::Store};

#[derive(Args, Debug)]
pub struct Export {
    /// Where to write; standard output without it.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

const PAGE: usize = 500;

impl Export {
    pub async fn run(self, config: &Config) -> Done {
        let store = open_known(config).await?;
        match &self.out {
            None => write(store.as_ref(), &mut BufWriter::new(io::stdout().lock())).await,
            Some(file) => {
                let out =
                    std::fs::File::create(file).map_err(|error| CommandError::File(file.clone(), error))?;
                write(store.as_ref(), &mut BufWriter::new(out)).await
            }
        }
    }
}

async fn write(store: &dyn Store, out: &mut impl Write) -> Done {
    let mut after: Option<StoryId> = None;
    let mut spelling = Spelling::default();
    loop {
        let page = store.export(after, PAGE).await?;
        let authors: Vec<PersonId> = page.iter().map(|(_, story)| story.author).collect();
        let names = store.names(&authors).await?;
        for (id, story) in &page {
            let mut story = exchanged(*id, story, &names);
            spelling.settle(&mut story);
            writeln!(out, "{}", story.to_line())?;
        }
        match page.last() {
            Some((id, _)) => after = Some(*id),
            None => break,
        }
    }
    out.flush()?;
    Ok(())
}

/// An import takes two names that differ only in case or spaces for one: the first is how it writes both. So does an
/// export, or the export of its import would be another.
#[derive(Default)]
struct Spelling(HashMap<(&'static str, String), Name>);

impl Spelling {
    fn settle(&mut self, story: &mut ExchangeStory) {
        self.spell("author", &mut story.author);
        story.department.iter_mut().for_each(|name| self.spell("department", name));
        story.site.iter_mut().for_each(|name| self.spell("site", name));
        for (kind, names) in [("tag", &mut story.tags), ("value", &mut story.values)] {
            names.iter_mut().for_each(|name| self.spell(kind, name));
            let mut seen = HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
        }
    }

    fn spell(&mut self, kind: &'static str, name: &mut Name) {
        let first = self.0.entry((kind, same_name(name.as_str()))).or_insert_with(|| name.clone());
        name.clone_from(first);
    }
}

/// A story with names in the place of ids.
fn exchanged(id: StoryId, story: &Story, names: &Names) -> ExchangeStory {
    let name = |id: LabelId| names.label(id).and_then(|label| Name::new(label.name).ok());
    let all = |ids: &[LabelId]| {
        names.labels(ids).into_iter().filter_map(|label| Name::new(label.name).ok()).collect()
    };
    let author = names.person(story.author).and_then(|name| Name::new(name).ok());
    ExchangeStory {
        id,
        kind: story.kind,
        title: story.title.clone(),
        situation: story.situation.clone(),
        action: story.action.clone(),
        outcome: story.outcome.clone(),
        lesson: story.lesson.clone(),
        quote: story.quote.clone(),
        department: story.department.and_then(name),
        site: story.site.and_then(name),
        tags: all(&story.tags),
        values: all(&story.values),
        occurred_on: story.occurred_on,
        author: author.unwrap_or_else(|| Name::new("?").expect("a question mark is a name")),
        language: story.language,
        audience: story.audience,
        status: story.status,
        extra: story.extra.clone(),
    }
}
