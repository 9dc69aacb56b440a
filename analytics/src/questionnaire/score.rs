//! From answers to scores.

use super::answers::{Answers, Known, RefusedAnswer, sort_out};
use super::check::Questionnaire;
use super::definition::{Item, MissingRule, Rule, Scale, Status};
use super::ipaq::ipaq;

/// STarT Back: at most so many in all are low, at least so many of distress high (Hill 2008).
const START_LOW_MOST: f64 = 3.0;
const START_HIGH_DISTRESS: f64 = 4.0;

/// Which rules may be used beside the published ones. None by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Enabled {
    /// Rules from memory.
    pub recalled: bool,
    /// Rules of this project.
    pub ours: bool,
}

impl Enabled {
    /// Every rule.
    pub const ALL: Self = Self { recalled: true, ours: true };

    /// Whether a rule of this status may be used.
    #[must_use]
    pub fn admits(self, status: Status) -> bool {
        match status {
            Status::Published => true,
            Status::Recalled => self.recalled,
            Status::Ours => self.ours,
        }
    }
}

/// Why a scale has no score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoScore {
    /// Its rule is not published, and nobody turned it on.
    RuleOff,
    /// Too few of its items are known.
    TooFewAnswered,
    /// A blank would be 0, but the form was not handed in.
    NotSubmitted,
    /// What was answered cannot be, by the rule's own bounds.
    Implausible,
    /// The rule gives a profile and no score.
    ProfileOnly,
}

impl NoScore {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RuleOff => "rule_off",
            Self::TooFewAnswered => "too_few_answered",
            Self::NotSubmitted => "not_submitted",
            Self::Implausible => "implausible",
            Self::ProfileOnly => "profile_only",
        }
    }
}

/// One scale, scored or not.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleScore {
    /// The scale's name.
    pub scale: String,
    /// The score, where there is one.
    pub score: Option<f64>,
    /// Why there is none.
    pub no_score: Option<NoScore>,
    /// Items of the scale with an answer that counts; a blank is none, even where it counts 0.
    pub n_answered: usize,
    /// Items of the scale.
    pub n_items: usize,
    /// The rule, as [`Rule::as_str`] names it.
    pub rule: &'static str,
    /// On whose word the rule stands.
    pub status: Status,
    /// The missing-item rule in force, as [`MissingRule::as_str`] names it.
    pub missing: &'static str,
    /// On whose word the missing-item rule stands, where there is one in force.
    pub missing_status: Option<Status>,
    /// Whether the score rests on fewer items than the scale has.
    pub prorated: bool,
    /// The part of the scale, or the rule's own group.
    pub band: Option<String>,
    /// The answers side by side, for a rule that gives them.
    pub profile: Option<String>,
}

/// A form, scored.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredForm {
    /// One for each scale, in the definition's order.
    pub scales: Vec<ScaleScore>,
    /// Answers that do not count, in order of item code.
    pub refused: Vec<RefusedAnswer>,
    /// Items with an answer that counts.
    pub n_answered: usize,
    /// Items that are not optional and have no answer that counts, by code, in the form's order.
    pub unanswered: Vec<String>,
}

/// Scores a form. The order of its answers does not matter.
#[must_use]
pub fn score(questionnaire: &Questionnaire, answers: &Answers, enabled: Enabled) -> ScoredForm {
    let (known, refused) = sort_out(questionnaire, answers);
    let answered = |known: &Known| matches!(known, Known::Value(_));
    let unanswered = questionnaire
        .items()
        .iter()
        .zip(&known)
        .filter(|(item, known)| !item.optional && !answered(known))
        .map(|(item, _)| item.code.clone())
        .collect();
    let scales = questionnaire.scales().iter().map(|scale| {
        let cells: Vec<(&Item, Known)> = scale
            .items
            .iter()
            .filter_map(|code| questionnaire.item(code).map(|(place, item)| (item, known[place])))
            .collect();
        score_scale(scale, &cells, answers.submitted, enabled)
    });
    ScoredForm {
        scales: scales.collect(),
        refused,
        n_answered: known.iter().filter(|known| answered(known)).count(),
        unanswered,
    }
}

fn score_scale(scale: &Scale, cells: &[(&Item, Known)], submitted: bool, enabled: Enabled) -> ScaleScore {
    let in_force = scale.missing.as_ref().filter(|missing| enabled.admits(missing.grounds.status));
    let missing = in_force.map_or(MissingRule::Complete, |missing| missing.rule);
    let mut scored = ScaleScore {
        scale: scale.id.clone(),
        score: None,
        no_score: None,
        n_answered: cells.iter().filter(|(_, known)| matches!(known, Known::Value(_))).count(),
        n_items: cells.len(),
        rule: scale.rule.as_str(),
        status: scale.grounds.status,
        missing: missing.as_str(),
        missing_status: in_force.map(|missing| missing.grounds.status),
        prorated: false,
        band: None,
        profile: None,
    };
    let outcome = if enabled.admits(scale.grounds.status) {
        apply(scale, cells, missing, submitted)
    } else {
        Err(NoScore::RuleOff)
    };
    match outcome {
        Ok(outcome) => {
            scored.no_score = outcome.score.is_none().then_some(NoScore::ProfileOnly);
            scored.score = outcome.score;
            scored.prorated = outcome.prorated;
            scored.profile = outcome.profile;
            scored.band = outcome.group.map(str::to_owned).or_else(|| {
                let bands = scale.bands.as_ref().filter(|bands| enabled.admits(bands.grounds.status))?;
                let score = outcome.score?;
                bands.list.iter().rev().find(|band| score >= band.from).map(|band| band.name.clone())
            });
        }
        Err(why) => scored.no_score = Some(why),
    }
    scored
}

/// What a rule gives.
struct Outcome {
    score: Option<f64>,
    prorated: bool,
    group: Option<&'static str>,
    profile: Option<String>,
}

impl Outcome {
    fn of(score: f64, prorated: bool) -> Self {
        Self { score: Some(score), prorated, group: None, profile: None }
    }
}

/// The items that count.
struct Counted {
    /// What they count, in all.
    sum: f64,
    /// How many of them count anything but 0.
    ticks: usize,
    /// The greatest that they could count.
    most: f64,
    /// How many they are.
    n: usize,
}

fn apply(
    scale: &Scale,
    cells: &[(&Item, Known)],
    missing: MissingRule,
    submitted: bool,
) -> Result<Outcome, NoScore> {
    if scale.rule == Rule::Ipaq {
        let known: Vec<Known> = cells.iter().map(|(_, known)| *known).collect();
        let known = <[Known; 6]>::try_from(known).map_err(|_| NoScore::TooFewAnswered)?;
        let (total, category) = ipaq(known)?;
        return Ok(Outcome { group: Some(category.as_str()), ..Outcome::of(total, false) });
    }
    let counted = count(cells, missing, submitted)?;
    let (all, n) = (cells.len() as f64, counted.n as f64);
    let prorated = counted.n < cells.len();
    Ok(match &scale.rule {
        Rule::Sum => Outcome::of(counted.sum * all / n, prorated),
        Rule::Mean { times } => Outcome::of(counted.sum / n * times, prorated),
        Rule::Count => Outcome::of(counted.ticks as f64 * all / n, prorated),
        Rule::PercentOfMaximum => Outcome::of(100.0 * counted.sum / counted.most, prorated),
        Rule::StartGroups { distress } => {
            let distressed: f64 = cells
                .iter()
                .filter(|(item, _)| distress.contains(&item.code))
                .map(|(item, known)| match known {
                    Known::Value(value) => item.points(*value),
                    Known::Blank | Known::Unknown => 0.0,
                })
                .sum();
            let group = if distressed >= START_HIGH_DISTRESS {
                "high"
            } else if counted.sum <= START_LOW_MOST {
                "low"
            } else {
                "medium"
            };
            Outcome { group: Some(group), ..Outcome::of(counted.sum, prorated) }
        }
        Rule::Profile => {
            let digits = cells.iter().map(|(_, known)| match known {
                Known::Value(value) => format!("{value:.0}"),
                Known::Blank | Known::Unknown => String::new(),
            });
            Outcome { score: None, prorated, group: None, profile: Some(digits.collect()) }
        }
        Rule::Ipaq => return Err(NoScore::TooFewAnswered),
    })
}

/// Which items count under a missing-item rule.
fn count(cells: &[(&Item, Known)], missing: MissingRule, submitted: bool) -> Result<Counted, NoScore> {
    let mut counted = Counted { sum: 0.0, ticks: 0, most: 0.0, n: 0 };
    let mut blank = 0;
    for (item, known) in cells {
        match known {
            Known::Value(value) => {
                let points = item.points(*value);
                counted.sum += points;
                counted.ticks += usize::from(points != 0.0);
                counted.most += item.points_range().map_or(0.0, |(_, most)| most);
                counted.n += 1;
            }
            Known::Blank => blank += 1,
            Known::Unknown => {}
        }
    }
    let lacking = cells.len() - counted.n;
    let enough = match missing {
        MissingRule::Complete => lacking == 0,
        MissingRule::Prorate { least_percent } => {
            counted.n > 0 && counted.n * 100 >= usize::from(least_percent) * cells.len()
        }
        MissingRule::Drop { most_missing } => counted.n > 0 && lacking <= usize::from(most_missing),
        MissingRule::BlankIsZero => {
            if blank > 0 && blank == lacking && !submitted {
                return Err(NoScore::NotSubmitted);
            }
            counted.n += blank;
            blank == lacking
        }
    };
    if enough { Ok(counted) } else { Err(NoScore::TooFewAnswered) }
}
