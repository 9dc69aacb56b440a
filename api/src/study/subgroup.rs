use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::programme::DocFormat;
use crate::registry::{ConsentState, NameKind, Purpose};

/// The definition of a subgroup: all of its conditions hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubgroupDoc {
    /// Its name.
    pub name: String,
    /// Its version; a change is a new one.
    pub version: u32,
    /// Conditions, all of which hold.
    pub all: Vec<ConditionDoc>,
}

/// One condition on something that is known of a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionDoc {
    /// Its name, by which people speak of it.
    pub name: String,
    /// On what: `birth_year`, `study`, `arm`, `group`, `consent.PURPOSE` or `score.KEY`.
    pub attribute: String,
    /// It is one of these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// It is this number or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// It is this number or less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

/// Why a definition is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubgroupError {
    /// The text is not one of the form; the reader's own message names line and column.
    #[error("the document cannot be read: {0}")]
    Text(String),
    /// A field holds what it may not.
    #[error("{field}: {problem}")]
    Field {
        /// Which, as `all[0].attribute`.
        field: String,
        /// What is wrong with it.
        problem: SubgroupProblem,
    },
}

/// What is wrong with a field of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubgroupProblem {
    /// Not a name.
    #[error("a name is a-z, 0-9 and -, 1 to 64 of them")]
    Name,
    /// Version 0.
    #[error("a version is 1 or more")]
    Version,
    /// Nothing to hold.
    #[error("give one condition or more")]
    NoCondition,
    /// A name that stands twice.
    #[error("another condition has this name")]
    Twice,
    /// Nothing that is known of a person.
    #[error("one of birth_year, study, arm, group, consent.PURPOSE, score.KEY")]
    Attribute,
    /// Words for a number, numbers for a word, or neither.
    #[error("a number takes at_least, at_most or both; a word takes one_of")]
    Bounds,
    /// Numbers between which nothing is.
    #[error("at_least is above at_most, or one of them is not finite")]
    Range,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// The year of birth.
    BirthYear,
    /// The study's name.
    Study,
    /// The arm's name.
    Arm,
    /// The name of the group of today.
    Group,
    /// What is said to a purpose: given, refused, withdrawn or not_asked.
    Consent(Purpose),
    /// A questionnaire's score, by its key, which means nothing here.
    Score(String),
}

impl Attribute {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "birth_year" => Some(Self::BirthYear),
            "study" => Some(Self::Study),
            "arm" => Some(Self::Arm),
            "group" => Some(Self::Group),
            _ => match word.split_once('.')? {
                ("consent", purpose) => Purpose::of_word(purpose).map(Self::Consent),
                ("score", key) if is_key(key) => Some(Self::Score(key.to_owned())),
                _ => None,
            },
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::BirthYear | Self::Score(_))
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// What is known of somebody; what is not in it is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The year of birth.
    pub birth_year: Option<i64>,
    /// The study's name.
    pub study: Option<String>,
    /// The arm's name.
    pub arm: Option<String>,
    /// The name of the group of today.
    pub group: Option<String>,
    /// What is said to each purpose that somebody asked about.
    pub consents: BTreeMap<Purpose, ConsentState>,
    /// Scores, by key.
    pub scores: BTreeMap<String, f64>,
}

/// Whether somebody is in a subgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    /// All conditions hold.
    In,
    /// One does not.
    Out,
    /// None is known not to hold, and something is not known.
    Unknown,
}

impl Belongs {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Unknown => "unknown",
        }
    }
}

/// A condition that was checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// The word is one of these.
    OneOf(Vec<String>),
    /// The number lies between these, both included.
    Between(f64, f64),
}

/// Whether somebody is in a subgroup, by what is known of them. A condition that does not hold decides, whatever else is
/// unknown (Kleene's three values).
///
/// # Errors
/// As [`SubgroupDoc::check`].
pub fn belongs(doc: &SubgroupDoc, facts: &Facts) -> Result<Belongs, SubgroupError> {
    let held = doc.check()?.into_iter().map(|(attribute, bound)| holds(&attribute, &bound, facts));
    Ok(held.fold(Belongs::In, |all, one| match (all, one) {
        (Belongs::Out, _) | (_, Some(false)) => Belongs::Out,
        (Belongs::Unknown, _) | (_, None) => Belongs::Unknown,
        (Belongs::In, Some(true)) => Belongs::In,
    }))
}

fn holds(attribute: &Attribute, bound: &Bound, facts: &Facts) -> Option<bool> {
    let number = match attribute {
        Attribute::BirthYear => facts.birth_year.map(|year| year as f64),
        Attribute::Score(key) => facts.scores.get(key).copied(),
        _ => None,
    };
    let word = match attribute {
        Attribute::Study => facts.study.as_deref(),
        Attribute::Arm => facts.arm.as_deref(),
        Attribute::Group => facts.group.as_deref(),
        // That nobody asked is known.
        Attribute::Consent(purpose) => {
            Some(facts.consents.get(purpose).map_or("not_asked", |state| state.as_str()))
        }
        _ => None,
    };
    match bound {
        Bound::OneOf(words) => word.map(|word| words.iter().any(|one| one == word)),
        Bound::Between(least, most) => number.map(|number| *least <= number && number <= *most),
    }
}

impl SubgroupDoc {
    /// The conditions, if the definition is one.
    ///
    /// # Errors
    /// [`SubgroupError::Field`] names the field.
    pub fn check(&self) -> Result<Vec<(Attribute, Bound)>, SubgroupError> {
        let wrong = |field: String, problem| Err(SubgroupError::Field { field, problem });
        if NameKind::Subgroup.check(&self.name).is_err() {
            return wrong("name".to_owned(), SubgroupProblem::Name);
        }
        if self.version == 0 {
            return wrong("version".to_owned(), SubgroupProblem::Version);
        }
        if self.all.is_empty() {
            return wrong("all".to_owned(), SubgroupProblem::NoCondition);
        }
        let mut checked = Vec::new();
        for (at, condition) in self.all.iter().enumerate() {
            let field = |name: &str| format!("all[{at}].{name}");
            if NameKind::Subgroup.check(&condition.name).is_err() {
                return wrong(field("name"), SubgroupProblem::Name);
            }
            if self.all[..at].iter().any(|before| before.name == condition.name) {
                return wrong(field("name"), SubgroupProblem::Twice);
            }
            let Some(attribute) = Attribute::of_word(&condition.attribute) else {
                return wrong(field("attribute"), SubgroupProblem::Attribute);
            };
            let bounds = (condition.at_least, condition.at_most);
            let bound = match (&condition.one_of, bounds, attribute.is_number()) {
                (Some(words), (None, None), false) if !words.is_empty() => Bound::OneOf(words.clone()),
                (None, (Some(_), _) | (_, Some(_)), true) => {
                    let least = bounds.0.unwrap_or(f64::MIN);
                    let most = bounds.1.unwrap_or(f64::MAX);
                    if !(least.is_finite() && most.is_finite() && least <= most) {
                        return wrong(field("at_least"), SubgroupProblem::Range);
                    }
                    Bound::Between(least, most)
                }
                _ => return wrong(field("one_of"), SubgroupProblem::Bounds),
            };
            checked.push((attribute, bound));
        }
        Ok(checked)
    }
}

/// A definition from the text of a file.
///
/// # Errors
/// Names the line of a text that is no document of the form, or the field that holds what it may not.
pub fn parse_subgroup(text: &str, format: DocFormat) -> Result<SubgroupDoc, SubgroupError> {
    let doc: SubgroupDoc = match format {
        DocFormat::Json => {
            serde_json::from_str(text).map_err(|error| SubgroupError::Text(error.to_string()))?
        }
        DocFormat::Toml => toml::from_str(text).map_err(|error| SubgroupError::Text(error.to_string()))?,
    };
    doc.check()?;
    Ok(doc)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOC: &str = r#"
name = "work-fear"
version = 1

[[all]]
name = "working-age"
attribute = "birth_year"
at_least = 1961
at_most = 2008

[[all]]
name = "fear"
attribute = "score.fabq-w"
at_least = 30

[[all]]
name = "agrees"
attribute = "consent.research"
one_of = ["given"]
"#;

    fn facts(birth_year: Option<i64>, fear: Option<f64>, agrees: bool) -> Facts {
        Facts {
            birth_year,
            scores: fear.map(|score| ("fabq-w".to_owned(), score)).into_iter().collect(),
            consents: agrees.then_some((Purpose::Research, ConsentState::Given)).into_iter().collect(),
            ..Facts::default()
        }
    }

    #[test]
    fn what_is_unknown_is_unknown_unless_something_else_decides() {
        let doc = parse_subgroup(DOC, DocFormat::Toml).unwrap();
        let json = serde_json::to_string(&doc).unwrap();
        assert_eq!(parse_subgroup(&json, DocFormat::Json).unwrap(), doc);
        for (known, expected) in [
            (facts(Some(1980), Some(30.0), true), Belongs::In),
            (facts(Some(1961), Some(42.0), true), Belongs::In),
            (facts(Some(1960), Some(42.0), true), Belongs::Out),
            (facts(Some(1980), Some(29.9), true), Belongs::Out),
            (facts(Some(1980), None, true), Belongs::Unknown),
            (facts(None, Some(42.0), true), Belongs::Unknown),
            (facts(None, None, true), Belongs::Unknown),
            // Nobody asked: that is known, and no yes.
            (facts(None, None, false), Belongs::Out),
            (facts(Some(1960), None, true), Belongs::Out),
        ] {
            assert_eq!(belongs(&doc, &known).unwrap(), expected, "{known:?}");
        }
    }

    #[test]
    fn each_attribute_is_looked_at() {
        let known = Facts {
            study: Some("pilot".into()),
            arm: Some("coached".into()),
            group: Some("mars".into()),
            ..Facts::default()
        };
        for (attribute, word) in
            [("study", "pilot"), ("arm", "coached"), ("group", "mars"), ("consent.care", "not_asked")]
        {
            let with = |words: &[&str], known: &Facts| {
                let one_of = Some(words.iter().map(|word| (*word).to_owned()).collect());
                let name = "c".to_owned();
                let (at_least, at_most) = (None, None);
                let condition = ConditionDoc { name, attribute: attribute.into(), one_of, at_least, at_most };
                let doc = SubgroupDoc { name: "s".into(), version: 1, all: vec![condition] };
                belongs(&doc, known).unwrap()
            };
            assert_eq!(with(&["x", word], &known), Belongs::In, "{attribute}");
            assert_eq!(with(&["x"], &known), Belongs::Out, "{attribute}");
            let nothing = if attribute == "consent.care" { Belongs::In } else { Belongs::Unknown };
            assert_eq!(with(&[word], &Facts::default()), nothing, "{attribute}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_field_or_line() {
        let error = |text: &str| parse_subgroup(text, DocFormat::Toml).unwrap_err().to_string();
        for (from, to, expected) in [
            ("work-fear", "Work fear", "name: a name"),
            ("version = 1", "version = 0", "version: "),
            ("\"birth_year\"", "\"income\"", "all[0].attribute: one of"),
            ("score.fabq-w", "score.", "all[1].attribute: "),
            ("consent.research", "consent.ads", "all[2].attribute: "),
            ("at_least = 1961", "at_least = 2009", "all[0].at_least: "),
            ("at_least = 1961", "at_least = nan", "all[0].at_least: "),
            ("one_of = [\"given\"]", "at_least = 1", "all[2].one_of: "),
            ("one_of = [\"given\"]", "one_of = []", "all[2].one_of: "),
            ("at_least = 30", "", "all[1].one_of: "),
            ("name = \"fear\"", "name = \"working-age\"", "all[1].name: another"),
        ] {
            assert!(DOC.contains(from), "{from}");
            let said = error(&DOC.replacen(from, to, 1));
            assert!(said.starts_with(expected), "{from} -> {to}: {said}");
        }
        let unknown = error(&DOC.replacen("at_most = 2008", "at_moist = 2008", 1));
        assert!(unknown.contains("line 9") && unknown.contains("at_moist"), "{unknown}");
        let line = parse_subgroup("{\"name\": 1}", DocFormat::Json).unwrap_err().to_string();
        assert!(line.contains("line 1"), "{line}");
        assert!(error("name = \"a\"\nversion = 1\nall = []").starts_with("all: "));
    }
}
