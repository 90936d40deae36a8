//! `cargo xtask <task>`: what the project does to itself.

mod args;
mod bench_search;
mod eval_faq;
mod eval_search;
mod exchange;
mod figures;
mod stories;

use std::process::ExitCode;

use args::Args;

/// A task that fails says why in words.
type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let task = words.next().unwrap_or_default();
    let args = Args::new(words);
    let outcome = match task.as_str() {
        "bench-search" => bench_search::run(args),
        "eval-faq" => eval_faq::run(args),
        "eval-search" => eval_search::run(args),
        "stories" => stories::run(args),
        other => {
            Err(format!("no task «{other}»; there are bench-search, eval-faq, eval-search, stories").into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{task}: {error}");
            ExitCode::FAILURE
        }
    }
}
