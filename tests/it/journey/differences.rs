//! Where the device's own day totals differ from its own minutes: a frozen table, with a published list of codes
//! (`docs/fitabase-differences.md`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

/// Minutes of a whole day; the recordings have no clock change.
const WHOLE_DAY: usize = 1_440;
/// Most steps of a small difference: two minutes of walking at 100 steps/min. Nothing lies between 186 and 383.
const SMALL_STEPS: i64 = 200;

/// A person's day that has minutes and a total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) person: String,
    pub(crate) date: NaiveDate,
    /// How many minutes the day has.
    pub(crate) minutes: usize,
    pub(crate) minutes_sum: i64,
    pub(crate) device_total: i64,
    /// Whether it is the last day for which the person has a total.
    pub(crate) last_total: bool,
}

impl Day {
    pub(crate) fn difference(&self) -> i64 {
        self.minutes_sum - self.device_total
    }

    /// The first rule that fits, in the published order; none where no rule does.
    fn code(&self) -> Option<Code> {
        let difference = self.difference();
        let rules = [
            (Code::LastDayCut, self.last_total && difference > 0),
            (Code::HoursMissing, self.minutes < WHOLE_DAY),
            (Code::AllMinutesZero, self.minutes_sum == 0),
            (Code::SmallDifference, difference.abs() <= SMALL_STEPS),
            (Code::TotalAboveMinutes, difference < 0),
        ];
        rules.into_iter().find_map(|(code, fits)| fits.then_some(code))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Code {
    LastDayCut,
    HoursMissing,
    AllMinutesZero,
    SmallDifference,
    TotalAboveMinutes,
}

impl Code {
    const ALL: [(Code, &'static str, &'static str); 5] = [
        (Self::LastDayCut, "last_day_cut", "the person's last day with a total, and the minutes sum to more"),
        (Self::HoursMissing, "hours_missing", "the minutes file has fewer than 1440 minutes of the day"),
        (Self::AllMinutesZero, "all_minutes_zero", "every minute of the day is zero"),
        (Self::SmallDifference, "small_difference", "at most 200 steps either way"),
        (
            Self::TotalAboveMinutes,
            "total_above_minutes",
            "the device's total is above the sum of its minutes",
        ),
    ];

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Holds the days that differ against the frozen table, and the table's counts against the documentation.
pub(crate) fn check_against_the_frozen_table(days: &[Day]) {
    let differing: Vec<&Day> = days.iter().filter(|day| day.difference() != 0).collect();
    let mut table = String::from(
        "# Person-days of Fitabase whose minutes do not sum to the device's own day total; docs/fitabase-differences.md.\n\
         # difference = minutes_sum - device_total. Codes, the first that fits:\n",
    );
    for (_, name, meaning) in Code::ALL {
        let _ = writeln!(table, "#   {name}: {meaning}");
    }
    table.push_str("person,date,minutes_sum,device_total,difference,code\n");
    let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
    for day in &differing {
        let code = day.code().unwrap_or_else(|| panic!("no code fits {day:?}"));
        *counts.entry(code).or_default() += 1;
        let Day { person, date, minutes_sum, device_total, .. } = day;
        let _ = writeln!(
            table,
            "{person},{date},{minutes_sum},{device_total},{},{}",
            day.difference(),
            code.name()
        );
    }
    let counted: Vec<String> =
        counts.iter().map(|(code, count)| format!("{} {count}", code.name())).collect();
    println!("differing days by code: {} ({} in all)", counted.join(", "), differing.len());
    assert_eq!(differing.len(), 156);

    let frozen = here("it/journey/fitabase_differences.csv");
    if std::env::var("FOULEE_BLESS").as_deref() == Ok("1") {
        std::fs::write(&frozen, &table).expect("a file");
        println!("wrote {}", frozen.display());
    }
    let known = std::fs::read_to_string(&frozen).expect("the frozen table; FOULEE_BLESS=1 makes it");
    for (line, (known, found)) in (1..).zip(known.lines().zip(table.lines())) {
        assert_eq!(known, found, "line {line} of the frozen table");
    }
    assert_eq!(known.lines().count(), table.lines().count());

    let docs = std::fs::read_to_string(here("../docs/fitabase-differences.md")).expect("the list of codes");
    for (code, name, _) in Code::ALL {
        let row = format!("| `{name}` | {} |", counts.get(&code).copied().unwrap_or_default());
        assert!(docs.contains(&row), "docs/fitabase-differences.md lacks {row}");
    }
}
