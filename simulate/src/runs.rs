//! Many seeds, on every core.

use std::{
    collections::BTreeMap,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{invariants::Broken, mutants::Mutant, plan::Plan, report::Met, stores::Store, world::World};

/// Seeds that one thread takes at a time.
const CHUNK: u64 = 32;
/// Seeds after which a long run says that it is alive.
const MILESTONE: u64 = 50_000;

/// What a seed runs on.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub store: Store,
    pub mutant: Option<Mutant>,
}

/// One plan from its beginning to its end. A panic in an engine is a failure like any other.
pub fn run(plan: &Plan, setting: Setting) -> Result<Met, Broken> {
    let whole = || {
        let mut world = World::new(plan, setting)?;
        for act in &plan.acts {
            world.act(act)?;
        }
        if plan.whole {
            world.make_up_for_what_came_to_nothing()?;
        }
        world.settle()?;
        Ok(world.all_met())
    };
    catch_unwind(AssertUnwindSafe(whole)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        let what = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Broken { invariant: "nothing panics", what: what.unwrap_or_default() })
    })
}

/// What came of many seeds.
pub struct Runs {
    pub setting: Setting,
    pub seeds: u64,
    pub failures: Vec<(u64, Broken)>,
    pub met: Met,
    pub took: Duration,
}

impl Runs {
    /// How often each invariant was broken.
    pub fn broken(&self) -> BTreeMap<&'static str, usize> {
        let mut kinds = BTreeMap::new();
        self.failures.iter().for_each(|(_, broken)| *kinds.entry(broken.invariant).or_insert(0) += 1);
        kinds
    }
}

/// Runs all seeds, or as many as there is time for.
pub fn many(seeds: Range<u64>, until: Option<Duration>, setting: Setting, threads: usize) -> Runs {
    let start = Instant::now();
    let runs = Runs { setting, seeds: 0, failures: Vec::new(), met: Met::default(), took: Duration::ZERO };
    let all = Mutex::new(runs);
    in_order(seeds, threads, |seed| {
        let outcome = run(&Plan::of(seed), setting);
        let mut all = all.lock().expect("no thread panics while it counts");
        all.seeds += 1;
        match outcome {
            Ok(met) => all.met.add_seed(&met),
            Err(broken) => {
                // At once: a long run may be stopped before its end.
                eprintln!("seed {seed}: {}", broken.invariant);
                all.failures.push((seed, broken));
            }
        }
        if all.seeds.is_multiple_of(MILESTONE) {
            eprintln!("{} seeds, {} failures, {:.0?}", all.seeds, all.failures.len(), start.elapsed());
        }
        until.is_none_or(|until| start.elapsed() < until)
    });
    let mut runs = all.into_inner().expect("no thread panics while it counts");
    runs.failures.sort_by_key(|(seed, _)| *seed);
    runs.took = start.elapsed();
    runs
}

/// The first seed on which the mutant is noticed and the right engine is not: a seed that fails anyhow shows nothing.
pub fn caught(seeds: Range<u64>, right: Setting, mutant: Mutant, threads: usize) -> Option<(u64, Broken)> {
    let wrong = Setting { mutant: Some(mutant), ..right };
    let first: Mutex<Option<(u64, Broken)>> = Mutex::new(None);
    in_order(seeds, threads, |seed| {
        let plan = Plan::of(seed);
        if let Err(broken) = run(&plan, wrong)
            && run(&plan, right).is_ok()
        {
            let mut first = first.lock().expect("no thread panics while it looks");
            if first.as_ref().is_none_or(|(known, _)| seed < *known) {
                *first = Some((seed, broken));
            }
        }
        first.lock().expect("no thread panics while it looks").is_none()
    });
    first.into_inner().expect("no thread panics while it looks")
}

/// Does something with each seed, one chunk after another, until `go_on` says no.
fn in_order(seeds: Range<u64>, threads: usize, go_on: impl Fn(u64) -> bool + Sync) {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        loop {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= seeds.end {
                return;
            }
            for seed in from..from.saturating_add(CHUNK).min(seeds.end) {
                if !go_on(seed) {
                    // Nobody begins another chunk.
                    next.store(seeds.end, Ordering::Relaxed);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
}
