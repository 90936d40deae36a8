//! Which backups are kept: close together lately, further apart long ago.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::time::{Day, Millis};

/// The newest are all kept.
const NEWEST: usize = 7;
/// Of the weeks before, the newest of each.
const WEEKS: usize = 4;
/// Of the months before, the newest of each.
const MONTHS: usize = 12;

const BEGINNING: &str = "solsken-";
const END: &str = ".backup";
const SECOND: i64 = 1_000;
const WEEK_DAYS: i64 = 7;

/// `solsken-2026-11-22T180509Z.backup`.
pub fn name(made_at: Millis) -> String {
    let seconds = (made_at.0 - made_at.day().start().0) / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{BEGINNING}{}T{hour:02}{minute:02}{second:02}Z{END}", made_at.day())
}

fn made_at(name: &str) -> Option<Millis> {
    let (day, time) = name.strip_prefix(BEGINNING)?.strip_suffix(END)?.split_once('T')?;
    let day: Day = day.parse().ok()?;
    let time = time.strip_suffix('Z').filter(|time| time.len() == 6)?;
    let part = |at: usize| time.get(at..at + 2)?.parse::<i64>().ok();
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4)?;
    Some(day.start().plus(seconds * SECOND))
}

/// The backups in a folder, and when each was made. What has another name is somebody else's.
pub fn made_in(folder: &Path) -> Vec<(Millis, PathBuf)> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let named = |file: fs::DirEntry| Some((made_at(file.file_name().to_str()?)?, file.path()));
    files.flatten().filter_map(named).collect()
}

/// Those that are not kept.
pub fn spent(mut made: Vec<(Millis, PathBuf)>) -> Vec<(Millis, PathBuf)> {
    made.sort_by(|a, b| b.cmp(a));
    let (mut weeks, mut months) = (BTreeSet::new(), BTreeSet::new());
    let mut place = 0;
    made.retain(|(made_at, _)| {
        let day = made_at.day();
        // A week begins on Monday; 1970 began on a Thursday.
        let new_week = weeks.len() <= WEEKS && weeks.insert((day.days() + 3).div_euclid(WEEK_DAYS));
        let new_month = months.len() <= MONTHS && months.insert((day.year(), day.month()));
        place += 1;
        place > NEWEST && !new_week && !new_month
    });
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_day(days: i64) -> Vec<(Millis, PathBuf)> {
        let first = Day::new(2026, 1, 1).unwrap().days();
        let made = (first..first + days).map(|day| Day::from_days(day).start().plus(3_723_000));
        made.map(|made_at| (made_at, PathBuf::from(name(made_at)))).collect()
    }

    #[test]
    fn a_name_says_when_it_was_made() {
        for (moment, file) in every_day(400) {
            assert_eq!(made_at(file.to_str().unwrap()), Some(moment));
        }
        assert_eq!(
            name(Day::new(2026, 11, 22).unwrap().start().plus(65_109_000)),
            "solsken-2026-11-22T180509Z.backup"
        );
        for odd in [
            "",
            "solsken.db",
            "solsken-2026-11-22.backup",
            "solsken-2026-11-22T1805Z.backup",
            "solsken-åT180509Z.backup",
        ] {
            assert_eq!(made_at(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_year_of_days_leaves_days_weeks_and_months() {
        let made = every_day(365);
        let spent = spent(made.clone());
        let kept: Vec<String> = made
            .into_iter()
            .filter(|one| !spent.contains(one))
            .map(|(made_at, _)| made_at.day().to_string())
            .collect();
        assert_eq!(
            kept,
            [
                "2026-01-31",
                "2026-02-28",
                "2026-03-31",
                "2026-04-30",
                "2026-05-31",
                "2026-06-30",
                "2026-07-31",
                "2026-08-31",
                "2026-09-30",
                "2026-10-31",
                "2026-11-30",
                "2026-12-06",
                "2026-12-13",
                "2026-12-20",
                "2026-12-25",
                "2026-12-26",
                "2026-12-27",
                "2026-12-28",
                "2026-12-29",
                "2026-12-30",
                "2026-12-31",
            ]
        );
    }

    #[test]
    fn rotating_every_day_keeps_what_rotating_once_would() {
        let mut kept = Vec::new();
        for one in every_day(500) {
            kept.push(one);
            let gone = spent(kept.clone());
            kept.retain(|one| !gone.contains(one));
            assert!(kept.len() <= NEWEST + WEEKS + MONTHS, "{kept:?}");
        }
        let gone = spent(every_day(500));
        assert_eq!(kept, every_day(500).into_iter().filter(|one| !gone.contains(one)).collect::<Vec<_>>());
    }
}
