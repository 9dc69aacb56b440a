use chrono::{Days, NaiveDate};
use foulee_analytics::adherence::{Adherence, Interval, Prior, PriorSource, Span};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::ParticipantId;
use serde::Serialize;

use super::{Assessed, kind_word};
use crate::safety::StopDoc;

/// Adherence as the command and the feed give it. Never a bare number: each figure is an interval, or stands beside
/// one, and what cannot be known is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdherenceDoc {
    participant: ParticipantId,
    programme: Option<ProgrammeName>,
    quota: &'static str,
    period: PeriodDoc,
    status: &'static str,
    estimate: Option<f64>,
    interval: Option<[f64; 2]>,
    level: f64,
    bounds: Option<[f64; 2]>,
    completeness: Option<f64>,
    days: DaysDoc,
    sensitivity: Vec<SensitivityDoc>,
    prior: PriorDoc,
    weeks: Vec<WeekDoc>,
    fitt: FittDoc,
    relative_dose: Option<DoseDoc>,
    pacing: PacingDoc,
    by_day: Vec<DayDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    /// What is stopped; then quotas of days from its beginning on are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    safety: Option<StopDoc>,
    notice: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ProgrammeName {
    name: String,
    version: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PeriodDoc {
    from: NaiveDate,
    to: NaiveDate,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct DaysDoc {
    prescribed: u32,
    valid: u32,
    attained: u32,
    missed: u32,
    censored: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct SensitivityDoc {
    logit_shift: f64,
    estimate: Option<f64>,
    interval: [f64; 2],
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PriorDoc {
    a: f64,
    b: f64,
    source: &'static str,
    people: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct WeekDoc {
    from: NaiveDate,
    quota: Option<QuotaDoc>,
    done: [f64; 2],
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct QuotaDoc {
    target: u32,
    per_week: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct FittDoc {
    frequency: Option<[f64; 2]>,
    intensity: Option<[f64; 2]>,
    time: Option<[f64; 2]>,
    #[serde(rename = "type")]
    kinds: Option<[f64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct DoseDoc {
    planned: f64,
    capped: [f64; 2],
    uncapped: (f64, Option<f64>),
    interrupted: Option<bool>,
    longest_interruption_days: [f64; 2],
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PacingDoc {
    from: NaiveDate,
    to: NaiveDate,
    valid_days: u32,
    median_steps: Option<f64>,
    sd_log_steps: Option<f64>,
    overshoot: Option<f64>,
    crash: Option<f64>,
    rebound: Option<f64>,
    flag: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct DayDoc {
    date: NaiveDate,
    quota: Option<u32>,
    done: (f64, Option<f64>),
    outcome: &'static str,
    wear_minutes: u32,
    unknown_minutes: u32,
}

fn pair(interval: Interval) -> [f64; 2] {
    [interval.lo, interval.hi]
}

fn open(span: Span) -> (f64, Option<f64>) {
    (span.lo, span.hi)
}

impl AdherenceDoc {
    /// Of what was judged; `as_of` where it was judged from what was known then.
    #[must_use]
    pub fn new(participant: ParticipantId, assessed: &Assessed, as_of: Option<String>) -> Self {
        let Adherence {
            from,
            to,
            kind,
            estimate,
            level,
            completeness,
            days,
            weeks,
            fitt,
            relative_dose,
            pacing,
            by_day,
            prior,
            ..
        } = &assessed.adherence;
        Self {
            participant,
            programme: assessed.programme.clone().map(|(name, version)| ProgrammeName { name, version }),
            quota: kind_word(*kind),
            period: PeriodDoc { from: *from, to: *to },
            status: estimate.status.as_str(),
            estimate: estimate.estimate,
            interval: estimate.interval.map(pair),
            level: *level,
            bounds: estimate.bounds.map(pair),
            completeness: *completeness,
            days: DaysDoc {
                prescribed: days.prescribed,
                valid: days.valid,
                attained: days.attained(),
                missed: days.missed(),
                censored: days.censored(),
            },
            sensitivity: estimate
                .sensitivity
                .iter()
                .map(|shifted| SensitivityDoc {
                    logit_shift: shifted.logit_shift,
                    estimate: shifted.estimate,
                    interval: pair(shifted.interval),
                })
                .collect(),
            prior: prior_doc(prior),
            weeks: weeks
                .iter()
                .map(|week| WeekDoc {
                    from: week.from,
                    quota: Some(QuotaDoc { target: week.quota.target, per_week: week.quota.per_week }),
                    done: pair(week.done),
                    outcome: week.outcome.as_str(),
                })
                .collect(),
            fitt: FittDoc {
                frequency: fitt.frequency.map(pair),
                intensity: fitt.intensity.map(pair),
                time: fitt.time.map(pair),
                kinds: assessed.kinds.map(pair),
            },
            relative_dose: relative_dose.as_ref().map(|dose| DoseDoc {
                planned: dose.planned,
                capped: pair(dose.capped),
                uncapped: open(dose.uncapped),
                interrupted: dose.interrupted,
                longest_interruption_days: pair(dose.longest_interruption_days),
            }),
            pacing: PacingDoc {
                from: pacing.from,
                to: pacing.to,
                valid_days: pacing.valid_days,
                median_steps: pacing.median_steps,
                sd_log_steps: pacing.sd_log_steps,
                overshoot: pacing.overshoot,
                crash: pacing.crash,
                rebound: pacing.rebound,
                flag: pacing.flag,
            },
            by_day: by_day
                .iter()
                .map(|day| DayDoc {
                    date: day.date,
                    quota: Some(day.quota.target),
                    done: open(day.done),
                    outcome: day.outcome.as_str(),
                    wear_minutes: day.wear_minutes,
                    unknown_minutes: day.unknown_minutes,
                })
                .collect(),
            as_of,
            safety: None,
            notice: "research software, not a medical device",
        }
    }

    /// The same without what is withheld while something is stopped: quotas from its first local day on.
    #[must_use]
    pub fn withheld(mut self, stop: StopDoc, since: NaiveDate) -> Self {
        for day in self.by_day.iter_mut().filter(|day| day.date >= since) {
            day.quota = None;
        }
        for week in &mut self.weeks {
            if since < week.from.checked_add_days(Days::new(7)).unwrap_or(week.from) {
                week.quota = None;
            }
        }
        self.safety = Some(stop);
        self
    }

    /// Valid days of the period.
    #[must_use]
    pub fn valid_days(&self) -> u32 {
        self.days.valid
    }

    /// Known minutes as a share of the prescribed days; of what is reported, the share of days that were answered.
    #[must_use]
    pub fn completeness(&self) -> Option<f64> {
        self.completeness
    }

    /// In words, for people at a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let range = |[lo, hi]: [f64; 2]| format!("{} to {}", percent(lo), percent(hi));
        let mut lines = vec![format!("{} to {}, quota of {}", self.period.from, self.period.to, self.quota)];
        lines.push(match (self.estimate, self.interval) {
            (Some(estimate), Some(interval)) => {
                format!("adherence {} (90 % interval {})", percent(estimate), range(interval))
            }
            (None, Some(interval)) => {
                format!("too few valid days for an estimate; 90 % interval {}", range(interval))
            }
            _ => "no valid day: no estimate, bounds alone".to_owned(),
        });
        if let Some(bounds) = self.bounds {
            lines.push(format!("hard bounds {}", range(bounds)));
        }
        let days = &self.days;
        lines.push(format!(
            "{} prescribed days: {} attained, {} missed, {} cannot be said; {} valid",
            days.prescribed, days.attained, days.missed, days.censored, days.valid
        ));
        if let Some(completeness) = self.completeness {
            let of = if QuotaKind::SENSED.iter().any(|kind| kind.as_str() == self.quota) {
                "minutes of these days are known"
            } else {
                "days are closed by an answer or a sheet"
            };
            lines.push(format!("{} of the {of}", percent(completeness)));
        }
        for week in &self.weeks {
            let Some(quota) = &week.quota else { continue };
            lines.push(format!(
                "week of {}: {} to {} of {} days, {}",
                week.from, week.done[0], week.done[1], quota.per_week, week.outcome
            ));
        }
        lines.extend(self.safety.as_ref().map(StopDoc::line));
        lines.push(self.notice.to_owned());
        lines.join("\n")
    }
}

fn prior_doc(prior: &Prior) -> PriorDoc {
    let (source, people) = match prior.source() {
        PriorSource::Default => ("default", None),
        PriorSource::Cohort { people } => ("cohort", Some(people)),
        PriorSource::Given => ("cohort", None),
    };
    PriorDoc { a: prior.a(), b: prior.b(), source, people }
}
