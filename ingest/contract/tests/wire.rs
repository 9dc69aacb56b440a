//! Every wire shape, pinned: the files in `golden/` are what other programs rely on. A change here is a new contract
//! version, or a line in the changelog.

use std::fmt::Debug;
use std::path::Path;

use chrono::{TimeZone, Utc};
use foulee_contract::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let mut written = serde_json::to_string_pretty(value).expect("it can be written");
    written.push('\n');
    if std::env::var_os("FOULEE_BLESS").is_some() {
        std::fs::write(&file, &written).expect("the golden file can be written");
    }
    let pinned = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        pinned, written,
        "{name} differs; if that is meant, run with FOULEE_BLESS=1 and say so in CHANGELOG.md"
    );
    assert_eq!(&serde_json::from_str::<T>(&pinned).expect("it reads"), value, "{name} reads back");
}

fn who() -> ParticipantId {
    "01900000-0000-7000-8000-000000000001".parse().expect("an id")
}

fn block(source: Source, metric: Metric, grain: Grain) -> SeriesBlock {
    SeriesBlock {
        participant: who(),
        source,
        metric,
        grain,
        unit: metric.unit().into(),
        exponent: 0,
        offset: None,
        how: None,
        points: None,
        grid: None,
    }
}

#[test]
fn batch_of_points() {
    let strap = Source::new(SourceKind::Strap, ["", "polar", "h10", "5f2a", ""]);
    let rr = SeriesBlock {
        exponent: -1,
        offset: Some(Column::One(60)),
        how: Some(Column::One(How::Automatic)),
        points: Some(Points {
            start: vec![1_700_000_000_000, 1_700_000_000_000],
            seq: Some(vec![0, 1]),
            value: vec![Some(8_125), Some(8_203)],
            ..Points::default()
        }),
        ..block(strap.clone(), Metric::RrInterval, Grain::Sample)
    };
    let corrected = SeriesBlock {
        offset: Some(Column::Each(vec![60, 120])),
        points: Some(Points {
            start: vec![1_700_000_040_000, 1_700_000_100_000],
            end: Some(vec![1_700_000_100_000, 1_700_000_160_000]),
            seq: None,
            rev: Some(vec![0, 3]),
            value: vec![Some(71), None],
            deleted: Some(vec![false, true]),
        }),
        ..block(strap, Metric::HeartRate, Grain::Epoch)
    };
    golden("batch_points.json", &Batch { contract: CONTRACT_VERSION, series: vec![rr, corrected] });
}

#[test]
fn batch_of_a_grid() {
    let watch = Source::new(SourceKind::Watch, ["", "", "", "fitbit", ""]);
    let steps = SeriesBlock {
        grid: Some(Grid {
            start: 1_700_000_040_000,
            step: 60_000,
            rev: 0,
            value: vec![Some(0), Some(112), None, Some(9)],
        }),
        ..block(watch.clone(), Metric::Steps, Grain::Epoch)
    };
    let summary = SeriesBlock {
        points: Some(Points {
            start: vec![1_699_999_200_000],
            end: Some(vec![1_700_002_800_000]),
            seq: Some(vec![77]),
            rev: Some(vec![2]),
            value: vec![Some(431)],
            deleted: None,
        }),
        ..block(watch.growing(), Metric::Steps, Grain::Total)
    };
    golden("batch_grid.json", &Batch { contract: CONTRACT_VERSION, series: vec![steps, summary] });
}

#[test]
fn batch_of_every_metric() {
    let gateway = Source::new(SourceKind::Gateway, ["", "", "", "clinic-2", ""]);
    let one = |metric: Metric, end: Option<i64>, value: i64| SeriesBlock {
        points: Some(Points {
            start: vec![1_700_000_000_000],
            end: end.map(|length| vec![1_700_000_000_000 + length]),
            value: vec![Some(value)],
            ..Points::default()
        }),
        ..block(gateway.clone(), metric, Grain::Sample)
    };
    let series = vec![
        one(Metric::Steps, Some(60_000), 12),
        one(Metric::StepCounter, None, 4_711),
        one(Metric::HeartRate, None, 72),
        one(Metric::RrInterval, None, 830),
        one(Metric::Worn, Some(60_000), 60),
        one(Metric::Contact, None, 1),
        one(Metric::Battery, None, 88),
        one(Metric::Sync, None, 1),
        one(Metric::Gap, Some(3_600_000), GapCause::NotSynced as i64),
        one(Metric::ClockSkew, None, -172_800_000),
    ];
    assert_eq!(series.iter().map(|s| s.metric).collect::<Vec<_>>(), Metric::ALL);
    golden("batch_metrics.json", &Batch { contract: CONTRACT_VERSION, series });
}

#[test]
fn answers() {
    let rejected = vec![Rejection {
        series: 0,
        index: 17,
        code: RejectCode::ValueOutOfRange,
        field: "value".into(),
        fix: "20 to 300 /min here; leave the reading out where the device has none".into(),
    }];
    golden(
        "answer.json",
        &Answer { accepted: 997, new: Some(990), duplicate: Some(7), rejected: rejected.clone() },
    );
    golden("answer_unknown.json", &Answer { accepted: 5, new: None, duplicate: None, rejected: vec![] });
    let problem = Problem { rejected, ..Problem::new(ProblemKind::NothingAccepted) };
    golden("problem_nothing_accepted.json", &problem);
    let problem = Problem::new(ProblemKind::InvalidField).field("series[0].unit", "steps is in {steps}");
    golden("problem_invalid_field.json", &Problem { instance: Some("01900000".into()), ..problem });
}

#[test]
fn every_code_is_pinned() {
    let codes = [
        RejectCode::StartInFuture,
        RejectCode::EndInFuture,
        RejectCode::StartTooEarly,
        RejectCode::EndBeforeStart,
        RejectCode::IntervalRequired,
        RejectCode::InstantRequired,
        RejectCode::IntervalTooLong,
        RejectCode::ValueMissing,
        RejectCode::ValueOfDeleted,
        RejectCode::ValueOutOfRange,
        RejectCode::NumberTooLarge,
        RejectCode::OffsetOutOfRange,
        RejectCode::ParticipantUnknown,
        RejectCode::Unreadable,
        RejectCode::TimeDoesNotExist,
        RejectCode::IdNotAdmitted,
    ];
    for code in codes {
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
    golden("reject_codes.json", &codes.to_vec());
    for kind in ProblemKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.uri());
    }
    golden("problem_kinds.json", &ProblemKind::ALL.to_vec());
    golden("gap_causes.json", &GapCause::ALL.to_vec());
}

#[test]
fn units_are_pinned() {
    let rows: Vec<(Metric, String, i8, u8)> =
        Metric::ALL.iter().map(|m| (*m, m.unit().to_owned(), m.exponent(), m.code())).collect();
    golden("units.json", &rows);
}

#[test]
fn rounding_is_pinned() {
    let cases: Vec<(Metric, f64, i64)> = [
        (Metric::HeartRate, 72.04),
        (Metric::HeartRate, 72.05),
        (Metric::HeartRate, 72.25),
        (Metric::HeartRate, 0.05),
        (Metric::RrInterval, 812.449),
        (Metric::RrInterval, 1_000.0 / 1.024),
        (Metric::Steps, 11.5),
        (Metric::Steps, 12.499),
        (Metric::ClockSkew, -0.5),
        (Metric::ClockSkew, -1.5),
    ]
    .into_iter()
    .map(|(metric, number)| (metric, number, metric.scale_decimal(number).unwrap()))
    .collect();
    golden("rounding.json", &cases);
}

#[test]
fn reports_and_safety() {
    let at = Utc.with_ymd_and_hms(2026, 3, 29, 7, 30, 0).unwrap();
    let report = |question, state, answer| Report {
        id: ReportId::from_parts(1_772_409_600_000, [7; 10]),
        participant: who(),
        question,
        state,
        answer,
        effective_at: at,
        corrects: None,
    };
    let answered = |question, answer| report(question, ResponseState::Answered, Some(answer));
    golden(
        "reports.json",
        &vec![
            answered(ReportQuestion::Pain, ReportAnswer::Pain { moment: PainMoment::Now, nrs: 4 }),
            answered(ReportQuestion::Effort, ReportAnswer::Effort { borg: 13 }),
            answered(ReportQuestion::Difficulty, ReportAnswer::Difficulty { felt: Felt::TooHard }),
            answered(ReportQuestion::Progress, ReportAnswer::Progress { felt: 2 }),
            answered(ReportQuestion::Flare, ReportAnswer::Flare { edge: Edge::Start }),
            answered(
                ReportQuestion::Session,
                ReportAnswer::Session { activity: SessionActivity::Stretching, minutes: 20 },
            ),
            answered(ReportQuestion::Leave, ReportAnswer::Leave { edge: Edge::Start, fraction: 0.5 }),
            answered(ReportQuestion::DayKind, ReportAnswer::DayKind { day: DayKind::HalfTime }),
            answered(
                ReportQuestion::RedFlag,
                ReportAnswer::RedFlag { codes: vec![RedFlag::NightPain, RedFlag::Fever] },
            ),
            answered(ReportQuestion::RedFlag, ReportAnswer::RedFlag { codes: Vec::new() }),
            answered(
                ReportQuestion::Trial,
                ReportAnswer::Trial { activity: SessionActivity::Walking, minutes: 12 },
            ),
            Report {
                corrects: Some(ReportId::from_parts(1_772_409_600_000, [6; 10])),
                ..answered(ReportQuestion::Pain, ReportAnswer::Pain { moment: PainMoment::Worst, nrs: 6 })
            },
            report(ReportQuestion::Pain, ResponseState::Declined, None),
            report(ReportQuestion::Effort, ResponseState::NotAsked, None),
        ],
    );
    let event = SafetyEvent {
        participant: who(),
        code: RedFlag::Sphincter,
        tier: SafetyTier::Urgent,
        effective_at: at,
    };
    golden("safety_event.json", &event);
}

#[test]
fn a_report_says_something_or_is_refused() {
    let good = Report {
        id: ReportId::from_parts(1, [7; 10]),
        participant: who(),
        question: ReportQuestion::Pain,
        state: ResponseState::Answered,
        answer: Some(ReportAnswer::Pain { moment: PainMoment::Now, nrs: 10 }),
        effective_at: Utc.with_ymd_and_hms(2026, 3, 29, 7, 30, 0).unwrap(),
        corrects: None,
    };
    assert_eq!(good.check(), Ok(()));
    let of =
        |answer: ReportAnswer| Report { question: answer.question(), answer: Some(answer), ..good.clone() };
    let field = |report: &Report| report.check().map_err(|error| error.field_and_fix().0);
    for (report, wrong) in [
        (of(ReportAnswer::Pain { moment: PainMoment::Now, nrs: 11 }), "answer.nrs"),
        (of(ReportAnswer::Effort { borg: 5 }), "answer.borg"),
        (of(ReportAnswer::Progress { felt: -6 }), "answer.felt"),
        (of(ReportAnswer::Session { activity: SessionActivity::Walking, minutes: 1_441 }), "answer.minutes"),
        (of(ReportAnswer::Trial { activity: SessionActivity::Walking, minutes: 0 }), "answer.minutes"),
        (of(ReportAnswer::Leave { edge: Edge::Start, fraction: 0.0 }), "answer.fraction"),
        (of(ReportAnswer::Leave { edge: Edge::Start, fraction: f64::NAN }), "answer.fraction"),
        (of(ReportAnswer::RedFlag { codes: vec![RedFlag::Fever, RedFlag::Fever] }), "answer.codes"),
        (Report { answer: None, ..good.clone() }, "answer"),
        (Report { state: ResponseState::Declined, ..good.clone() }, "answer"),
        (Report { question: ReportQuestion::Effort, ..good.clone() }, "answer.kind"),
        (Report { corrects: Some(good.id), ..good.clone() }, "corrects"),
    ] {
        assert_eq!(field(&report), Err(wrong), "{report:?}");
    }
    for edge in [0.01, 1.0] {
        assert_eq!(of(ReportAnswer::Leave { edge: Edge::End, fraction: edge }).check(), Ok(()));
    }
}

#[test]
fn words_are_those_of_the_wire() {
    fn same<T: serde::Serialize + Copy>(all: &[T], word: fn(T) -> &'static str) {
        for one in all {
            assert_eq!(serde_json::to_value(one).unwrap(), word(*one));
        }
    }
    same(ReportQuestion::ALL, ReportQuestion::as_str);
    same(ResponseState::ALL, ResponseState::as_str);
    same(PainMoment::ALL, PainMoment::as_str);
    same(Felt::ALL, Felt::as_str);
    same(Edge::ALL, Edge::as_str);
    same(DayKind::ALL, DayKind::as_str);
    same(SessionActivity::ALL, SessionActivity::as_str);
    same(RedFlag::ALL, RedFlag::as_str);
    same(SafetyTier::ALL, SafetyTier::as_str);
    assert_eq!(RedFlag::of("night_pain"), Some(RedFlag::NightPain));
    assert_eq!(RedFlag::ALL.iter().filter(|code| code.tier() == SafetyTier::Urgent).count(), 7);
    assert_eq!(RedFlag::ALL.iter().filter(|code| code.tier() == SafetyTier::History).count(), 4);
}

#[test]
fn programme() {
    let quota = |kind, per_week, target| QuotaDoc {
        kind,
        per_week,
        target: Some(target),
        baseline: None,
        percent: None,
        days: None,
        min_cadence: None,
        intensity: None,
        exercises: None,
    };
    let walk = QuotaDoc {
        days: Some(vec![WeekdayDoc::Mon, WeekdayDoc::Wed, WeekdayDoc::Fri]),
        min_cadence: Some(60),
        ..quota(QuotaKindDoc::WalkMinutes, 3, 20)
    };
    let stage = |quotas| StageDoc { title: None, from_week: None, weeks: 2, rest_days: None, quotas };
    let doc = ProgrammeDoc {
        contract: CONTRACT_VERSION,
        name: "graded-walking".into(),
        version: 1,
        title: TextDoc { fr: "Marche progressive".into(), en: "Graded walking".into() },
        contingency: Some(Contingency::TimeContingent),
        progression: None,
        group_size: None,
        stages: vec![stage(vec![quota(QuotaKindDoc::Steps, 5, 6_000), walk])],
    };
    golden("programme.json", &doc);

    let text = |fr: &str, en: &str| TextDoc { fr: fr.into(), en: en.into() };
    let intensity = IntensityDoc {
        cadence: Some([100, 130]),
        heart_rate_reserve: Some([40, 59]),
        effort: Some([11, 13]),
    };
    let every_field = ProgrammeDoc {
        contingency: Some(Contingency::PainModulated),
        progression: Some(Progression::Adjuster),
        group_size: Some(6),
        stages: vec![
            StageDoc {
                title: Some(text("Reprise", "Getting going")),
                rest_days: Some(vec![WeekdayDoc::Sun]),
                ..stage(vec![
                    QuotaDoc {
                        target: None,
                        baseline: Some(BaselineDoc::RunIn),
                        percent: Some(100),
                        ..quota(QuotaKindDoc::Steps, 5, 0)
                    },
                    QuotaDoc {
                        target: None,
                        baseline: Some(BaselineDoc::Trials),
                        intensity: Some(intensity),
                        ..quota(QuotaKindDoc::WalkMinutes, 3, 0)
                    },
                ])
            },
            StageDoc {
                from_week: Some(5),
                ..stage(vec![
                    QuotaDoc {
                        exercises: Some(vec![text("mobilité du bassin", "pelvic mobility")]),
                        ..quota(QuotaKindDoc::Stretching, 3, 10)
                    },
                    quota(QuotaKindDoc::Strengthening, 2, 15),
                    quota(QuotaKindDoc::Relaxation, 2, 10),
                    quota(QuotaKindDoc::Workshop, 1, 1),
                ])
            },
        ],
        ..doc
    };
    golden("programme_every_field.json", &every_field);
}

#[test]
fn questionnaire() {
    let item = |code: &str| ItemDoc {
        code: code.into(),
        range: Some([0, 4]),
        decimals: false,
        choices: None,
        reversed: false,
        one_from: None,
        optional: false,
        domain: None,
        text: None,
        unit: None,
    };
    let text = |fr: &str, en: &str| TextDoc { fr: fr.into(), en: en.into() };
    let chosen = ItemDoc {
        range: None,
        choices: Some(vec![
            ChoiceDoc { code: 0, text: Some(text("Non", "No")) },
            ChoiceDoc { code: 1, text: Some(text("Oui", "Yes")) },
        ]),
        domain: Some(DomainDoc::SocioProfessional),
        text: Some(text("Travaillez-vous\u{202f}?", "Do you work?")),
        optional: true,
        ..item("work")
    };
    let scale = |id: &str, rule: RuleDoc| ScaleDoc {
        id: id.into(),
        items: vec!["a".into(), "b".into()],
        rule,
        status: StatusDoc::Published,
        source: "Somebody 1990".into(),
        missing: None,
        range: None,
        higher: None,
        bands: None,
    };
    let doc = QuestionnaireDoc {
        contract: CONTRACT_VERSION,
        id: "made-up".into(),
        version: 1,
        title: text("Exemple", "Example"),
        wording: WordingDoc::Ours,
        licence: "ours".into(),
        twice: TwiceDoc::Higher,
        items: vec![
            ItemDoc { reversed: true, unit: Some("min/d".into()), ..item("a") },
            ItemDoc { one_from: Some(3), decimals: true, ..item("b") },
            chosen,
        ],
        scales: vec![
            ScaleDoc {
                missing: Some(MissingDoc {
                    rule: MissingRuleDoc::Prorate { least_percent: 80 },
                    status: StatusDoc::Ours,
                    source: "a choice".into(),
                }),
                range: Some([0.0, 5.0]),
                higher: Some(HigherDoc::Worse),
                bands: Some(BandsDoc {
                    status: StatusDoc::Recalled,
                    source: "from memory".into(),
                    list: vec![
                        BandDoc { name: "low".into(), from: 0.0 },
                        BandDoc { name: "high".into(), from: 2.5 },
                    ],
                }),
                ..scale("sum", RuleDoc::Sum {})
            },
            scale("mean", RuleDoc::Mean { times: 2.0 }),
            scale("mean_once", RuleDoc::Mean { times: 1.0 }),
            scale("count", RuleDoc::Count {}),
            scale("percent", RuleDoc::PercentOfMaximum {}),
            scale("start", RuleDoc::StartGroups { distress: vec!["a".into()] }),
            scale("profile", RuleDoc::Profile {}),
            scale("ipaq", RuleDoc::Ipaq {}),
        ],
    };
    golden("questionnaire.json", &doc);
}

#[test]
fn what_is_not_in_the_contract_is_refused() {
    let text = |series: &str| format!(r#"{{"contract":1,"series":[{series}]}}"#);
    let head = r#""participant":"01900000-0000-7000-8000-000000000001","source":"watch""#;
    for (bad, why) in [
        (format!(r#"{{{head},"metric":"stepz","grain":"epoch","unit":"{{steps}}"}}"#), "unknown variant"),
        (
            format!(r#"{{{head},"metric":"steps","grain":"epoch","unit":"{{steps}}","stesp":1}}"#),
            "unknown field",
        ),
        (format!(r#"{{{head},"metric":"steps","grain":"hour","unit":"{{steps}}"}}"#), "unknown variant"),
        (
            format!(
                r#"{{{head},"metric":"steps","grain":"epoch","unit":"{{steps}}","points":{{"start":[NaN],"value":[1]}}}}"#
            ),
            "expected value",
        ),
        (
            format!(
                r#"{{{head},"metric":"steps","grain":"epoch","unit":"{{steps}}","points":{{"start":[1],"value":[1.5]}}}}"#
            ),
            "expected i64",
        ),
    ] {
        let error = serde_json::from_str::<Batch>(&text(&bad)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
