//! The screens, one file each.

pub mod home;
pub mod join;
pub mod learn;
pub mod library;
pub mod me;
mod not_found;
pub mod path;
pub mod path_form;
pub mod present;
pub mod stop;
pub mod story;
pub mod tell;
pub mod told;

pub use not_found::NotFound;

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The id in the address, if it is one.
fn id_in_path<T: FromStr + PartialEq + Send + Sync + 'static>(name: &'static str) -> Memo<Option<T>> {
    let params = use_params_map();
    Memo::new(move |_| params.read().get(name).and_then(|id| id.parse().ok()))
}
