//! The screens, one file each.

mod deleting;
pub mod home;
pub mod join;
pub mod learn;
pub mod library;
pub mod me;
pub mod media;
mod not_found;
pub mod path;
pub mod path_form;
pub mod present;
pub mod stop;
pub mod story;
pub mod tell;
pub mod told;
pub mod words;

pub use not_found::not_found;
