//! `cargo xtask simulate`: both real engines of `domain::sync` on one thread, with dice instead of chance and a clock
//! that is only a number: many phones, tabs and people, one server, and everything that can go wrong.
//!
//! A seed is a list of acts ([`plan`]), each with dice of its own; [`world`] carries them out, [`faults`] befall phones
//! and server and [`network`] whatever is on its way. [`rounds`] takes the steps of the rounds under way in an order
//! that the dice choose, [`invariants`] are checked after every step; once the network has healed ([`settle`]),
//! [`agreement`] and [`library`] check the rest. A seed that fails is [shrunk](shrink) to the shortest history that
//! still does. [`mutants`] shows that the invariants bite.
//!
//! The server's half is the memory store or, with `--store`, one of the server's own ([`server`], [`stores`]).
//!
//! Photos and voice notes ([`media`]) are taken, told, sent in chunks and let go of beside all that; only their bytes are
//! not there, but words that stand for them.
//!
//! Not here yet, because the engines have none of it: erasure.

mod agreement;
#[allow(clippy::unwrap_used, dead_code, reason = "shared with the tests of the store")]
#[path = "../../server/tests/support/cluster.rs"]
mod cluster;
mod faults;
mod handset;
mod invariants;
mod library;
mod media;
mod mutants;
mod network;
mod people;
mod plan;
mod readings;
mod report;
mod rollbacks;
mod rounds;
mod runs;
mod server;
mod settle;
mod sharing;
mod shrink;
mod stores;
mod storms;
mod versions;
mod world;

use std::{num::NonZero, process::ExitCode, time::Duration};

use clap::Parser;

use crate::{
    mutants::Mutant,
    plan::Plan,
    runs::{Runs, Setting, many, run},
    stores::Store,
};

/// A quarter of a seed's time was spent on memory.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Run both engines of sync through everything that can go wrong.
#[derive(Parser)]
#[command(name = "cargo xtask simulate")]
struct Simulate {
    /// How many seeds to run: 2,000, or as many as there are minutes for.
    #[arg(long)]
    seeds: Option<u64>,
    /// The first of them, so that a long run can be done in parts.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Only this seed, with its history.
    #[arg(long, conflicts_with_all = ["seeds", "first", "minutes", "mutants"])]
    seed: Option<u64>,
    #[arg(long, value_enum, default_value = "memory")]
    store: Store,
    /// Stop after so many minutes, however many seeds are left.
    #[arg(long)]
    minutes: Option<f64>,
    /// Seeds to run at once; as many as there are cores, unless said otherwise.
    #[arg(long)]
    threads: Option<usize>,
    /// Break the engines in small ways and see which invariant notices.
    #[arg(long, conflicts_with = "store")]
    mutants: bool,
}

/// Seeds of a run that does not say how many.
const SEEDS: u64 = 2_000;
/// Seeds after which every fault and every path must have been met.
const ENOUGH: u64 = 1_000;
/// Within so many seeds a mutant is caught.
const MUTANT_SEEDS: u64 = 20_000;

fn main() -> ExitCode {
    let simulate = Simulate::parse();
    // What panics is an invariant that does not hold, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let setting = Setting { store: simulate.store, mutant: None };
    let threads = simulate.threads.unwrap_or(cores).max(1);
    let holds = match simulate.seed {
        Some(seed) => only(seed, setting),
        None if simulate.mutants => every_mutant(setting, threads),
        None => {
            let until = simulate.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
            let seeds = simulate.seeds.unwrap_or(if until.is_some() { u64::MAX / 2 } else { SEEDS });
            let seeds = simulate.first..simulate.first.saturating_add(seeds);
            report(&many(seeds, until, setting, threads))
        }
    };
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what came of it, and whether everything holds.
fn report(runs: &Runs) -> bool {
    runs.met.print();
    let rate = runs.seeds as f64 / runs.took.as_secs_f64();
    println!("{:.1?}, {rate:.0} seeds a second", runs.took);
    for (invariant, count) in runs.broken() {
        println!("  broken {count} times: {invariant}");
    }
    for (at, (seed, broken)) in runs.failures.iter().enumerate() {
        // One of each kind.
        if runs.failures[..at].iter().all(|(_, earlier)| earlier.invariant != broken.invariant) {
            shrink::tell(*seed, runs.setting, broken);
        }
    }
    let missed = if runs.seeds >= ENOUGH { runs.met.missed(runs.setting.store) } else { Vec::new() };
    missed.iter().for_each(|missed| println!("never met: {missed}"));
    println!("seeds {}, failures {}", runs.seeds, runs.failures.len());
    runs.failures.is_empty() && missed.is_empty()
}

fn only(seed: u64, setting: Setting) -> bool {
    match run(&Plan::of(seed), setting) {
        Ok(met) => {
            met.print();
            println!("seeds 1, failures 0");
            true
        }
        Err(broken) => {
            println!("{broken}");
            shrink::tell(seed, setting, &broken);
            println!("seeds 1, failures 1");
            false
        }
    }
}

fn every_mutant(right: Setting, threads: usize) -> bool {
    let mut survived = 0;
    for mutant in Mutant::ALL {
        let name = format!("{mutant:?}");
        match runs::caught(0..MUTANT_SEEDS, right, mutant, threads) {
            Some((seed, broken)) => println!("{name:<26} seed {seed:>6}: {}", broken.invariant),
            None => {
                survived += 1;
                println!("{name:<26} NOT CAUGHT within {MUTANT_SEEDS} seeds");
            }
        }
    }
    println!("mutants {}, survived {survived}", Mutant::ALL.len());
    survived == 0
}
