//! The sample library: stories of an invented chain, two paths in, and links to join it.

use std::sync::Arc;

use domain::{
    id::{PathId, PersonId, StoryId},
    path::{Path, Stop},
    person::Role,
    text::{Line, Title},
    thing::{ThingRef, fields},
};
use serde::Deserialize;

use super::{CommandError, Done, import, invite};
use crate::{config::Config, people::Ops, store::Store};

const STORIES: &str = include_str!("../../../demo/stories.jsonl");
const PATHS: &str = include_str!("../../../demo/paths.json");

#[derive(Deserialize)]
struct SamplePath {
    id: PathId,
    title: Title,
    purpose: Line,
    author: String,
    stops: Vec<SampleStop>,
}

#[derive(Deserialize)]
struct SampleStop {
    story: StoryId,
    question: Line,
}

/// Loads the sample library. What is there already stays as it is.
pub async fn load(store: &Arc<dyn Store>) -> Done {
    let (stories, bad) = import::read_lines(STORIES.as_bytes());
    debug_assert!(bad.is_empty(), "{bad:?}");
    import::import(store.as_ref(), &stories).await?;
    let paths: Vec<SamplePath> = serde_json::from_str(PATHS)
        .map_err(|error| CommandError::Told(format!("demo/paths.json: {error}")))?;
    let mut ops = Ops::new();
    for path in paths {
        let stops =
            path.stops.into_iter().map(|stop| Stop { story: stop.story, question: Some(stop.question) });
        let state = Path {
            title: path.title,
            purpose: Some(path.purpose),
            stops: stops.collect(),
            author: PersonId::named(&path.author),
            departments: Vec::new(),
            deleted_at: None,
        };
        ops.create(ThingRef::path(path.id), fields(&state));
    }
    store.push(&[ops.push()]).await?;
    Ok(())
}

pub async fn print_links(store: &Arc<dyn Store>, config: &Config) -> Done {
    println!("\nThe sample library is loaded. Links to join it, each good for a hundred people:\n");
    for role in Role::ALL {
        let handout = invite::make(store.as_ref(), role, 100, invite::DAYS).await?;
        println!("  {:<8} {}   (code {})", role.key(), handout.link(config), handout.code);
    }
    println!();
    Ok(())
}
