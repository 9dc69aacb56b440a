use chrono::{Datelike, Days, Months, NaiveDate};

/// How many people a study means to include, and from when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// People a year.
    pub per_year: u32,
    /// The first day.
    pub from: NaiveDate,
}

/// One month of a study's inclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InclusionMonth {
    /// Its first day.
    pub month: NaiveDate,
    /// People who were to be included in it.
    pub planned: u32,
    /// People who were.
    pub included: u32,
    /// People who were to be included by its end.
    pub planned_so_far: u32,
    /// People who were, by its end.
    pub included_so_far: u32,
}

impl Plan {
    /// People who are to be included before a day: evenly over each year that begins on the plan's day of the year, and
    /// rounded down, so that each full year has exactly its number.
    fn before(self, day: NaiveDate) -> u32 {
        let mut years = 0;
        // Each year begins as many months after the first day, so that 29 February is no drift.
        let start_of = |years: u32| self.from.checked_add_months(Months::new(12 * years));
        while let Some(next) = start_of(years + 1)
            && next <= day
        {
            years += 1;
        }
        let (Some(start), Some(end)) = (start_of(years), start_of(years + 1)) else { return 0 };
        let done = (day - start).num_days().max(0) as u64;
        let length = (end - start).num_days() as u64;
        let full = u64::from(self.per_year) * u64::from(years);
        u32::try_from(full + u64::from(self.per_year) * done / length).unwrap_or(u32::MAX)
    }
}

/// Inclusion by calendar month, from the plan's first month, or that of the first person, to that of `as_of`. `as_of` is
/// a whole day: its own people and its own share of the plan are in it.
#[must_use]
pub fn inclusion(plan: Plan, included: &[NaiveDate], as_of: NaiveDate) -> Vec<InclusionMonth> {
    let first = included.iter().copied().filter(|day| *day <= as_of).min();
    let first = first.map_or(plan.from, |first| first.min(plan.from));
    let tomorrow = as_of.checked_add_days(Days::new(1)).unwrap_or(as_of);
    let mut months = Vec::new();
    let (mut planned_before, mut included_before) = (0, 0);
    let mut at = first.with_day(1);
    while let Some(month) = at.filter(|month| *month <= as_of) {
        let next = month.checked_add_months(Months::new(1));
        let end = next.unwrap_or(tomorrow).min(tomorrow);
        let planned_so_far = plan.before(end);
        let included_so_far =
            u32::try_from(included.iter().filter(|day| **day < end).count()).unwrap_or(u32::MAX);
        months.push(InclusionMonth {
            month,
            planned: planned_so_far - planned_before,
            included: included_so_far - included_before,
            planned_so_far,
            included_so_far,
        });
        (planned_before, included_before) = (planned_so_far, included_so_far);
        at = next;
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const PLAN: fn() -> Plan = || Plan { per_year: 1_700, from: day("2026-03-15") };

    #[test]
    fn three_years_are_three_times_the_number() {
        let months = inclusion(PLAN(), &[], day("2029-03-14"));
        let last = months.last().unwrap();
        assert_eq!((months.len(), last.month, last.planned_so_far), (37, day("2029-03-01"), 5_100));
        assert_eq!(months.iter().map(|month| month.planned).sum::<u32>(), 5_100);
        // By hand: 15 to 31 March are 17 of 365 days; 1,700 * 17 / 365 = 79.2.
        assert_eq!(months[0].planned, 79);
        // To the end of April: 47 days; 1,700 * 47 / 365 = 218.9.
        assert_eq!((months[1].planned, months[1].planned_so_far), (139, 218));
        // Each year has its number, the leap year too.
        for (date, expected) in [("2027-03-14", 1_700), ("2028-03-14", 3_400)] {
            assert_eq!(inclusion(PLAN(), &[], day(date)).last().unwrap().planned_so_far, expected);
        }
    }

    #[test]
    fn people_are_counted_in_their_month_and_none_from_after() {
        let included = ["2026-02-27", "2026-03-31", "2026-04-01", "2026-04-30", "2026-06-02"].map(day);
        let months = inclusion(PLAN(), &included, day("2026-06-01"));
        let counted: Vec<_> =
            months.iter().map(|month| (month.included, month.included_so_far, month.planned)).collect();
        // May has 31 of the year's days from the 48th on: floor(1,700 * 78 / 365) = 363, less 218. Then one day of June.
        assert_eq!(counted, [(1, 1, 0), (1, 2, 79), (2, 4, 139), (0, 4, 145), (0, 4, 4)]);
        assert_eq!(months[0].month, day("2026-02-01"), "who came before the plan is there, too");
    }

    #[test]
    fn before_the_plan_there_is_nothing() {
        assert!(inclusion(PLAN(), &[], day("2026-02-28")).is_empty());
        let one = inclusion(PLAN(), &[], day("2026-03-01"));
        assert_eq!((one.len(), one[0].planned_so_far), (1, 0));
    }
}
