//! How often each fault and each path was met.

use std::collections::BTreeMap;

use crate::{plan::Fault, stores::Store};

/// Counts over one seed or many.
#[derive(Clone, Debug, Default)]
pub struct Met {
    faults: BTreeMap<Fault, u64>,
    paths: BTreeMap<&'static str, u64>,
}

pub const FROM_THE_FUTURE: &str = "kind from the future pulled";

/// Every path that a run of some size must have met.
pub const PATHS: [&str; 32] = [
    "op applied",
    "op merged",
    "both texts kept",
    "op deferred",
    "op rejected: malformed",
    "op rejected: invalid",
    "op rejected: too large",
    "op rejected: not allowed",
    "op rejected: moved on",
    "receipt repeated",
    "clone noticed",
    "fork",
    "started over: restored",
    "started over: cursor",
    "page with more to come",
    "page already overtaken",
    "thing gone from view",
    "pull halted",
    "two rounds at once",
    "pushes sharing a commit",
    "busy",
    "round ended in trouble",
    "deferred op set free",
    FROM_THE_FUTURE,
    "ops of someone who left pushed",
    "op offered again",
    "page for somebody else",
    "started over: heard from a push",
    "asked whether the server was restored",
    "library emptied for somebody else",
    "library read on from an old cursor",
    "field from the future kept",
];

impl Met {
    pub fn note_fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    pub fn note(&mut self, path: &'static str) {
        debug_assert!(PATHS.contains(&path), "{path} is a path that is counted");
        *self.paths.entry(path).or_default() += 1;
    }

    pub fn fault(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    pub fn add(&mut self, other: &Self) {
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (path, count) in &other.paths {
            *self.paths.entry(path).or_default() += count;
        }
    }

    pub fn print(&self) {
        for fault in Fault::ALL {
            println!("  fault  {:<34} {:>10}", format!("{fault:?}"), self.fault(fault));
        }
        for path in PATHS {
            println!("  path   {path:<34} {:>10}", self.paths.get(path).copied().unwrap_or(0));
        }
    }

    /// What was never met, in words.
    pub fn missed(&self, store: Store) -> Vec<String> {
        let faults = Fault::ALL.into_iter().filter(|fault| self.fault(*fault) == 0);
        // Only the memory store can be given something that a later version has written.
        let can_be_met = |path: &&str| store == Store::Memory || *path != FROM_THE_FUTURE;
        let paths = PATHS.into_iter().filter(can_be_met).filter(|path| !self.paths.contains_key(path));
        faults.map(|fault| format!("{fault:?}")).chain(paths.map(str::to_owned)).collect()
    }
}
