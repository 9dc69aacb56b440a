//! What is known of a person's life and what they prefer: asked once, editable, each answer may be declined.
//!
//! Nothing is overwritten: what holds on a day is the last that was recorded with effect by then, so that a decision can
//! be replayed with what was known.

mod items;
mod preferences;

use foulee_contract::{ParticipantId, ResponseState};
use serde_json::Value;

pub use items::{AnswerError, ITEMS, Item, Shape, item};
pub use preferences::Preferences;

use crate::ApiError;
use crate::registry::{ContextEntry, NewContext, Origin, Registry};

/// An answer to one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This.
    Given(Value),
    /// The person does not want to say, perhaps for a reason.
    Declined(Option<String>),
}

/// Most characters of a reason for declining.
const MOST_OF_REASON: usize = 200;

/// A row of each answer: its item, what came of the question, and the value as JSON.
type Rows = Vec<(&'static str, ResponseState, Option<String>)>;

/// Checks answers, and what they are kept as.
///
/// # Errors
/// Names the item that is not there or whose answer is none.
pub fn check(answers: &[(String, Answer)]) -> Result<Rows, ApiError> {
    let invalid = |field: &str, fix: String| ApiError::ProfileInvalid { field: field.to_owned(), fix };
    let mut rows = Rows::with_capacity(answers.len());
    for (name, answer) in answers {
        let Some(item) = item(name) else {
            let known: Vec<&str> = ITEMS.iter().map(|item| item.name).collect();
            return Err(invalid(name, format!("one of: {}", known.join(", "))));
        };
        let (state, value) = match answer {
            Answer::Given(value) => {
                item.shape.check(value).map_err(|error| invalid(name, error.to_string()))?;
                (ResponseState::Answered, Some(value.to_string()))
            }
            Answer::Declined(reason) => {
                let reason = reason.as_deref().map(Value::from);
                if let Some(reason) = &reason {
                    let shape = Shape::Text { most: MOST_OF_REASON };
                    shape.check(reason).map_err(|error| invalid(name, error.to_string()))?;
                }
                (ResponseState::Declined, reason.map(|reason| reason.to_string()))
            }
        };
        rows.push((item.name, state, value));
    }
    Ok(rows)
}

/// Answers that hold from an instant on, kept all or none.
///
/// # Errors
/// Names the item that is not there or whose answer is none; the participant is unknown.
pub async fn set(
    registry: &Registry,
    id: ParticipantId,
    answers: &[(String, Answer)],
    effective_ms: i64,
    origin: Origin,
    now_ms: i64,
) -> Result<(), ApiError> {
    let rows = check(answers)?;
    let rows: Vec<NewContext<'_>> = rows
        .iter()
        .map(|(item, state, value)| NewContext { item, state: *state, value: value.as_deref(), effective_ms })
        .collect();
    registry.add_context(id, &rows, origin, now_ms).await?;
    let year = answers.iter().find(|(name, _)| name == "birth_year").map(|(_, answer)| answer);
    match year {
        Some(Answer::Given(year)) => registry.set_birth_year(id, year.as_i64(), now_ms).await?,
        Some(Answer::Declined(_)) => registry.set_birth_year(id, None, now_ms).await?,
        None => {}
    }
    Ok(())
}

/// What holds at an instant, item by item in their order: of those in effect by then the last recorded.
#[must_use]
pub fn holding(entries: &[ContextEntry], at_ms: i64) -> Vec<&ContextEntry> {
    let last = |item: &Item| {
        let of_item = |entry: &&ContextEntry| entry.item == item.name && entry.effective_ms <= at_ms;
        entries.iter().filter(of_item).max_by_key(|entry| entry.number)
    };
    ITEMS.iter().filter_map(last).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(number: i64, item: &str, effective_ms: i64) -> ContextEntry {
        ContextEntry {
            number,
            item: item.to_owned(),
            state: ResponseState::Answered,
            value: Some(json!(number).to_string()),
            effective_ms,
            origin: Origin::Participant,
            recorded_ms: number,
        }
    }

    #[test]
    fn the_last_recorded_among_those_in_effect_holds() {
        let all = [
            entry(1, "weight_kg", 0),
            entry(2, "weight_kg", 100),
            entry(3, "weight_kg", 50),
            entry(4, "sex", 0),
        ];
        let at = |ms| holding(&all, ms).iter().map(|one| one.number).collect::<Vec<_>>();
        // In the order of the items: sex stands before weight.
        assert_eq!(at(-1), Vec::<i64>::new());
        assert_eq!(at(49), [4, 1]);
        // What was recorded later supersedes, also where it took effect before the other.
        assert_eq!(at(60), [4, 3]);
        assert_eq!(at(100), [4, 3]);
    }
}
