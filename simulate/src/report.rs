//! How often each fault and each path was met.

use std::collections::BTreeMap;

use crate::{
    plan::{Fault, KINDS, OPS},
    stores::Store,
};

/// Counts over one seed or many.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// Ops that people have told.
    pub ops: u64,
    /// Over one seed or many: the fewest ops and kinds of fault of a seed.
    least: Option<(u64, usize)>,
    faults: BTreeMap<Fault, u64>,
    paths: BTreeMap<&'static str, u64>,
}

pub const FROM_THE_FUTURE: &str = "kind from the future pulled";
pub const ANSWER_FROM_THE_FUTURE: &str = "answer from the future";

pub const PUT_OFF_SIGNED_OUT: &str = "op put off after sign-out";

/// Every path that a run of some size must have met.
pub const PATHS: [&str; 70] = [
    "op applied",
    "op merged",
    "both texts kept",
    "both texts of a draft kept",
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
    "rollback noticed",
    "page with more to come",
    "page took too long",
    "push took too long",
    "page already overtaken",
    "thing gone from view",
    "pull halted",
    "two rounds at once",
    "pushes sharing a commit",
    "busy",
    "round ended in trouble",
    "deferred op set free",
    PUT_OFF_SIGNED_OUT,
    "op decided once its person was back",
    FROM_THE_FUTURE,
    "ops of someone who left pushed",
    "op offered again",
    "record handed back",
    "handed back beside what was written since",
    "page for somebody else",
    "started over: heard from a push",
    "asked whether the server was restored",
    "library emptied for somebody else",
    "library read on from an old cursor",
    "field from the future kept",
    ANSWER_FROM_THE_FUTURE,
    "counted again what is gone",
    "attachment taken",
    "attachment told",
    "attachment added to a told story",
    "attachment taken out",
    "attachment offered again",
    "refused attachment tried again",
    "chunk received",
    "chunk turned away",
    "chunk met a full disk",
    "whole differs",
    "upload received",
    "upload refused: damaged",
    "upload refused: not allowed",
    "upload waits for its story",
    "upload went on where it was",
    "upload ended in trouble",
    "upload overtaken by starting over",
    "upload message lost",
    "upload message came twice",
    "upload message came late",
    "upload answer lost",
    "receipt given again",
    "two tabs bring at once",
    "bytes fetched",
    "bytes let go",
    "restored beside the bytes",
    "restored with older bytes",
    "restored without bytes",
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

    /// Kinds of fault that were met.
    pub fn kinds(&self) -> usize {
        self.faults.len()
    }

    /// What one seed has met.
    pub fn add_seed(&mut self, seed: &Self) {
        let (ops, kinds) = self.least.unwrap_or((u64::MAX, usize::MAX));
        self.least = Some((ops.min(seed.ops), kinds.min(seed.kinds())));
        self.add(seed);
    }

    pub fn add(&mut self, other: &Self) {
        self.ops += other.ops;
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
        println!("  ops    {:<34} {:>10}", "told", self.ops);
        if let Some((ops, kinds)) = self.least {
            println!("  a seed has told at least {ops} ops and met at least {kinds} kinds of fault");
        }
    }

    /// What was never met, in words.
    pub fn missed(&self, store: Store) -> Vec<String> {
        let small = self.least.is_some_and(|(ops, kinds)| ops < OPS || kinds < KINDS);
        let small = small.then(|| "a seed as large as it is said to be".to_owned());
        let faults = Fault::ALL.into_iter().filter(|fault| self.fault(*fault) == 0);
        // Only the memory store can be given something that a later version has written.
        let can_be_met = |path: &&str| store == Store::Memory || *path != FROM_THE_FUTURE;
        let paths = PATHS.into_iter().filter(can_be_met).filter(|path| !self.paths.contains_key(path));
        faults.map(|fault| format!("{fault:?}")).chain(paths.map(str::to_owned)).chain(small).collect()
    }
}
