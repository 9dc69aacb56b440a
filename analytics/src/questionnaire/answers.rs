//! What was answered, and what of it can count.

use super::check::Questionnaire;
use super::definition::{Coding, Item, Twice};

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// Answered with a number.
    Value(f64),
    /// The person said no to answering.
    Declined,
    /// Never put to the person.
    NotAsked,
    /// Left blank.
    Missing,
}

/// A form as it came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    /// Whether the person handed it in: only then is a blank known to be one.
    pub submitted: bool,
    /// Answers by item code; an item that is not named was left blank.
    pub items: Vec<(String, Answer)>,
}

/// An answer that does not count, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedAnswer {
    /// The item's code.
    pub item: String,
    /// Why.
    pub why: Refusal,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The questionnaire has no such item.
    #[error("no such item")]
    NoSuchItem,
    /// Below the least or above the greatest answer.
    #[error("{value} is outside {least} to {most}")]
    OutOfRange {
        /// The answer.
        value: f64,
        /// Least answer.
        least: i32,
        /// Greatest answer.
        most: i32,
    },
    /// A number with decimals where only whole ones are answers.
    #[error("{value} is no whole number")]
    NotWhole {
        /// The answer.
        value: f64,
    },
    /// None of the codes.
    #[error("{value} is none of its codes")]
    NotACode {
        /// The answer.
        value: f64,
    },
    /// Another answer to the same item.
    #[error("answered twice, differently")]
    Twice,
}

/// What is known of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// The answer.
    Value(f64),
    /// Left blank.
    Blank,
    /// Declined, not asked, or refused: not known, and no blank.
    Unknown,
}

impl Item {
    /// Whether it can be answered with a number.
    ///
    /// # Errors
    /// Says why not.
    pub fn admits(&self, value: f64) -> Result<(), Refusal> {
        match &self.coding {
            Coding::Range { least, most, decimals } => {
                if !(value >= f64::from(*least) && value <= f64::from(*most)) {
                    return Err(Refusal::OutOfRange { value, least: *least, most: *most });
                }
                if *decimals || value.fract() == 0.0 { Ok(()) } else { Err(Refusal::NotWhole { value }) }
            }
            Coding::Codes(codes) if codes.iter().any(|code| f64::from(*code) == value) => Ok(()),
            Coding::Codes(_) => Err(Refusal::NotACode { value }),
        }
    }
}

/// What is known of each item of a questionnaire, in its order, and what was refused, in order of item code.
pub(super) fn sort_out(questionnaire: &Questionnaire, answers: &Answers) -> (Vec<Known>, Vec<RefusedAnswer>) {
    let mut by_item: Vec<Vec<Answer>> = vec![Vec::new(); questionnaire.items().len()];
    let mut refused = Vec::new();
    for (code, answer) in &answers.items {
        match questionnaire.item(code) {
            Some((place, _)) => by_item[place].push(*answer),
            None => refused.push(RefusedAnswer { item: code.clone(), why: Refusal::NoSuchItem }),
        }
    }
    let known = questionnaire
        .items()
        .iter()
        .zip(&by_item)
        .map(|(item, given)| match decide(item, given, questionnaire.twice()) {
            Ok(known) => known,
            Err(why) => {
                refused.push(RefusedAnswer { item: item.code.clone(), why });
                Known::Unknown
            }
        })
        .collect();
    refused.sort_by(|a, b| a.item.cmp(&b.item));
    (known, refused)
}

/// One item, whatever the order of its answers: a number beats silence, and silence with a reason a blank.
fn decide(item: &Item, given: &[Answer], twice: Twice) -> Result<Known, Refusal> {
    let mut numbers: Vec<f64> = Vec::new();
    let mut reason = false;
    for answer in given {
        match answer {
            Answer::Value(value) => numbers.push(*value),
            Answer::Declined | Answer::NotAsked => reason = true,
            Answer::Missing => {}
        }
    }
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    for value in &numbers {
        item.admits(*value)?;
    }
    match (numbers.as_slice(), twice) {
        ([], _) => Ok(if reason { Known::Unknown } else { Known::Blank }),
        ([one], _) => Ok(Known::Value(*one)),
        ([.., highest], Twice::Higher) => Ok(Known::Value(*highest)),
        (_, Twice::Refused) => Err(Refusal::Twice),
    }
}
