//! `cargo xtask run | test`: everything there is to do in this house.

mod apart;
mod assets;
mod bench;
mod browsers;
mod build;
mod end2end;
mod eval_faq;
mod eval_search;
mod exchange;
mod faults;
mod figures;
mod packages;
mod postgres;
mod run;
mod seek;
mod stories;
mod test;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run and check Solsken")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and serve it.
    Run(run::Run),
    /// Run every check.
    Test(test::Test),
    /// Build the browser's half and its assets into target/site.
    Build(build::Build),
    /// Tell stories that nobody told, for tests and measurements.
    Stories(stories::Tell),
    /// Measure how well search finds what was judged relevant.
    EvalSearch(eval_search::Eval),
    /// Measure whether questions find their answers.
    EvalFaq(eval_faq::Eval),
    /// Measure what Solsken costs on this machine.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Run both engines of sync through everything that can go wrong.
    Simulate(apart::Apart),
    /// Kill, cut and fill what can be killed, cut and filled, and look whether anything was lost.
    Faults(faults::Faults),
    /// Hostile bytes for every decoder.
    Fuzz(apart::Apart),
    /// Take the README's pictures anew.
    Pictures,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Run(run) => run.run(),
        Task::Test(test) => test.run(),
        Task::Build(build) => build.run(),
        Task::Stories(tell) => tell.run(),
        Task::EvalSearch(eval) => eval.run(),
        Task::EvalFaq(eval) => eval.run(),
        Task::Bench(bench) => bench.run(),
        Task::Simulate(simulate) => simulate.run("simulate"),
        Task::Faults(faults) => faults.run(),
        Task::Fuzz(fuzz) => fuzz.run("fuzz"),
        Task::Pictures => end2end::pictures(),
    }
}
