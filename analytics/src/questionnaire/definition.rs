//! What a questionnaire is made of.

/// On whose word a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Published, and read there.
    Published,
    /// From memory, to be confirmed.
    Recalled,
    /// A choice of this project.
    Ours,
}

impl Status {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Recalled => "recalled",
            Self::Ours => "ours",
        }
    }
}

/// On whose word a rule stands, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    /// On whose word.
    pub status: Status,
    /// Authors, year, and where it was read.
    pub source: String,
}

/// What an item can be answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// From the least to the greatest, both included.
    Range {
        /// Least answer.
        least: i32,
        /// Greatest answer.
        most: i32,
        /// Whether decimals are answers too.
        decimals: bool,
    },
    /// These numbers.
    Codes(Vec<i32>),
}

impl Coding {
    /// The least answer; `None` where nothing can be answered.
    #[must_use]
    pub fn least(&self) -> Option<i32> {
        match self {
            Self::Range { least, .. } => Some(*least),
            Self::Codes(codes) => codes.iter().min().copied(),
        }
    }

    /// The greatest answer; `None` where nothing can be answered.
    #[must_use]
    pub fn most(&self) -> Option<i32> {
        match self {
            Self::Range { most, .. } => Some(*most),
            Self::Codes(codes) => codes.iter().max().copied(),
        }
    }
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its code, `a-z 0-9 _`.
    pub code: String,
    /// What it can be answered with.
    pub coding: Coding,
    /// Whether it counts as least + greatest - answer.
    pub reversed: bool,
    /// Where given, it counts 1 from this answer on and 0 below.
    pub one_from: Option<i32>,
    /// Whether a form without it is complete.
    pub optional: bool,
}

impl Item {
    /// What an answer counts in a scale.
    pub(super) fn points(&self, answer: f64) -> f64 {
        if let Some(from) = self.one_from {
            return f64::from(u8::from(answer >= f64::from(from)));
        }
        match (self.reversed, self.coding.least(), self.coding.most()) {
            (true, Some(least), Some(most)) => f64::from(least) + f64::from(most) - answer,
            _ => answer,
        }
    }

    /// The least and the greatest that it can count.
    pub(super) fn points_range(&self) -> Option<(f64, f64)> {
        let (low, high) = (self.points(self.coding.least()?.into()), self.points(self.coding.most()?.into()));
        Some((low.min(high), low.max(high)))
    }
}

/// What two different answers to one item mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Twice {
    /// Neither counts.
    #[default]
    Refused,
    /// The higher counts.
    Higher,
}

/// How items become a score.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Their sum.
    Sum,
    /// Their mean, times a factor.
    Mean {
        /// The factor, above 0.
        times: f64,
    },
    /// How many count anything but 0.
    Count,
    /// Their sum in percent of the greatest that it could be.
    PercentOfMaximum,
    /// STarT Back: the sum, and a group from it and from the items of distress.
    StartGroups {
        /// The items of distress, by code.
        distress: Vec<String>,
    },
    /// EQ-5D: the answers side by side, without a score.
    Profile,
    /// IPAQ short form: days and minutes of vigorous activity, moderate activity and walking, in this order.
    Ipaq,
}

impl Rule {
    /// Stable word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean { .. } => "mean",
            Self::Count => "count",
            Self::PercentOfMaximum => "percent_of_maximum",
            Self::StartGroups { .. } => "start_groups",
            Self::Profile => "profile",
            Self::Ipaq => "ipaq",
        }
    }
}

/// What becomes of items without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingRule {
    /// Every item is needed.
    Complete,
    /// The answered stand for the others.
    Prorate {
        /// The least share of answered items, in percent.
        least_percent: u8,
    },
    /// The others are left out of sum and maximum.
    Drop {
        /// The most that may lack.
        most_missing: u8,
    },
    /// On a form that was submitted, what was left blank is 0. A declined, refused or unasked item stays unknown.
    BlankIsZero,
}

impl MissingRule {
    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Prorate { .. } => "prorate",
            Self::Drop { .. } => "drop",
            Self::BlankIsZero => "blank_is_zero",
        }
    }
}

/// A missing-item rule, and on whose word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The rule.
    pub rule: MissingRule,
    /// On whose word; while it is off every item is needed.
    pub grounds: Grounds,
}

/// What a higher score says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Higher {
    /// The person is better.
    Better,
    /// The person is worse.
    Worse,
}

/// A part of a scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its name, `a-z 0-9 _`.
    pub name: String,
    /// The score from which on it is in force.
    pub from: f64,
}

/// Cut-offs, and on whose word.
#[derive(Debug, Clone, PartialEq)]
pub struct Bands {
    /// On whose word; no band is told while it is off.
    pub grounds: Grounds,
    /// From the lowest; the first begins at the least score.
    pub list: Vec<Band>,
}

/// One score.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Its name, `a-z 0-9 _`.
    pub id: String,
    /// The items it is made of, by code.
    pub items: Vec<String>,
    /// How they become a score.
    pub rule: Rule,
    /// On whose word the rule stands.
    pub grounds: Grounds,
    /// What becomes of items without an answer; every item is needed where there is no rule.
    pub missing: Option<Missing>,
    /// The least and the greatest score, as published; checked against what the items allow.
    pub range: Option<(f64, f64)>,
    /// What a higher score says.
    pub higher: Option<Higher>,
    /// Cut-offs.
    pub bands: Option<Bands>,
}

/// A questionnaire as written, before it is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionnaireSpec {
    /// Stable name.
    pub id: String,
    /// Version of this definition, from 1.
    pub version: u32,
    /// What two different answers to one item mean.
    pub twice: Twice,
    /// In the order of the form.
    pub items: Vec<Item>,
    /// What is computed from them.
    pub scales: Vec<Scale>,
}
