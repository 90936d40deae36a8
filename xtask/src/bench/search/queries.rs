//! What is typed in all measurements of search: words, phrases and sentences, right and wrong.

use std::{fs, path::PathBuf};

use anyhow::Result;
use serde_json::json;

use crate::tools::target;

pub const QUERIES: [&str; 34] = [
    "presentkort",
    "utan kvitto",
    "allergi",
    "lång kö",
    "arg kund",
    "solros",
    "döva gäster",
    "hund",
    "växthus",
    "fel pris",
    "nyanställd",
    "avfuktare",
    "skruvdragare",
    "rabattkoder",
    "vriden bräda",
    "kortterminal",
    "sågat fel",
    "felaktiga skyltar",
    "begravning",
    "låna släp",
    "snöslunga",
    "färgmaskin",
    "julgran",
    "adventsstjärna",
    "kanel bulle",
    "rygskott",
    "ogräsätika",
    "kunden har fått hem fel vara",
    "min kollega mår dåligt",
    "varan är slut men kunden behöver den",
    "kund arg för att varan är slut",
    "som",
    "i",
    "stressade kollegor på lagret",
];

/// The queries in a file, one object a line, for those who measure outside of this program.
pub fn file() -> Result<PathBuf> {
    let lines: String = QUERIES.iter().map(|query| json!({ "q": query }).to_string() + "\n").collect();
    let file = target().join("queries.jsonl");
    fs::write(&file, lines)?;
    Ok(file)
}
