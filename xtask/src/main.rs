//! `cargo xtask <task>`: what the project does to itself.

mod args;
mod exchange;
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
        "stories" => stories::run(args),
        other => {
            Err(format!("no task «{other}»; there is stories").into())
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
