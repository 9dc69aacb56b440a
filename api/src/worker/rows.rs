//! What the worker stores of a day: the schema of the computed rows.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foulee_analytics::adherence::DayObs;
use foulee_analytics::programme::{Band, Quota};
use foulee_analytics::{DayMinutes, GapCause, MinuteState};
use serde::{Deserialize, Serialize};

use crate::ApiError;

/// One local day, ready to be read by pages, feeds and adherence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayPayload {
    /// First instant, ms UTC.
    pub start_ms: i64,
    /// Length in minutes: 1,380, 1,440, 1,500 …
    pub minutes: u32,
    /// Steps seen, a lower bound; null when no minute is known.
    pub steps: Option<u32>,
    /// Minutes in which a wearable was worn.
    pub wear_minutes: u32,
    /// Minutes of which nothing is known.
    pub unknown_minutes: u32,
    /// Whether the wear suffices to judge the day.
    pub valid: bool,
    /// Whether the worn minutes with a cadence suffice to judge walking minutes.
    pub cadence_valid: bool,
    /// Whether only a phone reported.
    pub phone_only: bool,
    /// Whether any minute has a cadence.
    pub cadence_known: bool,
    /// How far the day can be trusted.
    pub quality: String,
    /// What is odd about it.
    pub flags: Vec<String>,
    /// Minutes by cadence above 0: (steps a minute, minutes), rising.
    pub cadence: Vec<(u16, u16)>,
    /// Unknown minutes by known cause.
    pub causes: BTreeMap<String, u32>,
    /// What had to be decided about the day's counter readings, by the word for it, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u32>,
    /// Each source's own total of the day, held against its minutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<TotalCell>,
    /// Readings on which two origins disagreed at the same version.
    pub conflicts: u32,
    /// The last instant of the day with a reading, ms UTC.
    pub last_reading_ms: Option<i64>,
    /// The measures, by name.
    pub measures: BTreeMap<String, MeasureCell>,
}

/// A source's own total of a day, held against its minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalCell {
    /// The source's key.
    pub source: String,
    /// Steps of its minutes; null without any.
    pub minutes: Option<u32>,
    /// Steps of its total.
    pub total: u32,
    /// Minutes of the day without a step record of it.
    pub missing_minutes: u32,
    /// How the two stand to each other: a word of [`foulee_analytics::grains::GrainCheck`].
    pub check: String,
}

/// The value of a measure, its coverage and its quality.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureCell(pub Option<f64>, pub f64, pub String);

impl DayPayload {
    /// Minutes walked at `least` steps a minute or more; `None` when no cadence is known.
    #[must_use]
    pub fn minutes_at_cadence(&self, least: u16) -> Option<u32> {
        self.cadence_known.then(|| {
            self.cadence.iter().filter(|(cadence, _)| *cadence >= least).map(|(_, n)| u32::from(*n)).sum()
        })
    }

    /// What adherence needs of the day, for a quota with this walking cadence.
    #[must_use]
    pub fn observation(&self, date: chrono::NaiveDate, walking_cadence: u16) -> DayObs {
        DayObs {
            date,
            steps: self.steps,
            walk_minutes: self.minutes_at_cadence(walking_cadence),
            moderate_minutes: self
                .minutes_at_cadence(foulee_analytics::cadence::MODERATE_CADENCE.max(walking_cadence)),
            in_cadence_band: None,
            in_reserve_band: None,
            day_minutes: self.minutes,
            wear_minutes: self.wear_minutes,
            unknown_minutes: self.unknown_minutes,
            valid: self.valid,
            cadence_valid: self.cadence_valid,
            phone_only: self.phone_only,
        }
    }

    /// The same for a quota, with its own cadence band where it has one. A day's row keeps no heart rate by the minute, so
    /// that nothing is said of a band of heart-rate reserve.
    #[must_use]
    pub fn observation_for(&self, date: chrono::NaiveDate, quota: &Quota) -> DayObs {
        let in_band = |band: Band| {
            let least = band.lo.max(quota.min_cadence);
            let inside = self.cadence.iter().filter(|(cadence, _)| (least..=band.hi).contains(cadence));
            self.cadence_known.then(|| inside.map(|(_, minutes)| u32::from(*minutes)).sum())
        };
        let in_cadence_band = quota.intensity.cadence.and_then(in_band);
        DayObs { in_cadence_band, ..self.observation(date, quota.min_cadence) }
    }

    /// The value of a measure.
    #[must_use]
    pub fn value(&self, measure: &str) -> Option<f64> {
        self.measures.get(measure).and_then(|cell| cell.0)
    }
}

/// The minutes of a day as stored: JSON columns, zstd, base64 (about 1.5 kB a day).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MinutesPayload {
    /// First instant, ms UTC.
    pub start_ms: i64,
    /// One letter a minute: `m` moved, `s` still, `u` unknown.
    pub state: String,
    /// Steps of the minutes that moved, in order.
    pub moved: Vec<u16>,
    /// Heart rate of each minute in 0.1 /min, 0 where there is none, as differences.
    pub heart_rate: Vec<i32>,
}

const ZSTD_LEVEL: i32 = 3;
/// The longest day is 51 hours; its columns in JSON stay far below this.
const MAX_MINUTES_BYTES: usize = 1 << 20;

impl MinutesPayload {
    /// Of a day's minutes.
    #[must_use]
    pub fn new(day: &DayMinutes) -> Self {
        let mut state = String::with_capacity(day.len());
        let mut moved = Vec::new();
        let mut heart_rate = Vec::with_capacity(day.len());
        let mut before = 0;
        for (minute, what) in day.state.iter().enumerate() {
            state.push(match what {
                MinuteState::Moved => 'm',
                MinuteState::Still => 's',
                MinuteState::Unknown => 'u',
            });
            if *what == MinuteState::Moved {
                moved.push(day.steps[minute].unwrap_or(0));
            }
            let now = day.heart_rate_deci_bpm[minute].map_or(0, i32::from);
            heart_rate.push(now - before);
            before = now;
        }
        Self { start_ms: day.start_ms, state, moved, heart_rate }
    }

    /// Each minute: its state, steps and heart rate in 0.1 /min.
    #[must_use]
    pub fn cells(&self) -> Vec<(MinuteState, Option<u16>, Option<u16>)> {
        let mut moved = self.moved.iter();
        let mut heart = 0;
        let cells = self.state.chars().zip(&self.heart_rate).map(|(letter, change)| {
            heart += change;
            let heart_rate = u16::try_from(heart).ok().filter(|deci_bpm| *deci_bpm > 0);
            match letter {
                'm' => (MinuteState::Moved, moved.next().copied(), heart_rate),
                's' => (MinuteState::Still, Some(0), heart_rate),
                _ => (MinuteState::Unknown, None, heart_rate),
            }
        });
        cells.collect()
    }

    /// As text for a row.
    ///
    /// # Errors
    /// When it cannot be packed, which only memory can prevent.
    pub fn pack(&self) -> Result<String, ApiError> {
        let json = serde_json::to_vec(self)?;
        Ok(STANDARD.encode(zstd::bulk::compress(&json, ZSTD_LEVEL)?))
    }

    /// From the text of a row.
    ///
    /// # Errors
    /// When the row is damaged.
    pub fn unpack(text: &str) -> Result<Self, ApiError> {
        let packed = STANDARD.decode(text).map_err(|_| ApiError::RowDamaged)?;
        Ok(serde_json::from_slice(&zstd::bulk::decompress(&packed, MAX_MINUTES_BYTES)?)?)
    }
}

/// The word for a cause in rows and answers.
#[must_use]
pub fn cause_word(cause: GapCause) -> &'static str {
    match cause {
        GapCause::NotWorn => "not_worn",
        GapCause::NotSynced => "not_synced",
        GapCause::Battery => "battery",
        GapCause::Link => "link",
        GapCause::Permission => "permission",
        GapCause::Lost => "lost",
    }
}
