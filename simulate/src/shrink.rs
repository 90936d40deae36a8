//! The shortest history that still fails: delta debugging (Zeller, Hildebrandt: *Simplifying and isolating
//! failure-inducing input*, 2002) over the list of acts.

use crate::{
    invariants::Broken,
    plan::Plan,
    runs::{Setting, run},
};

/// Attempts, at most.
const PATIENCE: usize = 3_000;

/// Tells the shortest history of a seed that fails.
pub fn tell(seed: u64, setting: Setting, broken: &Broken) {
    let plan = shrink(&Plan::of(seed), setting, broken);
    println!("seed {seed}: {} phones, pages of {}, {:?}", plan.phones, plan.page_records, plan.weather);
    plan.acts.iter().for_each(|act| println!("  {act:?}"));
    if let Err(broken) = run(&plan, setting) {
        println!("  {broken}");
    }
    println!("replay: cargo xtask simulate --store {} --seed {seed}", setting.store);
}

/// Leaves out acts as long as the same invariant still breaks.
fn shrink(plan: &Plan, setting: Setting, as_before: &Broken) -> Plan {
    let mut plan = plan.clone();
    let mut attempts = 0;
    let mut fails = |candidate: &Plan| {
        attempts += 1;
        attempts <= PATIENCE
            && run(candidate, setting).is_err_and(|broken| broken.invariant == as_before.invariant)
    };
    let candidate = Plan { whole: false, ..plan.clone() };
    if fails(&candidate) {
        plan = candidate;
    }
    for weather in plan.weather.clone() {
        let mut candidate = plan.clone();
        candidate.weather.retain(|one| *one != weather);
        if fails(&candidate) {
            plan = candidate;
        }
    }
    let mut size = plan.acts.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut shorter = false;
        while at < plan.acts.len() {
            let mut candidate = plan.clone();
            candidate.acts.drain(at..(at + size).min(plan.acts.len()));
            if fails(&candidate) {
                plan = candidate;
                shorter = true;
            } else {
                at += size;
            }
        }
        if !shorter || size > 1 {
            size /= 2;
        }
    }
    plan
}
