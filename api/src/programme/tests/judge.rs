//! What holds of any text that is read as a programme document. The fuzz targets of `api/fuzz` ask the same.

use chrono::NaiveDate;
use foulee_analytics::baseline::Trials;
use foulee_analytics::programme::QuotaKind;
use foulee_api::ApiError;
use foulee_api::programme::{
    DocFormat, MOST_FAULTS, Start, Wrong, needs, parse_doc, programme_of, started, week_rows, weeks,
};
use foulee_contract::Contingency;

/// Whether a text was taken. Panics where what is said of it cannot be true.
pub(crate) fn judge(text: &str, format: DocFormat) -> bool {
    let lines = text.lines().count().max(1) as u32;
    let doc = match parse_doc(text, format) {
        Ok(doc) => doc,
        Err(ApiError::ProgrammeInvalid { faults }) => {
            assert!(!faults.is_empty() && faults.len() <= MOST_FAULTS);
            for fault in &faults {
                assert!(
                    fault.line.is_some_and(|line| (1..=lines).contains(&line)),
                    "{fault} of {lines} lines"
                );
                assert!(
                    fault.wrong != Wrong::NotStarted && !matches!(fault.wrong, Wrong::Refused(_)),
                    "{fault}"
                );
            }
            return false;
        }
        Err(error) => panic!("{error}"),
    };
    let json = serde_json::to_string(&doc).unwrap();
    assert_eq!(parse_doc(&json, DocFormat::Json).unwrap(), doc, "{json}");
    assert_eq!(parse_doc(&toml::to_string(&doc).unwrap(), DocFormat::Toml).unwrap(), doc, "{json}");
    let needs = needs(&doc);
    let start = Start {
        run_in: needs.run_in.then_some(5_000),
        trials: needs.trials.map(|kind| Trials::of(kind, &[10, 10, 10]).unwrap()),
        contingency: needs.contingency.then_some(Contingency::TimeContingent),
    };
    let own = match started(&doc, &start) {
        Ok(own) => own,
        // Only a share that comes to nothing, or to more than a day has, cannot be started.
        Err(ApiError::ProgrammeInvalid { .. }) => {
            assert!(needs.run_in || needs.trials.is_some(), "{json}");
            return true;
        }
        Err(error) => panic!("{error}: {json}"),
    };
    let programme = programme_of(&own).unwrap();
    assert_eq!(programme.weeks(), weeks(&own));
    let first: NaiveDate = "2026-03-02".parse().unwrap();
    let last = first + chrono::Days::new(7 * u64::from(programme.weeks()));
    let mut days = 0;
    for kind in QuotaKind::ALL {
        for day in programme.prescribed_days(first, first, last, kind).unwrap() {
            assert!(day.quota.kind == kind && day.quota.target >= 1 && day.date < last);
            days += 1;
        }
    }
    assert!(days > 0 && !week_rows(&own).is_empty(), "{json}");
    true
}
