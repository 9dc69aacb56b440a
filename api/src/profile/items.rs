use serde_json::Value;

/// What an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A whole number within bounds, both included.
    Integer {
        /// Least.
        least: i64,
        /// Greatest.
        most: i64,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any of these words, each once; none of them is an answer too.
    Words(&'static [&'static str]),
    /// The person's own words, so many characters at most.
    Text {
        /// Most characters.
        most: usize,
    },
}

/// Something that is asked about a person's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: &'static str,
    /// What an answer may be.
    pub shape: Shape,
    /// Whether it is a preference: a constraint on what is prescribed next.
    pub is_preference: bool,
}

const fn context(name: &'static str, shape: Shape) -> Item {
    Item { name, shape, is_preference: false }
}

const fn preference(name: &'static str, shape: Shape) -> Item {
    Item { name, shape, is_preference: true }
}

const ACTIVITIES: &[&str] = &["walking", "stretching", "strengthening", "relaxation", "workshop"];
const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Everything that is asked: the person's context and preferences (clinical design, Person context). The words of
/// `comorbidities`, `coping` and `job` are ours, for clinicians to confirm. [D]
pub const ITEMS: &[Item] = &[
    context("birth_year", Shape::Integer { least: 1900, most: 2100 }),
    context("sex", Shape::Word(&["female", "male", "other"])),
    context("height_cm", Shape::Integer { least: 100, most: 250 }),
    context("weight_kg", Shape::Integer { least: 30, most: 300 }),
    context(
        "job",
        Shape::Word(&["office", "care", "trade", "industry", "transport", "farming", "home", "other"]),
    ),
    context("job_load", Shape::Word(&["sedentary", "light", "moderate", "heavy"])),
    context("employment", Shape::Word(&["employed", "self_employed", "agricultural", "none"])),
    context("contracted_hours", Shape::Integer { least: 0, most: 80 }),
    context(
        "comorbidities",
        Shape::Words(&[
            "anxiety",
            "asthma",
            "cancer",
            "depression",
            "diabetes",
            "heart",
            "hypertension",
            "obesity",
            "osteoarthritis",
            "other",
        ]),
    ),
    context(
        "medication",
        Shape::Words(&["analgesic", "anti_inflammatory", "beta_blocker", "opioid", "steroid", "unknown"]),
    ),
    context("coping", Shape::Word(&["active", "mixed", "avoiding"])),
    context("usual_activity", Shape::Word(&["low", "moderate", "high"])),
    context("devices", Shape::Words(&["watch", "ring", "strap", "phone", "none"])),
    preference("likes", Shape::Words(ACTIVITIES)),
    preference("avoids", Shape::Words(ACTIVITIES)),
    preference("impossible_days", Shape::Words(WEEKDAYS)),
    preference("time_of_day", Shape::Word(&["morning", "midday", "afternoon", "evening"])),
    preference("place", Shape::Word(&["home", "outdoors", "indoors", "pool"])),
    preference("goal", Shape::Text { most: 200 }),
    preference("quiet_from", Shape::Integer { least: 0, most: 23 }),
    preference("quiet_to", Shape::Integer { least: 0, most: 23 }),
    preference("contacts_per_week", Shape::Integer { least: 0, most: 21 }),
];

/// The item of a name.
#[must_use]
pub fn item(name: &str) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.name == name)
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a whole number within the bounds.
    #[error("a whole number from {least} to {most}")]
    Integer {
        /// Least.
        least: i64,
        /// Greatest.
        most: i64,
    },
    /// None of the words.
    #[error("one of: {}", words.join(", "))]
    Word {
        /// Those that there are.
        words: &'static [&'static str],
    },
    /// Not a list of some of the words, each once.
    #[error("a list of any of these, each once: {}", words.join(", "))]
    Words {
        /// Those that there are.
        words: &'static [&'static str],
    },
    /// Not a text, or too long.
    #[error("a text of 1 to {most} characters")]
    Text {
        /// Most characters.
        most: usize,
    },
    /// It could tell who the person is.
    #[error("your own words without an e-mail address, a link or a long number")]
    Identifying,
}

impl Shape {
    /// Whether this is an answer.
    ///
    /// # Errors
    /// Says what would be one.
    pub fn check(self, value: &Value) -> Result<(), AnswerError> {
        match self {
            Self::Integer { least, most } => {
                let within = value.as_i64().is_some_and(|number| (least..=most).contains(&number));
                within.then_some(()).ok_or(AnswerError::Integer { least, most })
            }
            Self::Word(words) => {
                let known = value.as_str().is_some_and(|word| words.contains(&word));
                known.then_some(()).ok_or(AnswerError::Word { words })
            }
            Self::Words(words) => {
                let list = value.as_array().ok_or(AnswerError::Words { words })?;
                let each = |(at, one): (usize, &Value)| {
                    one.as_str().is_some_and(|word| words.contains(&word)) && !list[..at].contains(one)
                };
                list.iter().enumerate().all(each).then_some(()).ok_or(AnswerError::Words { words })
            }
            Self::Text { most } => {
                let text =
                    value.as_str().filter(|text| !text.trim().is_empty() && text.chars().count() <= most);
                let text = text.ok_or(AnswerError::Text { most })?;
                if identifies(text) { Err(AnswerError::Identifying) } else { Ok(()) }
            }
        }
    }

    /// The answer that stands in a text, as a command line gives it: lists are separated by commas.
    #[must_use]
    pub fn read(self, text: &str) -> Value {
        match self {
            Self::Integer { .. } => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
            Self::Word(_) | Self::Text { .. } => text.into(),
            Self::Words(_) => match text {
                "" | "none_of_them" => Value::Array(Vec::new()),
                text => text.split(',').map(|word| Value::from(word.trim())).collect(),
            },
        }
    }
}

/// Digits in a row (spaces, dots and dashes between them do not count) that no goal needs and a telephone number has.
const LONG_NUMBER: usize = 8;

fn identifies(text: &str) -> bool {
    let mut run = 0;
    let has_long_number = text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '\u{a0}')).any(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        run >= LONG_NUMBER
    });
    has_long_number || text.contains('@') || text.contains("://") || text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_what_its_item_admits() {
        let check = |name: &str, value: Value| item(name).unwrap().shape.check(&value).is_ok();
        for (name, value) in [
            ("birth_year", json!(1980)),
            ("sex", json!("other")),
            ("comorbidities", json!([])),
            ("avoids", json!(["walking", "stretching"])),
            ("goal", json!("marcher 30 minutes avec ma fille en 2027")),
        ] {
            assert!(check(name, value.clone()), "{name} {value}");
        }
        for (name, value) in [
            ("birth_year", json!(1899)),
            ("birth_year", json!("1980")),
            ("weight_kg", json!(80.5)),
            ("sex", json!("F")),
            ("avoids", json!("walking")),
            ("avoids", json!(["walking", "walking"])),
            ("avoids", json!(["swimming"])),
            ("goal", json!("  ")),
            ("goal", json!("x".repeat(201))),
            ("goal", json!("write to a@b.example")),
            ("goal", json!("06 12 34 56 78")),
        ] {
            assert!(!check(name, value.clone()), "{name} {value}");
        }
        assert!(item("name").is_none() && item("address").is_none());
    }

    #[test]
    fn a_command_line_says_the_same() {
        let read = |name: &str, text: &str| item(name).unwrap().shape.read(text);
        assert_eq!(read("birth_year", "1980"), json!(1980));
        assert_eq!(read("avoids", "walking, stretching"), json!(["walking", "stretching"]));
        assert_eq!(read("avoids", "none_of_them"), json!([]));
        assert_eq!(read("sex", "female"), json!("female"));
    }

    #[test]
    fn each_item_stands_once() {
        for (at, item) in ITEMS.iter().enumerate() {
            assert!(!ITEMS[..at].iter().any(|other| other.name == item.name), "{}", item.name);
        }
    }
}
