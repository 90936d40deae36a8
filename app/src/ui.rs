//! Components: they show what they are given and never ask for anything.

mod banner;
mod card;
mod erased;
mod icon;
mod language;
mod loaded;
mod receipt;
mod screen;
mod taps;

pub use banner::{Banner, Empty, Tone};
pub use card::{CardSize, Kind, Said, StoryCard, kind_glyph, place};
pub use erased::{draw, each, of, on, on_enter, sent};
pub use icon::{Glyph, Icon, Logo};
pub use language::LanguageChoice;
pub use loaded::{loaded, trouble};
pub use receipt::{ReceiptLine, Slip};
pub use screen::{Back, Screen, Tab, TellButton, titled};
pub use taps::{SecondThought, Taps};
