//! Whether a questionnaire can be scored as it is written.

use std::collections::BTreeMap;

use super::definition::{Item, MissingRule, QuestionnaireSpec, Rule, Scale, Twice};
use super::ipaq::{self, MOST_DAYS, MOST_MINUTES};
use crate::error::AnalyticsError;

/// Most items of a questionnaire, and most scales. [D] Longer ones than any in use.
const MOST_ITEMS: usize = 500;
const MOST_SCALES: usize = 50;
/// Greatest answer, either way. [D] Beyond any coding in use; sums of them stay exact.
const MOST_ANSWER: i32 = 1_000_000;
/// Items of STarT Back, and of its distress part (Hill 2008).
const START_ITEMS: usize = 9;
const START_DISTRESS: usize = 5;

/// What is wrong with one field of a questionnaire.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionnaireFault {
    /// Nothing where something must be.
    #[error("it is empty")]
    Empty,
    /// More than any questionnaire has.
    #[error("at most {most}")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// A name of other characters, or a long one.
    #[error("letters a to z, digits and {mark}, at most 64")]
    Name {
        /// What may stand between letters and digits.
        mark: char,
    },
    /// A version below 1.
    #[error("a number from 1")]
    Version,
    /// A name that another one has.
    #[error("it is there already")]
    Twice,
    /// The least is not below the greatest, or one of them is beyond a million.
    #[error("the least below the greatest, both within -1000000 to 1000000")]
    Range,
    /// A cut that every answer, or none, reaches; or a reversed item with a cut.
    #[error("above the least answer, at most the greatest, and not with reversed")]
    OneFrom,
    /// Codes in a row have no reverse.
    #[error("only an item with a range can be reversed")]
    Reversed,
    /// An item that is not there.
    #[error("no such item")]
    NoSuchItem,
    /// Items whose coding the rule cannot take.
    #[error("the rule {rule} needs {needs}")]
    RuleNeeds {
        /// The rule.
        rule: &'static str,
        /// What it needs.
        needs: &'static str,
    },
    /// A missing-item rule that does not go with the rule.
    #[error("{missing} does not go with {rule}")]
    MissingRule {
        /// The missing-item rule.
        missing: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// A share that is no share, or a number that leaves nothing.
    #[error("at least 1, and not beyond what the scale has")]
    Share,
    /// A factor that is no factor.
    #[error("a number above 0, at most 1000")]
    Factor,
    /// Another range than the items allow.
    #[error("by its items and its rule it is {least} to {most}")]
    ScoreRange {
        /// Least score.
        least: f64,
        /// Greatest score.
        most: f64,
    },
    /// A rule without a score has no range, direction or band.
    #[error("the rule {rule} has none")]
    NotWithRule {
        /// The rule.
        rule: &'static str,
    },
    /// Bands that do not begin at the least score, do not rise, or leave the range.
    #[error("bands begin at the least score, rise, and stay within the range")]
    Bands,
}

/// A questionnaire that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Questionnaire {
    spec: QuestionnaireSpec,
    /// Where each item stands, by code.
    places: BTreeMap<String, usize>,
}

impl Questionnaire {
    /// Stable name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.spec.id
    }

    /// Version of the definition.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.spec.version
    }

    /// What two different answers to one item mean.
    #[must_use]
    pub fn twice(&self) -> Twice {
        self.spec.twice
    }

    /// Items, in the order of the form.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.spec.items
    }

    /// Scales.
    #[must_use]
    pub fn scales(&self) -> &[Scale] {
        &self.spec.scales
    }

    /// Index and item of a code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<(usize, &Item)> {
        let place = *self.places.get(code)?;
        self.spec.items.get(place).map(|item| (place, item))
    }
}

impl QuestionnaireSpec {
    /// Checks the whole questionnaire once.
    ///
    /// # Errors
    /// [`AnalyticsError::QuestionnaireInvalid`] names the first field that cannot be followed, as in `scales[0].range`.
    pub fn check(self) -> Result<Questionnaire, AnalyticsError> {
        name("id".to_owned(), &self.id, '-')?;
        ensure(self.version >= 1, "version", QuestionnaireFault::Version)?;
        count("items", self.items.len(), MOST_ITEMS)?;
        let mut places = BTreeMap::new();
        for (index, item) in self.items.iter().enumerate() {
            let at = |field: &str| format!("items[{index}].{field}");
            check_item(item, &at)?;
            let before = places.insert(item.code.clone(), index);
            ensure(before.is_none(), at("code"), QuestionnaireFault::Twice)?;
        }
        ensure(
            self.scales.len() <= MOST_SCALES,
            "scales",
            QuestionnaireFault::TooMany { most: MOST_SCALES },
        )?;
        let checked = Questionnaire { spec: self, places };
        for (index, scale) in checked.scales().iter().enumerate() {
            let at = |field: &str| format!("scales[{index}].{field}");
            name(at("id"), &scale.id, '_')?;
            let twice = checked.scales()[..index].iter().any(|other| other.id == scale.id);
            ensure(!twice, at("id"), QuestionnaireFault::Twice)?;
            check_scale(&checked, scale, &at)?;
        }
        Ok(checked)
    }
}

fn ensure(holds: bool, field: impl Into<String>, fault: QuestionnaireFault) -> Result<(), AnalyticsError> {
    if holds { Ok(()) } else { Err(AnalyticsError::QuestionnaireInvalid { field: field.into(), fault }) }
}

fn name(field: String, text: &str, mark: char) -> Result<(), AnalyticsError> {
    ensure(!text.is_empty(), field.clone(), QuestionnaireFault::Empty)?;
    let admitted = |c: char| matches!(c, 'a'..='z' | '0'..='9') || c == mark;
    ensure(text.len() <= 64 && text.chars().all(admitted), field, QuestionnaireFault::Name { mark })
}

fn count(field: &str, found: usize, most: usize) -> Result<(), AnalyticsError> {
    ensure(found > 0, field, QuestionnaireFault::Empty)?;
    ensure(found <= most, field, QuestionnaireFault::TooMany { most })
}

fn check_item(item: &Item, at: &dyn Fn(&str) -> String) -> Result<(), AnalyticsError> {
    use super::definition::Coding;
    name(at("code"), &item.code, '_')?;
    match &item.coding {
        Coding::Range { least, most, .. } => {
            let bound = -MOST_ANSWER..=MOST_ANSWER;
            let sound = least < most && bound.contains(least) && bound.contains(most);
            ensure(sound, at("range"), QuestionnaireFault::Range)?;
        }
        Coding::Codes(codes) => {
            count(&at("choices"), codes.len(), MOST_ITEMS)?;
            let bound = codes.iter().all(|code| (-MOST_ANSWER..=MOST_ANSWER).contains(code));
            ensure(bound, at("choices"), QuestionnaireFault::Range)?;
            let twice = codes.iter().enumerate().any(|(index, code)| codes[..index].contains(code));
            ensure(!twice, at("choices"), QuestionnaireFault::Twice)?;
            ensure(!item.reversed, at("reversed"), QuestionnaireFault::Reversed)?;
        }
    }
    if let Some(from) = item.one_from {
        let reached = item.coding.least() < Some(from) && Some(from) <= item.coding.most();
        ensure(reached && !item.reversed, at("one_from"), QuestionnaireFault::OneFrom)?;
    }
    Ok(())
}

fn check_scale(
    questionnaire: &Questionnaire,
    scale: &Scale,
    at: &dyn Fn(&str) -> String,
) -> Result<(), AnalyticsError> {
    count(&at("items"), scale.items.len(), MOST_ITEMS)?;
    let mut items = Vec::with_capacity(scale.items.len());
    for (place, code) in scale.items.iter().enumerate() {
        let field = format!("{}[{place}]", at("items"));
        ensure(!scale.items[..place].contains(code), field.clone(), QuestionnaireFault::Twice)?;
        let Some((_, item)) = questionnaire.item(code) else {
            return Err(AnalyticsError::QuestionnaireInvalid {
                field,
                fault: QuestionnaireFault::NoSuchItem,
            });
        };
        items.push(item);
    }
    ensure(!scale.grounds.source.trim().is_empty(), at("source"), QuestionnaireFault::Empty)?;
    check_rule(scale, &items, at)?;
    check_missing(scale, &items, at)?;
    check_result(scale, &items, at)
}

fn check_rule(scale: &Scale, items: &[&Item], at: &dyn Fn(&str) -> String) -> Result<(), AnalyticsError> {
    use super::definition::Coding;
    let needs = |holds: bool, field: &str, needs: &'static str| {
        ensure(holds, at(field), QuestionnaireFault::RuleNeeds { rule: scale.rule.as_str(), needs })
    };
    let counts = |least: f64, most: f64| items.iter().all(|item| item.points_range() == Some((least, most)));
    match &scale.rule {
        Rule::Sum => Ok(()),
        Rule::Mean { times } => {
            ensure(*times > 0.0 && *times <= 1_000.0, at("rule.times"), QuestionnaireFault::Factor)
        }
        Rule::Count => needs(
            items.iter().all(|item| item.points_range().is_some_and(|(least, _)| least == 0.0)),
            "items",
            "items that count from 0",
        ),
        Rule::PercentOfMaximum => needs(
            items.iter().all(|item| item.points_range().is_some_and(|(least, _)| least == 0.0)),
            "items",
            "items that count from 0",
        ),
        Rule::StartGroups { distress } => {
            needs(items.len() == START_ITEMS && counts(0.0, 1.0), "items", "nine items that count 0 or 1")?;
            let mut among = distress.clone();
            among.sort_unstable();
            among.dedup();
            let among = among.len() == START_DISTRESS && among.iter().all(|code| scale.items.contains(code));
            needs(among && distress.len() == START_DISTRESS, "rule.distress", "five of the scale's items")
        }
        Rule::Profile => {
            let digit = |item: &&Item| {
                let whole = !matches!(item.coding, Coding::Range { decimals: true, .. });
                let (least, most) = (item.coding.least(), item.coding.most());
                whole && least >= Some(0) && most <= Some(9) && !item.reversed && item.one_from.is_none()
            };
            needs(items.iter().all(digit), "items", "items of one digit each")
        }
        Rule::Ipaq => {
            let most = |index: usize| if index.is_multiple_of(2) { MOST_DAYS } else { MOST_MINUTES };
            let coded = items.iter().enumerate().all(|(index, item)| {
                item.coding.least() == Some(0)
                    && item.coding.most() == Some(most(index))
                    && matches!(item.coding, Coding::Range { .. })
                    && !item.reversed
                    && item.one_from.is_none()
            });
            needs(
                items.len() == 6 && coded,
                "items",
                "days 0 to 7 and minutes 0 to 1440, three times in turn",
            )
        }
    }
}

fn check_missing(scale: &Scale, items: &[&Item], at: &dyn Fn(&str) -> String) -> Result<(), AnalyticsError> {
    let Some(missing) = &scale.missing else { return Ok(()) };
    ensure(!missing.grounds.source.trim().is_empty(), at("missing.source"), QuestionnaireFault::Empty)?;
    let goes = match missing.rule {
        MissingRule::Complete => true,
        MissingRule::Prorate { .. } => {
            matches!(scale.rule, Rule::Sum | Rule::Mean { .. } | Rule::Count | Rule::PercentOfMaximum)
        }
        MissingRule::Drop { .. } => scale.rule == Rule::PercentOfMaximum,
        MissingRule::BlankIsZero => scale.rule == Rule::Count,
    };
    let fault = QuestionnaireFault::MissingRule { missing: missing.rule.as_str(), rule: scale.rule.as_str() };
    ensure(goes, at("missing.rule"), fault)?;
    match missing.rule {
        MissingRule::Prorate { least_percent } => {
            ensure((1..=100).contains(&least_percent), at("missing.rule"), QuestionnaireFault::Share)?;
            // The answered can stand for the others only where all count alike: then the score stays in its range.
            let alike = items.windows(2).all(|pair| pair[0].points_range() == pair[1].points_range());
            let needs = QuestionnaireFault::RuleNeeds { rule: "prorate", needs: "items that count alike" };
            ensure(alike, at("missing.rule"), needs)
        }
        MissingRule::Drop { most_missing } => {
            let leaves = most_missing >= 1 && usize::from(most_missing) < items.len();
            ensure(leaves, at("missing.rule"), QuestionnaireFault::Share)
        }
        MissingRule::Complete | MissingRule::BlankIsZero => Ok(()),
    }
}

/// Range, direction and bands.
fn check_result(scale: &Scale, items: &[&Item], at: &dyn Fn(&str) -> String) -> Result<(), AnalyticsError> {
    let none = || QuestionnaireFault::NotWithRule { rule: scale.rule.as_str() };
    let Some((least, most)) = score_range(&scale.rule, items) else {
        ensure(scale.range.is_none(), at("range"), none())?;
        ensure(scale.higher.is_none(), at("higher"), none())?;
        return ensure(scale.bands.is_none(), at("bands"), none());
    };
    ensure(scale.range == Some((least, most)), at("range"), QuestionnaireFault::ScoreRange { least, most })?;
    let Some(bands) = &scale.bands else { return Ok(()) };
    // These two tell their groups by more than the score.
    let own = matches!(scale.rule, Rule::StartGroups { .. } | Rule::Ipaq);
    ensure(!own, at("bands"), none())?;
    ensure(!bands.grounds.source.trim().is_empty(), at("bands.source"), QuestionnaireFault::Empty)?;
    for (index, band) in bands.list.iter().enumerate() {
        let field = format!("{}[{index}].name", at("bands.list"));
        name(field.clone(), &band.name, '_')?;
        let twice = bands.list[..index].iter().any(|other| other.name == band.name);
        ensure(!twice, field, QuestionnaireFault::Twice)?;
    }
    let begins = bands.list.first().is_some_and(|band| band.from == least);
    let rises = bands.list.windows(2).all(|pair| pair[0].from < pair[1].from);
    let within = bands.list.last().is_some_and(|band| band.from <= most);
    ensure(begins && rises && within, at("bands.list"), QuestionnaireFault::Bands)
}

/// The least and the greatest score that a rule can give with these items.
fn score_range(rule: &Rule, items: &[&Item]) -> Option<(f64, f64)> {
    let ends: Vec<(f64, f64)> = items.iter().filter_map(|item| item.points_range()).collect();
    let sums = ends.iter().fold((0.0, 0.0), |(low, high), (least, most)| (low + least, high + most));
    match rule {
        Rule::Sum | Rule::StartGroups { .. } => Some(sums),
        Rule::Mean { times } => {
            let n = ends.len() as f64;
            Some((sums.0 / n * times, sums.1 / n * times))
        }
        Rule::Count => Some((0.0, ends.len() as f64)),
        Rule::PercentOfMaximum => Some((0.0, 100.0)),
        Rule::Ipaq => Some((0.0, ipaq::MOST_MET_MINUTES)),
        Rule::Profile => None,
    }
}
