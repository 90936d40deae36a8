use std::path::PathBuf;

use clap::Args;

use super::{
    CommandError, Done,
    backup::{told, warn},
    open_media, open_store,
};
use crate::{
    backup::{self, Kept, Sound},
    config::Config,
    last_position,
};

/// Puts what is in a backup in the place of the library. What was there before is kept as a backup of its own. Phones
/// notice, keep all they have, and send again what the backup lacks.
#[derive(Args, Debug)]
pub struct Restore {
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Restore {
    pub async fn run(self, config: &Config) -> Done {
        if !self.file.is_file() {
            return Err(CommandError::Told(format!("there is no backup at {}", self.file.display())));
        }
        let store = open_store(config).await?;
        let kept = Kept { store: store.as_ref(), media: &open_media(config)?, data: &config.data };
        let sound = Sound::open(&config.data, &self.file).await?;
        if store.head().await?.seq > 0 {
            let before = config.data.join("before-restore");
            super::make_private(&before).map_err(|error| CommandError::File(before.clone(), error))?;
            let before = backup::dated(&before);
            backup::make(kept, &before).await?;
            println!("What was there before is in {}", before.display());
        }
        let restored = sound.restore(kept).await?;
        last_position::forget(&config.data)
            .map_err(|error| CommandError::File(config.data.clone(), error))?;
        println!(
            "The library is as it was on {}: {}. Phones send again what they have told since.",
            restored.done.library.made_at.day(),
            told(&restored.done)
        );
        warn(&restored.done);
        if restored.key_changed {
            println!("The key came from the backup too: a server that is running has to be started again.");
        }
        store.close().await;
        Ok(())
    }
}
