//! `cargo xtask test`: every check there is. What they need is installed first, or one sentence says what is missing.

use std::{
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Deserialize;

use crate::{
    apart, browsers,
    build::WASM,
    end2end, postgres,
    tools::{cargo, target},
};

#[derive(Args)]
pub struct Test {
    /// Only what needs no browser.
    #[arg(long)]
    no_browsers: bool,
}

/// What was run, over everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn one(passed: bool) -> Self {
        Self { passed: usize::from(passed), failed: usize::from(!passed) }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Test {
    pub fn run(self) -> Result<()> {
        postgres::provide()?;
        if !self.no_browsers {
            browsers::provide()?;
        }
        let mut all = Tally::default();
        let mut part = |name: &str, check: &mut dyn FnMut() -> Result<Tally>| {
            println!("\n── {name}");
            let start = Instant::now();
            let tally = check().unwrap_or_else(|error| {
                println!("{error:#}");
                Tally { passed: 0, failed: 1 }
            });
            println!("── {name}: {} passed, {} failed, {:.0?}", tally.passed, tally.failed, start.elapsed());
            all.add(tally);
        };
        part("format", &mut || check(cargo().args(["fmt", "--all", "--check"])));
        part("clippy", &mut || {
            check(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
        });
        part("tests", &mut || tests());
        part("simulate", &mut || apart::check("simulate", &["--seeds", "2000"]).map(|()| Tally::one(true)));
        part("build", &mut || end2end::build().map(|()| Tally::one(true)));
        part("clippy for the browser", &mut || {
            let wasm = ["--target", WASM, "--profile", "wasm", "--", "-D", "warnings"];
            check(cargo().arg("clippy").args(of_browser("--package").as_flattened()).args(wasm))
        });
        part("docs", &mut || {
            let mut native = check(docs().arg("--workspace").args(of_browser("--exclude").as_flattened()))?;
            let wasm = ["--target", WASM, "--profile", "wasm"];
            native.add(check(docs().args(of_browser("--package").as_flattened()).args(wasm))?);
            Ok(native)
        });
        if !self.no_browsers {
            part("end to end", &mut || end_to_end());
        }
        println!("\n{} passed, {} failed", all.passed, all.failed);
        if all.failed > 0 {
            bail!("not everything holds");
        }
        Ok(())
    }
}

/// The packages that run in a browser alone, each behind `flag`.
fn of_browser(flag: &str) -> [[&str; 2]; 4] {
    ["frontend", "engine", "web", "searchbench"].map(|name| [flag, name])
}

/// Documentation, private items too, in which every link leads somewhere.
fn docs() -> Command {
    let mut docs = cargo();
    docs.env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--no-deps", "--document-private-items"]);
    docs
}

fn check(command: &mut Command) -> Result<Tally> {
    let status = command.status().context("cargo cannot be started")?;
    Ok(Tally::one(status.success()))
}

/// The tests of every crate. What cargo prints is shown as it comes, and counted.
fn tests() -> Result<Tally> {
    use std::io::{BufRead, BufReader};
    let mut tests = cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let mut tally = Tally::default();
    let lines = tests.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(lines).lines() {
        let line = line?;
        if !line.ends_with("... ok") {
            println!("{line}");
        }
        if let Some(counted) = counted(&line) {
            tally.add(counted);
        }
    }
    if !tests.wait()?.success() && tally.failed == 0 {
        // Something did not even compile.
        tally.failed = 1;
    }
    Ok(tally)
}

/// `test result: ok. 9 passed; 0 failed; 1 ignored; …`. A test that was ignored was not run: that is a failure.
fn counted(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |name: &str| {
        let part = counts.split(';').find(|part| part.trim_end().ends_with(name))?;
        part.trim().split(' ').next()?.parse::<usize>().ok()
    };
    Some(Tally { passed: count("passed")?, failed: count("failed")? + count("ignored")? })
}

/// Playwright's own account of what it ran.
#[derive(Deserialize)]
struct Report {
    stats: Stats,
}

#[derive(Deserialize)]
struct Stats {
    expected: usize,
    unexpected: usize,
    skipped: usize,
    flaky: usize,
}

fn end_to_end() -> Result<Tally> {
    let report = target().join("end2end.json");
    if report.exists() {
        fs::remove_file(&report)?;
    }
    end2end::packages()?;
    // What it says in the end is in its report.
    let _outcome =
        end2end::command("npx").args(["playwright", "test"]).status().context("npx cannot be started")?;
    let report = fs::read_to_string(report).context("Playwright left no report")?;
    let Report { stats } = serde_json::from_str(&report)?;
    if stats.flaky > 0 {
        println!("{} passed only at the second try", stats.flaky);
    }
    // What was not run does not hold.
    Ok(Tally { passed: stats.expected + stats.flaky, failed: stats.unexpected + stats.skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_was_not_run_counts_as_failed() {
        let line =
            "test result: ok. 9 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(counted(line), Some(Tally { passed: 9, failed: 1 }));
        let line =
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0s";
        assert_eq!(counted(line), Some(Tally { passed: 1, failed: 2 }));
        assert_eq!(counted("running 3 tests"), None);
    }
}
