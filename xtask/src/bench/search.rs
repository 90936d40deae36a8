//! `cargo xtask bench search`: what a keystroke costs.
//!
//! On the phone: the engine's search as wasm in a real Chromium beside MiniSearch, in the same page on the same stories
//! (`end2end/bench/search.js` says how). What the engine does for a keystroke besides, counting facets and drawing cards,
//! is not in it. On the server: the stores' search with its facets, in process and without HTTP, beside bare FTS5 (the
//! crate `seek`).

pub mod native;
mod phone;
mod queries;
mod server;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;

use self::{
    phone::{OnPhone, Phone},
    server::{OnServer, Server},
};
use crate::figures;

#[derive(Args)]
pub struct Search {
    /// Only one of the two.
    #[arg(long, value_enum)]
    only: Option<Part>,
    #[command(flatten)]
    phone: Phone,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Phone,
    Server,
}

#[derive(Serialize)]
struct Figures {
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<OnPhone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<OnServer>,
}

impl Search {
    pub fn run(self) -> Result<()> {
        let wanted = |part| self.only.is_none_or(|only| only == part);
        let phone = wanted(Part::Phone).then(|| self.phone.measure()).transpose()?;
        let server = wanted(Part::Server).then(|| self.server.measure()).transpose()?;
        if let Some(phone) = &phone {
            phone.print();
        }
        if let Some(server) = &server {
            server.print();
        }
        println!("{}", figures::write("search", &Figures { phone, server })?.display());
        Ok(())
    }
}

/// `value`, and how it stands to what was promised.
fn against(value: f64, goal: Option<f64>) -> String {
    match goal {
        Some(goal) if value <= goal => format!("{value:.1} (≤ {goal:.1})"),
        Some(goal) => format!("{value:.1} (MISSED ≤ {goal:.1})"),
        None => format!("{value:.1}"),
    }
}
