use domain::thing::{ThingKind, ThingRef};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    context::{Live, Ports, Toast},
    texts::Texts,
};

/// Deletes softly, with a way back; or takes that way.
pub fn set_deleted(ports: Ports, live: Live, thing: ThingRef, deleted: bool) {
    let (outbox, t) = (ports.outbox(), Texts::of(live.language.get_untracked()));
    spawn_local(async move {
        match outbox.set_deleted(thing.clone(), deleted).await {
            Ok(()) if deleted => {
                let text = match thing.kind {
                    ThingKind::Path => t.path_deleted,
                    ThingKind::Wording => t.words_deleted,
                    _ => t.story_deleted,
                };
                let undo = Callback::new(move |()| set_deleted(ports, live, thing.clone(), false));
                live.toast.set(Some(Toast { text, undo: Some(undo) }));
            }
            Ok(()) => live.toast.set(None),
            Err(_) => live.storage_failed.set(true),
        }
    });
}
