use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, CommandError};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    match runtime.block_on(cli.run()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has read enough, as `head` does.
        Err(CommandError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("solsken: {error}");
            ExitCode::FAILURE
        }
    }
}
