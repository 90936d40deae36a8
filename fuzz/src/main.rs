//! `cargo xtask fuzz`: hostile bytes for whatever reads bytes of others: pushes, pages, imports, snapshots. Nothing may
//! panic, and nothing may take more memory than its input is worth.
//!
//! Every input is one that is sound, bent a few times ([`bend`]); a seed and a number lead to the same bytes again. Our
//! own loop rather than libFuzzer's, which needs a nightly compiler.

mod bend;
mod targets;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use clap::Parser;
use fastrand::Rng;
use peak_alloc::PeakAlloc;

use targets::{Target, all};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

#[derive(Parser)]
#[command(about = "Hostile bytes for every decoder")]
struct Cli {
    /// Inputs in all, spread over the decoders.
    #[arg(long, default_value_t = 1_000_000)]
    inputs: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only this decoder.
    #[arg(long)]
    only: Option<String>,
}

/// Bytes that a decoder may take in any case, and for each byte of input: parsed JSON has a node of 72 bytes for two of
/// text, and tables double.
pub const MEMORY_AT_ALL: usize = 1 << 20;
const MEMORY_A_BYTE: usize = 400;
/// Failures of one decoder that are shown before the next has its turn.
const ENOUGH: u64 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // What panics is told below, with the bytes that did it.
    std::panic::set_hook(Box::new(|_| ()));
    let mut targets = all();
    targets.retain(|target| cli.only.as_ref().is_none_or(|only| target.name == only));
    let share = cli.inputs.div_ceil(targets.len().max(1) as u64);
    let (mut inputs, mut failures) = (0, 0);
    for target in &mut targets {
        let (ran, failed) = fuzz(target, share, cli.seed);
        println!("{:<10} {ran:>10} inputs, {failed} failures", target.name);
        inputs += ran;
        failures += failed;
    }
    println!("inputs {inputs}, failures {failures}");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many inputs were tried and how many failed.
fn fuzz(target: &mut Target, inputs: u64, seed: u64) -> (u64, u64) {
    let mut failures = 0;
    for number in 0..inputs {
        let mut random = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        let input = bend::bent(&target.corpus, &mut random);
        let before = ALLOCATED.current_usage();
        ALLOCATED.reset_peak_usage();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
        let taken = ALLOCATED.peak_usage().saturating_sub(before);
        let problem = match outcome {
            Err(panic) => Some(format!("panics: {}", said(panic.as_ref()))),
            Ok(()) if taken > target.memory + MEMORY_A_BYTE * input.len() => {
                Some(format!("takes {taken} bytes of memory for {} bytes", input.len()))
            }
            Ok(()) => None,
        };
        if let Some(problem) = problem {
            failures += 1;
            show(target.name, number, &problem, &input);
        }
        if failures == ENOUGH {
            return (number + 1, failures);
        }
    }
    (inputs, failures)
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

fn show(name: &str, number: u64, problem: &str, input: &[u8]) {
    println!("{name} input {number} {problem}");
    let file = std::env::temp_dir().join(format!("solsken-fuzz-{name}-{number}"));
    match fs::write(&file, input) {
        Ok(()) => println!("  {}", file.display()),
        Err(error) => println!("  {}: {error}", file.display()),
    }
}
