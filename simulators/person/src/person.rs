//! A person: from a seed to any day.

use chrono::NaiveDate;
use rand_chacha::ChaCha8Rng;

use crate::course::{course_day, date_number};
use crate::draw::{Stream, stream};
use crate::exercise::{Attendance, Exercise, Habit, Sessions};
use crate::heart::heart_rate_deci_bpm;
use crate::schedule::Schedule;
use crate::step_minutes::spread_steps;
use crate::traits::Traits;
use crate::truth::TruthDay;

/// A person with a known truth. Two people with the same seed are the same person.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    seed: u64,
    traits: Traits,
}

impl Person {
    /// The person with this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, traits: Traits::draw(seed) }
    }

    /// The seed that the person was made from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What stays the same about the person.
    #[must_use]
    pub fn traits(&self) -> &Traits {
        &self.traits
    }

    /// What really happened on this local date. Any date may be asked for, in any order.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> TruthDay {
        let course = course_day(self.seed, &self.traits, date);
        let rng = &mut stream(self.seed, Stream::Minutes(date_number(date)));
        let schedule = Schedule::draw(&self.traits, date, rng);
        let steps = spread_steps(course.total_steps, &self.traits, schedule, rng);
        TruthDay {
            date,
            heart_rate_deci_bpm: heart_rate_deci_bpm(&steps, &self.traits, schedule, rng),
            steps,
            wake_minute: schedule.wake_minute,
            bed_minute: schedule.bed_minute,
            flare: course.flare,
        }
    }

    /// `count` days from `first` on; fewer where the calendar ends.
    pub fn days(&self, first: NaiveDate, count: usize) -> impl Iterator<Item = TruthDay> + '_ {
        first.iter_days().take(count).map(|date| self.day(date))
    }

    /// The sessions of an exercise that were really done on this local date, where so many minutes were asked for.
    #[must_use]
    pub fn exercise(&self, date: NaiveDate, exercise: Exercise, asked_minutes: u16) -> Sessions {
        let course = course_day(self.seed, &self.traits, date);
        let rng = &mut stream(self.seed, Stream::Exercise(exercise, date_number(date)));
        Sessions::draw(&Habit::draw(self.seed), &course, date, asked_minutes, rng)
    }

    /// Whether the person came to the school on this local date, where a day of it was held.
    #[must_use]
    pub fn attendance(&self, date: NaiveDate) -> Attendance {
        let course = course_day(self.seed, &self.traits, date);
        let rng = &mut stream(self.seed, Stream::School(date_number(date)));
        Attendance::draw(&Habit::draw(self.seed), &course, date, rng)
    }

    /// A generator for [`crate::report`] and [`crate::sheet`] on this date.
    #[must_use]
    pub fn report_rng(&self, date: NaiveDate) -> ChaCha8Rng {
        stream(self.seed, Stream::Report(date_number(date)))
    }

    /// A generator for [`crate::wear`] on this date, so that wear too is a function of (seed, date).
    #[must_use]
    pub fn wear_rng(&self, date: NaiveDate) -> ChaCha8Rng {
        stream(self.seed, Stream::Wear(date_number(date)))
    }
}
