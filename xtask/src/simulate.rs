//! `cargo xtask simulate`: both real engines of `domain::sync` on one thread, with dice instead of chance and a clock
//! that is only a number: many phones, tabs and people, one server, and everything that can go wrong.
//!
//! A seed is a list of acts ([`plan`]), each with dice of its own; [`world`] carries them out, [`rounds`] takes the
//! steps of the rounds under way in an order that the dice choose, [`invariants`] are checked after every step and
//! [`settle`] checks the rest once the network has healed. A seed that fails is [shrunk](shrink) to the shortest
//! history that still does. [`mutants`] shows that the invariants bite.
//!
//! Not here yet, because the engines have none of it: attachments and their chunks, erasure, records that phones hand
//! back after a restore, and who reads on a phone changing (the library on a phone is one person's).

mod handset;
mod invariants;
mod mutants;
mod people;
mod plan;
mod report;
mod rounds;
mod server;
mod settle;
mod shrink;
mod world;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use self::{invariants::Broken, mutants::Mutant, plan::Plan, report::Met, world::World};

#[derive(Args)]
pub struct Simulate {
    /// How many seeds to run.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
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
    /// Break the engines in small ways and see which invariant notices.
    #[arg(long)]
    mutants: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    Memory,
    Sqlite,
    Postgres,
}

/// Seeds after which every fault and every path must have been met.
const ENOUGH: u64 = 1_000;
/// Within so many seeds a mutant is caught.
const MUTANT_SEEDS: u64 = 20_000;
/// Seeds that one thread takes at a time.
const CHUNK: u64 = 32;

impl Simulate {
    pub fn run(self) -> Result<()> {
        if self.store != Store::Memory {
            bail!("the simulator runs on the memory store only, so far");
        }
        std::panic::set_hook(Box::new(|_| {}));
        match self.seed {
            Some(seed) => only(seed),
            None if self.mutants => every_mutant(),
            None => {
                let until = self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
                report(&many(self.first, self.seeds, until, None, usize::MAX))
            }
        }
    }
}

/// `seeds` seeds, for the checks that run every time.
pub fn check(seeds: u64) -> Result<()> {
    report(&many(0, seeds, None, None, 1))
}

/// One plan from its beginning to its end. A panic in an engine is a failure like any other.
fn run(plan: &Plan, mutant: Option<Mutant>) -> Result<Met, Broken> {
    let whole = || {
        let mut world = World::new(plan, mutant)?;
        for act in &plan.acts {
            world.act(act)?;
        }
        world.settle()?;
        let mut met = world.met;
        met.add(&world.server.met);
        Ok(met)
    };
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let what = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Broken { invariant: "nothing panics", what: what.unwrap_or_default() })
    })
}

/// What came of many seeds.
struct Runs {
    seeds: u64,
    failures: Vec<(u64, Broken)>,
    met: Met,
    took: Duration,
}

/// Runs seeds on every core, until `enough` have failed.
fn many(first: u64, seeds: u64, until: Option<Duration>, mutant: Option<Mutant>, enough: usize) -> Runs {
    let start = Instant::now();
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let all = Mutex::new(Runs { seeds: 0, failures: Vec::new(), met: Met::default(), took: Duration::ZERO });
    let work = || {
        while !stop.load(Ordering::Relaxed) && until.is_none_or(|until| start.elapsed() < until) {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= seeds {
                return;
            }
            for seed in from..(from + CHUNK).min(seeds) {
                let outcome = run(&Plan::of(first + seed), mutant);
                let mut all = all.lock().expect("no thread panics while it counts");
                all.seeds += 1;
                match outcome {
                    Ok(met) => all.met.add(&met),
                    Err(broken) => all.failures.push((first + seed, broken)),
                }
                if all.failures.len() >= enough {
                    stop.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let mut runs = all.into_inner().expect("no thread panics while it counts");
    runs.failures.sort_by_key(|(seed, _)| *seed);
    runs.took = start.elapsed();
    runs
}

fn report(runs: &Runs) -> Result<()> {
    runs.met.print();
    let rate = runs.seeds as f64 / runs.took.as_secs_f64();
    println!("{:.1?}, {rate:.0} seeds a second", runs.took);
    let mut kinds = std::collections::BTreeMap::new();
    runs.failures.iter().for_each(|(_, broken)| *kinds.entry(broken.invariant).or_insert(0) += 1);
    kinds.iter().for_each(|(invariant, count)| println!("  broken {count} times: {invariant}"));
    for (at, (seed, broken)) in runs.failures.iter().enumerate() {
        // One of each kind.
        if runs.failures[..at].iter().all(|(_, earlier)| earlier.invariant != broken.invariant) {
            tell(*seed, None, broken);
        }
    }
    let missed = if runs.seeds >= ENOUGH { runs.met.missed() } else { Vec::new() };
    missed.iter().for_each(|missed| println!("never met: {missed}"));
    println!("seeds {}, failures {}", runs.seeds, runs.failures.len());
    if !runs.failures.is_empty() {
        bail!("an invariant does not hold");
    }
    if !missed.is_empty() {
        bail!("not everything that can go wrong was met");
    }
    Ok(())
}

/// The shortest history of a seed that fails.
fn tell(seed: u64, mutant: Option<Mutant>, broken: &Broken) {
    let plan = shrink::shrink(&Plan::of(seed), mutant, broken);
    println!("seed {seed}: {} phones, pages of {}, {:?}", plan.phones, plan.page_records, plan.weather);
    plan.acts.iter().for_each(|act| println!("  {act:?}"));
    if let Err(broken) = run(&plan, mutant) {
        println!("  {broken}");
    }
    println!("replay: cargo xtask simulate --seed {seed}");
}

fn only(seed: u64) -> Result<()> {
    match run(&Plan::of(seed), None) {
        Ok(met) => {
            met.print();
            println!("seeds 1, failures 0");
            Ok(())
        }
        Err(broken) => {
            println!("{broken}");
            tell(seed, None, &broken);
            println!("seeds 1, failures 1");
            bail!("an invariant does not hold");
        }
    }
}

fn every_mutant() -> Result<()> {
    let mut survived = 0;
    for mutant in Mutant::ALL {
        let runs = many(0, MUTANT_SEEDS, None, Some(mutant), 1);
        match runs.failures.first() {
            Some((seed, broken)) => {
                let name = format!("{mutant:?}");
                println!("{name:<26} after {:>6} seeds (seed {seed:>6}): {}", runs.seeds, broken.invariant);
            }
            None => {
                survived += 1;
                println!("{:<26} NOT CAUGHT in {} seeds", format!("{mutant:?}"), runs.seeds);
            }
        }
    }
    println!("mutants {}, survived {survived}", Mutant::ALL.len());
    if survived > 0 {
        bail!("an invariant does not bite");
    }
    Ok(())
}
