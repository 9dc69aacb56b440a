//! People as the pages may meet them.

use chrono::{Days, NaiveDate};
use foulee_contract::RedFlag;

use crate::pages::model::*;

pub(super) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub(super) fn href(path: &str) -> Option<Href> {
    Some(Href::new(path).unwrap())
}

fn frame() -> Frame {
    Frame {
        safety: None,
        synthetic: Some(Synthetic::MadeOf),
        storing: false,
        other_language: href("?lang=en"),
        index: href("/participants"),
    }
}

fn links() -> PersonLinks {
    PersonLinks {
        previous_day: href("?day=2026-03-10"),
        next_day: href("?day=2026-03-12"),
        previous_week: href("?week=2026-03-02"),
        next_week: None,
        day_of: href("/p/P-7F3A/day?lang=fr"),
        live: href("/p/P-7F3A/live?lang=fr"),
        received: href("/p/P-7F3A/received?lang=fr"),
    }
}

const QUOTA: Quota = Quota { kind: QuotaKind::Steps, target: 5_400, per_week: 5 };

fn cell(i: u64, done: Option<u32>, outcome: DayOutcome, wear: u32) -> DayCell {
    let quota = (outcome != DayOutcome::Rest).then_some(QUOTA.target);
    DayCell {
        date: date(2026, 3, 9) + Days::new(i),
        quota,
        done,
        outcome,
        wear_minutes: Some(wear),
        unknown_minutes: 1440 - wear,
        valid: wear >= 600,
    }
}

pub(super) fn week() -> Week {
    Week {
        from: date(2026, 3, 9),
        quota: Some(QUOTA),
        days: vec![
            cell(0, Some(6_212), DayOutcome::Attained, 845),
            cell(1, Some(4_105), DayOutcome::Missed, 902),
            cell(2, Some(2_310), DayOutcome::Censored, 315),
            cell(3, None, DayOutcome::Censored, 0),
            cell(4, Some(5_660), DayOutcome::Attained, 420),
            cell(5, Some(3_020), DayOutcome::Rest, 760),
            cell(6, None, DayOutcome::NotYet, 0),
        ],
        done: CountRange { lo: 2, hi: 4 },
        outcome: WeekOutcome::InProgress,
        known_days: 4,
        of_days: 6,
    }
}

pub(super) fn adherence() -> Adherence {
    let shift = |logit_shift, estimate, lo, hi| ShiftedEstimate {
        logit_shift,
        estimate,
        interval: Interval { lo, hi },
    };
    Adherence {
        status: AdherenceStatus::Ok,
        estimate: Some(0.617),
        interval: Some(Interval { lo: 0.484, hi: 0.766 }),
        level: 0.9,
        bounds: Interval { lo: 0.4, hi: 0.85 },
        completeness: Some(0.715),
        measured: 0.65,
        days: DayCounts { prescribed: 20, attained: 8, missed: 3, censored: 9 },
        shifted: vec![shift(-0.5, 0.56, 0.44, 0.71), shift(-1.5, 0.47, 0.4, 0.6)],
        phone_only: false,
    }
}

fn weeks() -> Vec<WeekRow> {
    let first = date(2026, 1, 5);
    let done = [(3, 3), (4, 5), (5, 5), (1, 6), (2, 4), (0, 7), (3, 4), (5, 6), (4, 4)];
    done.into_iter()
        .enumerate()
        .map(|(i, (lo, hi))| WeekRow {
            from: first + Days::new(7 * i as u64),
            quota: Some(QUOTA),
            done: CountRange { lo, hi },
            outcome: match (lo, hi) {
                (5.., _) => WeekOutcome::Attained,
                (_, ..5) => WeekOutcome::Missed,
                _ => WeekOutcome::Undetermined,
            },
            known_days: 7 - (hi - lo),
            of_days: 7,
            href: href("?week=2026-01-05"),
        })
        .collect()
}

fn days() -> Vec<DayRow> {
    (0..28_u64)
        .map(|i| {
            let worn = (i * 37 % 11) as u32 * 90;
            DayRow {
                date: date(2026, 3, 15) - Days::new(i),
                steps: (worn > 0).then_some(1_200 + worn * 5),
                wear_minutes: Some(worn),
                mvpa_minutes: (worn > 0).then_some(worn / 40),
                peak30_cadence: (worn > 300).then_some(71.4 + i as f32),
                resting_heart_rate_bpm: (worn > 500).then_some(61.5),
                outcome: Some(match (worn > 0, worn >= 600, i % 3) {
                    (_, true, 0) => DayOutcome::Missed,
                    (_, true, _) => DayOutcome::Attained,
                    _ => DayOutcome::Censored,
                }),
                valid: worn >= 600,
                href: href("?day=2026-03-11"),
            }
        })
        .collect()
}

/// A made-up day: asleep without a watch, a walk at 8 and at 17, a gap after lunch.
pub(super) fn minutes(n: usize) -> Vec<MinuteCell> {
    (0..n)
        .map(|m| {
            let unknown = m < 415 || (790..865).contains(&m) || m > n - 70;
            if unknown {
                return MinuteCell { state: MinuteState::Unknown, steps: None, heart_rate_bpm: None };
            }
            let walk = (485..520).contains(&m) || (1_030..1_058).contains(&m);
            let steps = match (walk, m * 7 % 13) {
                (true, r) => 92 + r as u16,
                (false, r @ 0..3) => 14 * (r as u16 + 1),
                _ => 0,
            };
            let state = if steps > 0 { MinuteState::Moved } else { MinuteState::Still };
            let ripple = (m * 31 % 17) as f32 / 3.0;
            let bpm = if walk { 104.0 } else { 68.0 } + ripple + (m as f32 / 160.0).sin() * 5.0;
            let heart_rate_bpm = (!(600..640).contains(&m)).then_some(bpm);
            MinuteCell { state, steps: Some(steps), heart_rate_bpm }
        })
        .collect()
}

fn day() -> DayView {
    DayView {
        date: date(2026, 3, 11),
        minutes: minutes(1_440),
        steps: None,
        clock_shifts: Vec::new(),
        elapsed: None,
    }
}

/// Enough days to estimate.
pub(super) fn estimable() -> PersonPage {
    let at = date(2026, 3, 14).and_hms_opt(21, 40, 0).unwrap();
    PersonPage {
        withheld: false,
        frame: frame(),
        participant: "P-7F3A".into(),
        study: Some("Foulée pilote".into()),
        programme: Some("Marche graduée, 12 semaines".into()),
        home_zone: "Europe/Paris".into(),
        period: Some(Period { from: date(2026, 2, 16), to: date(2026, 3, 15) }),
        last_reading: Some(LastReading { at, received_at: date(2026, 3, 15).and_hms_opt(6, 2, 0) }),
        this_week: Some(week()),
        adherence: Some(adherence()),
        weeks: weeks(),
        days: days(),
        day: Some(day()),
        links: links(),
    }
}

/// Too few days.
pub(super) fn insufficient() -> PersonPage {
    let mut page = estimable();
    page.adherence = Some(Adherence {
        status: AdherenceStatus::Insufficient,
        estimate: Some(0.61),
        interval: Some(Interval { lo: 0.21, hi: 0.93 }),
        bounds: Interval { lo: 0.1, hi: 0.95 },
        completeness: Some(0.24),
        measured: 0.15,
        days: DayCounts { prescribed: 20, attained: 2, missed: 1, censored: 17 },
        ..adherence()
    });
    page.weeks.truncate(2);
    page
}

/// A phone and no watch: counts, never wear; no heart rate.
pub(super) fn phone_only() -> PersonPage {
    let mut page = estimable();
    for day in page.this_week.iter_mut().flat_map(|week| &mut week.days) {
        (day.wear_minutes, day.valid) = (None, false);
        day.unknown_minutes = 1_200;
        if day.outcome == DayOutcome::Missed {
            day.outcome = DayOutcome::Censored;
        }
    }
    if let Some(week) = &mut page.this_week {
        (week.outcome, week.done, week.known_days) =
            (WeekOutcome::Undetermined, CountRange { lo: 2, hi: 5 }, 2);
    }
    page.adherence = Some(Adherence {
        status: AdherenceStatus::Bounded,
        estimate: None,
        interval: None,
        bounds: Interval { lo: 0.3, hi: 1.0 },
        completeness: Some(0.08),
        measured: 0.0,
        days: DayCounts { prescribed: 20, attained: 6, missed: 0, censored: 14 },
        phone_only: true,
        ..adherence()
    });
    for row in &mut page.days {
        (row.wear_minutes, row.resting_heart_rate_bpm, row.valid) = (None, None, false);
    }
    for cell in page.day.iter_mut().flat_map(|day| &mut day.minutes) {
        cell.heart_rate_bpm = None;
        if cell.state == MinuteState::Still {
            *cell = MinuteCell { state: MinuteState::Unknown, steps: None, heart_rate_bpm: None };
        }
    }
    page
}

/// No day measured long enough.
pub(super) fn bounded() -> PersonPage {
    let mut page = phone_only();
    if let Some(adherence) = &mut page.adherence {
        adherence.phone_only = false;
    }
    page
}

/// The day on which an hour is lived twice, not over yet.
pub(super) fn long_day() -> PersonPage {
    let mut page = estimable();
    page.day = Some(DayView {
        date: date(2026, 10, 25),
        minutes: minutes(1_500),
        // More than its minutes have: a counter was not heard for a while.
        steps: Some(20_000),
        clock_shifts: vec![ClockShift { at_minute: 180, by_minutes: -60 }],
        elapsed: Some(1_140),
    });
    page
}

/// A day of which nothing is known.
pub(super) fn unknown_day() -> PersonPage {
    let mut page = estimable();
    let unknown = MinuteCell { state: MinuteState::Unknown, steps: None, heart_rate_bpm: None };
    page.day = Some(DayView { minutes: vec![unknown; 1_440], ..day() });
    page
}

/// Just enrolled: nothing at all.
pub(super) fn empty() -> PersonPage {
    let frame = Frame { other_language: href("?lang=en"), ..Frame::default() };
    PersonPage {
        frame,
        participant: "P-0001".into(),
        home_zone: "Europe/Paris".into(),
        ..PersonPage::default()
    }
}

/// Every person above, by name.
pub(super) fn people() -> Vec<(&'static str, PersonPage)> {
    vec![
        ("ok", estimable()),
        ("insufficient", insufficient()),
        ("phone", phone_only()),
        ("bounded", bounded()),
        ("long_day", long_day()),
        ("unknown_day", unknown_day()),
        ("empty", empty()),
    ]
}

pub(super) fn index() -> IndexPage {
    let row = |participant: &str, adherence, last_reading| IndexRow {
        stopped: None,
        participant: participant.into(),
        study: Some("Foulée pilote".into()),
        programme: Some("Marche graduée, 12 semaines".into()),
        adherence,
        last_reading,
        href: Href::new(format!("/participants/{participant}")).unwrap(),
    };
    let last = estimable().last_reading;
    IndexPage {
        frame: Frame { index: None, ..frame() },
        period: estimable().period,
        rows: vec![
            row("P-7F3A", estimable().adherence, last),
            row("P-19C0", insufficient().adherence, last),
            row("P-A2B4", bounded().adherence, last),
            row("P-0001", None, None),
        ],
    }
}

/// The live page: a rate of now, one that no longer holds, one of another day, and nothing at all.
pub(super) fn live() -> Vec<(&'static str, LivePage)> {
    let now = date(2026, 3, 14).and_hms_opt(14, 2, 30).unwrap();
    let ago = |minutes| now - chrono::TimeDelta::minutes(minutes);
    let page = |rate: Option<(i64, bool)>, steps| LivePage {
        frame: frame(),
        participant: "P-7F3A".into(),
        person: Href::new("/p/1?lang=fr").unwrap(),
        stream: Href::new("/v1/participants/1/live").unwrap(),
        home_zone: "Europe/Paris".into(),
        now_ms: 1_773_493_350_000,
        now,
        heart_rate: rate.map(|(minutes, is_now)| LiveRate { bpm: 72, at: ago(minutes), is_now }),
        today: now.date(),
        steps,
        last_reading: rate.map(|(minutes, _)| LastReading { at: ago(minutes), received_at: None }),
    };
    vec![
        ("live", page(Some((0, true)), Some(4_321))),
        ("live_old", page(Some((25, false)), Some(0))),
        ("live_yesterday", page(Some((15 * 60, false)), None)),
        ("live_empty", page(None, None)),
    ]
}

pub(super) const ERRORS: [ErrorKind; 6] = [
    ErrorKind::BadRequest,
    ErrorKind::NotAllowed,
    ErrorKind::NotFound,
    ErrorKind::TooMany,
    ErrorKind::Internal,
    ErrorKind::Unavailable,
];

pub(super) fn failure(kind: ErrorKind) -> ErrorPage {
    ErrorPage { frame: Frame::default(), kind, request_id: Some("req-42".into()) }
}

/// A stop, as it stands above a page.
pub(super) fn stopped(stopped: Stopped) -> Frame {
    let href = Href::new("/p/1/safety?lang=fr").ok();
    Frame { safety: Some(SafetyNotice { stopped, href }), ..frame() }
}

/// A participant's day: with everything planned, a free one, one under a stop, one that is only looked at.
pub(super) fn today() -> Vec<(&'static str, TodayPage)> {
    let quota = |kind, target, done| TodayQuota {
        exercises: if kind == QuotaKind::Stretching {
            vec!["mobilité du bassin".into()]
        } else {
            Vec::new()
        },
        kind,
        target,
        per_week: 5,
        done,
    };
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let full = TodayPage {
        frame: frame(),
        participant: "P-7F3A".into(),
        person: Href::new("/p/1?lang=fr").unwrap(),
        action: Href::new("/p/1/day?lang=fr").unwrap(),
        today: date(2026, 3, 14),
        quotas: vec![
            quota(QuotaKind::Steps, 5_400, Some(2_100)),
            quota(QuotaKind::WalkMinutes, 20, None),
            quota(QuotaKind::Stretching, 15, Some(15)),
            quota(QuotaKind::Strengthening, 20, None),
            quota(QuotaKind::Relaxation, 10, Some(0)),
            quota(QuotaKind::Workshop, 1, None),
        ],
        withheld: false,
        may_say: true,
        said: Said { pain: Some(4), felt: Some("right"), flare: true },
        ids: FormIds { sessions: (0..6).map(|n| format!("s{n}")).collect(), ..FormIds::default() },
        preferences: Preferences {
            likes: words(&["walking"]),
            avoids: words(&["strengthening"]),
            impossible_days: words(&["sun"]),
        },
        received: Some(Received::Said),
    };
    let free = TodayPage {
        quotas: Vec::new(),
        said: Said::default(),
        received: Some(Received::Preferences),
        preferences: Preferences::default(),
        ..full.clone()
    };
    let urgent =
        TodayPage { frame: stopped(Stopped::Urgent), withheld: true, received: None, ..free.clone() };
    let watched = TodayPage { may_say: false, received: None, ..full.clone() };
    vec![("today", full), ("today_free", free), ("today_urgent", urgent), ("today_watched", watched)]
}

/// A stop and how it is lifted: as the person sees it, with a sheet, as a professional sees it, and once it is over.
pub(super) fn safety() -> Vec<(&'static str, SafetyPage)> {
    let review = SafetyPage {
        frame: stopped(Stopped::Review),
        participant: "P-7F3A".into(),
        person: Href::new("/p/1/day?lang=fr").unwrap(),
        action: Href::new("/p/1/safety?lang=fr").unwrap(),
        codes: vec!["night_pain", "weight_loss"],
        since: date(2026, 3, 14).and_hms_opt(9, 5, 0),
        code: None,
        may_say: true,
        may_clear: false,
    };
    let urgent = SafetyPage {
        frame: stopped(Stopped::Urgent),
        codes: RedFlag::ALL.iter().map(|code| code.as_str()).collect(),
        ..review.clone()
    };
    let sheet = SafetyPage { code: Some(("K7NX3FWB".into(), date(2026, 4, 13))), ..urgent.clone() };
    let professional = SafetyPage { may_clear: true, ..review.clone() };
    let over = SafetyPage { frame: frame(), codes: Vec::new(), since: None, ..review.clone() };
    vec![
        ("safety_review", review),
        ("safety_urgent", urgent),
        ("safety_sheet", sheet),
        ("safety_professional", professional),
        ("safety_over", over),
    ]
}
