//! What a person brings to a programme before it is theirs: a baseline, and whether progress waits for pain.
//!
//! A document that was started is one of its own, under a name that tells how: `gentle-start-3000-trials-27` begins at
//! 3 000 steps and at three trials that come to 27. The same start gives the same document, so the name and version of a
//! started template stand for one content as well.

use foulee_analytics::baseline::{RUN_IN_PERCENT, TRIAL_PERCENT, Trials, run_in_quota};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{BaselineDoc, Contingency, ProgrammeDoc, Progression, QuotaDoc};

use super::check::contradictions;
use super::fault::{DocFault, Field};
use super::follow::kind_of;
use crate::ApiError;

/// What a programme starts from; nothing where it starts from nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Start {
    /// The median of the run-in's daily steps.
    pub run_in: Option<u32>,
    /// Three trials of the kind that the programme tries.
    pub trials: Option<Trials>,
    /// Whether progress waits for pain, where the document leaves that to the study.
    pub contingency: Option<Contingency>,
}

/// What a document starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Needs {
    /// Whether a run-in is needed.
    pub run_in: bool,
    /// The kind whose trials are needed.
    pub trials: Option<QuotaKind>,
    /// Whether the study has still to choose what holds back progression.
    pub contingency: bool,
}

/// What a document needs before a person can follow it.
///
/// A contingency is needed where the adjuster moves the targets on, for it alone could wait for pain: a calendar cannot,
/// and says with that what the study chose.
#[must_use]
pub fn needs(doc: &ProgrammeDoc) -> Needs {
    let quotas = || doc.stages.iter().flat_map(|stage| &stage.quotas);
    let from = |baseline| quotas().find(|quota| quota.baseline == Some(baseline));
    Needs {
        run_in: from(BaselineDoc::RunIn).is_some(),
        trials: from(BaselineDoc::Trials).map(|quota| kind_of(quota.kind)),
        contingency: doc.contingency.is_none() && doc.progression == Some(Progression::Adjuster),
    }
}

/// The document that a person follows.
///
/// # Errors
/// A baseline that is needed and not given, or given and not needed; a contingency that is needed, or that the document
/// says otherwise or cannot have; a share that comes to no amount that can be prescribed.
pub fn started(doc: &ProgrammeDoc, start: &Start) -> Result<ProgrammeDoc, ApiError> {
    let needs = needs(doc);
    match (needs.run_in, start.run_in) {
        (true, None) => return Err(ApiError::RunInMissing),
        (false, Some(_)) => return Err(ApiError::BaselineUnused { field: "start_steps" }),
        _ => {}
    }
    match (needs.trials, start.trials) {
        (Some(kind), None) => return Err(ApiError::TrialsMissing { kind }),
        (None, Some(_)) => return Err(ApiError::BaselineUnused { field: "trials" }),
        _ => {}
    }
    let contingency = match (doc.contingency, start.contingency) {
        (Some(said), Some(chosen)) if said != chosen => return Err(ApiError::ContingencyChosen),
        (said, chosen) => said.or(chosen),
    };
    if needs.contingency && contingency.is_none() {
        return Err(ApiError::ContingencyMissing);
    }
    let mut own = doc.clone();
    own.name = name_of(doc, start);
    own.contingency = contingency;
    for quota in own.stages.iter_mut().flat_map(|stage| &mut stage.quotas) {
        begin(quota, start);
    }
    let wrong = contradictions(&own, &Field::default());
    if wrong.is_empty() {
        return Ok(own);
    }
    let fault = |(field, wrong)| DocFault { line: None, field, wrong };
    Err(ApiError::ProgrammeInvalid { faults: wrong.into_iter().map(fault).collect() })
}

/// Makes an amount of a share.
fn begin(quota: &mut QuotaDoc, start: &Start) {
    let kind = kind_of(quota.kind);
    let amount = match (quota.baseline, start.run_in, start.trials) {
        (Some(BaselineDoc::RunIn), Some(median), _) => {
            run_in_quota(median, quota.percent.unwrap_or(RUN_IN_PERCENT))
        }
        (Some(BaselineDoc::Trials), _, Some(trials)) => {
            trials.quota(kind, quota.percent.unwrap_or(TRIAL_PERCENT))
        }
        _ => return,
    };
    quota.target = Some(amount);
    (quota.baseline, quota.percent) = (None, None);
}

/// The name and how it was started; nothing is added that the document said itself.
fn name_of(doc: &ProgrammeDoc, start: &Start) -> String {
    let mut name = doc.name.clone();
    if let Some(median) = start.run_in {
        name.push_str(&format!("-{median}"));
    }
    if let Some(trials) = start.trials {
        name.push_str(&format!("-trials-{}", trials.sum()));
    }
    match start.contingency.filter(|_| doc.contingency.is_none()) {
        Some(Contingency::TimeContingent) => name.push_str("-time"),
        Some(Contingency::PainModulated) => name.push_str("-pain"),
        None => {}
    }
    name
}

impl Start {
    /// How a document was started, from what its name has beyond the document's; `None` where that tells of none.
    pub(super) fn of_name(beyond: &str, trials: Option<QuotaKind>) -> Option<Self> {
        let mut start = Self::default();
        let mut words = beyond.split('-').peekable();
        start.run_in = words
            .next_if(|word| word.starts_with(|c: char| c.is_ascii_digit()))
            .map_or(Some(None), |word| word.parse().ok().map(Some))?;
        if words.next_if_eq(&"trials").is_some() {
            start.trials = Some(Trials::of_sum(trials?, words.next()?.parse().ok()?).ok()?);
        }
        start.contingency = match words.next() {
            None => None,
            Some("time") => Some(Contingency::TimeContingent),
            Some("pain") => Some(Contingency::PainModulated),
            Some(_) => return None,
        };
        words.next().is_none().then_some(start)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DocFormat, parse_doc};
    use super::*;

    const DOC: &str = r#"
        contract = 1
        name = "mine"
        version = 1
        title = { fr = "Le mien", en = "Mine" }
        progression = "adjuster"
        [[stages]]
        weeks = 2
        [[stages.quotas]]
        kind = "steps"
        per_week = 5
        baseline = "run_in"
        [[stages.quotas]]
        kind = "strengthening"
        per_week = 2
        baseline = "trials"
        [[stages]]
        weeks = 2
        [[stages.quotas]]
        kind = "steps"
        per_week = 5
        baseline = "run_in"
        percent = 110
    "#;

    fn doc() -> ProgrammeDoc {
        parse_doc(DOC, DocFormat::Toml).unwrap()
    }

    fn start() -> Start {
        let trials = Trials::of(QuotaKind::Strengthening, &[12, 15, 14]).ok();
        Start { run_in: Some(4_000), trials, contingency: Some(Contingency::PainModulated) }
    }

    #[test]
    fn shares_become_amounts() {
        let own = started(&doc(), &start()).unwrap();
        assert_eq!(own.name, "mine-4000-trials-41-pain");
        assert_eq!(own.contingency, Some(Contingency::PainModulated));
        let targets: Vec<_> = own.stages.iter().flat_map(|s| &s.quotas).map(|q| q.target).collect();
        // 100 % of 4 000; 70 % of 13.67 is 9.57; 110 % of 4 000.
        assert_eq!(targets, [Some(4_000), Some(9), Some(4_400)]);
        assert_eq!(needs(&own), Needs::default());
        assert_eq!(started(&own, &Start::default()).unwrap(), own, "what was started is as it is");
        super::super::programme_of(&own).unwrap();
        assert!(super::super::programme_of(&doc()).is_err(), "what was not cannot be followed");
    }

    #[test]
    fn what_is_needed_must_be_given_and_nothing_else() {
        type Case = (fn(&mut Start), fn(&ApiError) -> bool);
        let cases: [Case; 4] = [
            (|s| s.run_in = None, |e| matches!(e, ApiError::RunInMissing)),
            (
                |s| s.trials = None,
                |e| matches!(e, ApiError::TrialsMissing { kind: QuotaKind::Strengthening }),
            ),
            (|s| s.contingency = None, |e| matches!(e, ApiError::ContingencyMissing)),
            (|s| s.run_in = Some(9), |e| matches!(e, ApiError::ProgrammeInvalid { .. })),
        ];
        for (change, is_it) in cases {
            let mut start = start();
            change(&mut start);
            let error = started(&doc(), &start).unwrap_err();
            assert!(is_it(&error), "{error}");
        }
        let own = started(&doc(), &start()).unwrap();
        let alone = |start| started(&own, &start).unwrap_err();
        let run_in = Start { run_in: Some(4_000), ..Start::default() };
        assert!(matches!(alone(run_in), ApiError::BaselineUnused { field: "start_steps" }));
        let trials = Start { trials: start().trials, ..Start::default() };
        assert!(matches!(alone(trials), ApiError::BaselineUnused { field: "trials" }));
        let other = Start { contingency: Some(Contingency::TimeContingent), ..Start::default() };
        assert!(matches!(alone(other), ApiError::ContingencyChosen));
        let same = Start { contingency: Some(Contingency::PainModulated), ..Start::default() };
        assert_eq!(started(&own, &same).unwrap(), own);
    }

    #[test]
    fn a_name_tells_how_it_was_started() {
        let of = |beyond| Start::of_name(beyond, Some(QuotaKind::Strengthening));
        assert_eq!(of("4000-trials-41-pain"), Some(start()));
        assert_eq!(
            of("time"),
            Some(Start { contingency: Some(Contingency::TimeContingent), ..Start::default() })
        );
        for beyond in
            ["", "x", "4000-5", "trials", "trials-x", "trials-2", "pain-time", "4000x", "4000-pain-"]
        {
            assert_eq!(of(beyond), None, "{beyond}");
        }
        assert_eq!(Start::of_name("trials-41", None), None);
    }
}
