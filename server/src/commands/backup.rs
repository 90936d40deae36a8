use std::path::PathBuf;

use clap::Args;

use super::{Done, open_known, open_media};
use crate::{
    backup::{self, Kept},
    config::Config,
};

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
        let kept = Kept { store: store.as_ref(), media: &open_media(config)?, data: &config.data };
        let made = backup::make(kept, &file).await?;
        println!("{} are in {}", told(&made), file.display());
        warn(&made);
        Ok(())
    }
}

/// `72 stories, 301 changes and 12 photos and voice notes`.
pub fn told(backup::Done { library, attachments }: &backup::Done) -> String {
    let (stories, changes) = (library.stories, library.ops);
    match attachments.whole {
        0 => format!("{stories} stories and {changes} changes"),
        media => format!("{stories} stories, {changes} changes and {media} photos and voice notes"),
    }
}

pub fn warn(done: &backup::Done) {
    if done.attachments.damaged > 0 {
        eprintln!("{} photos and voice notes are damaged, and were left out", done.attachments.damaged);
    }
}
