//! The shortest history that still fails: delta debugging (Zeller, Hildebrandt: *Simplifying and isolating
//! failure-inducing input*, 2002) over the list of acts.

use super::{invariants::Broken, mutants::Mutant, plan::Plan, run};

/// Attempts, at most.
const PATIENCE: usize = 3_000;

/// Leaves out acts as long as the same invariant still breaks.
pub fn shrink(plan: &Plan, mutant: Option<Mutant>, as_before: &Broken) -> Plan {
    let mut plan = plan.clone();
    let mut attempts = 0;
    let mut fails = |candidate: &Plan| {
        attempts += 1;
        attempts <= PATIENCE
            && run(candidate, mutant).is_err_and(|broken| broken.invariant == as_before.invariant)
    };
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
