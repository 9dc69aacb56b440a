//! A document from its nodes: each field by itself, and every fault of every field.

use foulee_contract::{
    BaselineDoc, CONTRACT_VERSION, Contingency, IntensityDoc, ProgrammeDoc, Progression, QuotaDoc,
    QuotaKindDoc, StageDoc, TextDoc, WeekdayDoc,
};

use super::fault::{DocFault, Field, Wrong};
use super::node::{Lines, Member, Node, Value};
use crate::cli::nearest::meant;
use crate::registry::NameKind;

const PROGRAMME: &[&str] =
    &["contract", "name", "version", "title", "contingency", "progression", "group_size", "stages"];
const STAGE: &[&str] = &["title", "from_week", "weeks", "rest_days", "quotas"];
const QUOTA: &[&str] =
    &["kind", "per_week", "target", "baseline", "percent", "days", "min_cadence", "intensity", "exercises"];
const INTENSITY: &[&str] = &["cadence", "heart_rate_reserve", "effort"];
const TEXT: &[&str] = &["fr", "en"];

const CONTINGENCIES: &[&str] = &["time_contingent", "pain_modulated"];
const PROGRESSIONS: &[&str] = &["adjuster", "calendar"];
const KINDS: &[&str] = &["steps", "walk_minutes", "stretching", "strengthening", "relaxation", "workshop"];
const BASELINES: &[&str] = &["run_in", "trials"];
const WEEKDAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Longest title or name of an exercise, characters. [D] A line of a phone's page.
const MOST_TITLE: usize = 80;
/// Most exercises of a quota. [D] The Assurance Maladie's application has about 60 in all.
const MOST_EXERCISES: usize = 20;
/// Most stages: one a week over the longest programme.
const MOST_STAGES: usize = 520;
/// Least and most people of a group. [D]
const GROUP: (u32, u32) = (2, 30);
/// Greatest share of a baseline, percent; `check` knows the smaller one of a run-in. [D]
pub(super) const MOST_PERCENT: u32 = 300;

/// What could be read, and what was wrong; something can be read where nothing was.
pub(super) fn read(node: &Node, lines: &Lines, root: &Field) -> Result<ProgrammeDoc, Vec<DocFault>> {
    let mut reader = Reader { lines, faults: Vec::new() };
    let doc = reader.programme(&Place { node, at: node.at, field: root.clone() });
    match doc {
        Some(doc) if reader.faults.is_empty() => Ok(doc),
        _ => Err(reader.faults),
    }
}

/// A value and where it stands.
struct Place<'n> {
    node: &'n Node,
    at: usize,
    field: Field,
}

/// A table whose keys are known.
struct Table<'n> {
    members: &'n [Member],
    at: usize,
    field: Field,
}

impl<'n> Table<'n> {
    fn get(&self, key: &str) -> Option<Place<'n>> {
        let Member { at, node, .. } = self.members.iter().find(|member| member.key == key)?;
        let place = Place { node, at: *at, field: self.field.key(key) };
        (!matches!(node.value, Value::Null)).then_some(place)
    }
}

struct Reader<'l> {
    lines: &'l Lines,
    faults: Vec<DocFault>,
}

impl Reader<'_> {
    fn programme(&mut self, place: &Place<'_>) -> Option<ProgrammeDoc> {
        let table = self.table(place, PROGRAMME)?;
        let contract = self
            .needed(&table, "contract")
            .and_then(|place| self.whole(&place, CONTRACT_VERSION, CONTRACT_VERSION));
        let name = self.needed(&table, "name").and_then(|place| self.name(&place));
        let version = self.needed(&table, "version").and_then(|place| self.whole(&place, 1, u32::MAX));
        let title = self.needed(&table, "title").and_then(|place| self.both(&place));
        let contingency = table.get("contingency").and_then(|place| {
            let word = self.word(&place, CONTINGENCIES)?;
            Some(if word == "pain_modulated" {
                Contingency::PainModulated
            } else {
                Contingency::TimeContingent
            })
        });
        let progression = table.get("progression").and_then(|place| {
            let word = self.word(&place, PROGRESSIONS)?;
            Some(if word == "adjuster" { Progression::Adjuster } else { Progression::Calendar })
        });
        let group_size = table.get("group_size").and_then(|place| self.small(&place, GROUP.0, GROUP.1));
        let stages = self.needed(&table, "stages").and_then(|place| {
            let list = self.list(&place, 1, MOST_STAGES)?;
            Some(list.iter().filter_map(|place| self.stage(place)).collect())
        });
        Some(ProgrammeDoc {
            contract: contract?,
            name: name?,
            version: version?,
            title: title?,
            contingency,
            progression,
            group_size,
            stages: stages?,
        })
    }

    fn stage(&mut self, place: &Place<'_>) -> Option<StageDoc> {
        let table = self.table(place, STAGE)?;
        let title = table.get("title").and_then(|place| self.both(&place));
        let from_week = table.get("from_week").and_then(|place| self.small(&place, 1, 520));
        let weeks = self.needed(&table, "weeks").and_then(|place| self.small(&place, 1, 104));
        let rest_days = table.get("rest_days").and_then(|place| self.days(&place));
        let quotas = self.needed(&table, "quotas").and_then(|place| {
            let list = self.list(&place, 1, KINDS.len())?;
            Some(list.iter().filter_map(|place| self.quota(place)).collect())
        });
        Some(StageDoc { title, from_week, weeks: weeks?, rest_days, quotas: quotas? })
    }

    fn quota(&mut self, place: &Place<'_>) -> Option<QuotaDoc> {
        let table = self.table(place, QUOTA)?;
        let kind = self.needed(&table, "kind").and_then(|place| {
            Some(match self.word(&place, KINDS)? {
                "steps" => QuotaKindDoc::Steps,
                "walk_minutes" => QuotaKindDoc::WalkMinutes,
                "stretching" => QuotaKindDoc::Stretching,
                "strengthening" => QuotaKindDoc::Strengthening,
                "relaxation" => QuotaKindDoc::Relaxation,
                _ => QuotaKindDoc::Workshop,
            })
        });
        let per_week = self.needed(&table, "per_week").and_then(|place| self.small(&place, 1, 7));
        let target = table.get("target").and_then(|place| self.whole(&place, 1, 100_000));
        let baseline = table.get("baseline").and_then(|place| {
            let word = self.word(&place, BASELINES)?;
            Some(if word == "trials" { BaselineDoc::Trials } else { BaselineDoc::RunIn })
        });
        let percent = table.get("percent").and_then(|place| self.small(&place, 1, MOST_PERCENT));
        let days = table.get("days").and_then(|place| self.days(&place));
        let min_cadence = table.get("min_cadence").and_then(|place| self.small(&place, 1, 250));
        let intensity = table.get("intensity").and_then(|place| self.intensity(&place));
        let exercises = table.get("exercises").and_then(|place| {
            let list = self.list(&place, 1, MOST_EXERCISES)?;
            Some(list.iter().filter_map(|place| self.both(place)).collect())
        });
        Some(QuotaDoc {
            kind: kind?,
            per_week: per_week?,
            target,
            baseline,
            percent,
            days,
            min_cadence,
            intensity,
            exercises,
        })
    }

    fn intensity(&mut self, place: &Place<'_>) -> Option<IntensityDoc> {
        let table = self.table(place, INTENSITY)?;
        let mut band = |key: &str, least, most| {
            let place = table.get(key)?;
            let ends = self.list(&place, 2, 2)?;
            let (lo, hi) = (self.small(&ends[0], least, most), self.small(&ends[1], least, most));
            Some([lo?, hi?])
        };
        Some(IntensityDoc {
            cadence: band("cadence", 1, 250),
            heart_rate_reserve: band("heart_rate_reserve", 0, 100),
            effort: band("effort", 6, 20),
        })
    }

    fn days(&mut self, place: &Place<'_>) -> Option<Vec<WeekdayDoc>> {
        let list = self.list(place, 1, 7)?;
        let mut seen: Vec<&'static str> = Vec::new();
        for place in &list {
            let word = self.word(place, WEEKDAYS)?;
            if seen.contains(&word) {
                self.fault(place, Wrong::DayTwice { day: word });
            }
            seen.push(word);
        }
        let days = seen.into_iter().map(|word| match word {
            "mon" => WeekdayDoc::Mon,
            "tue" => WeekdayDoc::Tue,
            "wed" => WeekdayDoc::Wed,
            "thu" => WeekdayDoc::Thu,
            "fri" => WeekdayDoc::Fri,
            "sat" => WeekdayDoc::Sat,
            _ => WeekdayDoc::Sun,
        });
        Some(days.collect())
    }

    fn both(&mut self, place: &Place<'_>) -> Option<TextDoc> {
        let table = self.table(place, TEXT)?;
        let mut text = |language| {
            let place = self.needed(&table, language)?;
            let text = self.text(&place)?;
            let wrong = if text.trim().is_empty() {
                Wrong::BlankText
            } else if text.chars().count() > MOST_TITLE {
                Wrong::LongText { most: MOST_TITLE }
            } else if text.chars().any(char::is_control) {
                Wrong::ControlCharacter
            } else {
                return Some(text.to_owned());
            };
            self.fault(&place, wrong);
            None
        };
        let (fr, en) = (text("fr"), text("en"));
        Some(TextDoc { fr: fr?, en: en? })
    }

    fn name(&mut self, place: &Place<'_>) -> Option<String> {
        let name = self.text(place)?;
        let wrong = match NameKind::Programme.check(name) {
            Ok(()) => return Some(name.to_owned()),
            Err(_) if name.is_empty() => Wrong::BlankText,
            Err(_) if name.chars().count() > NameKind::MOST_CHARS => {
                Wrong::LongText { most: NameKind::MOST_CHARS }
            }
            Err(_) => Wrong::NameCharacter,
        };
        self.fault(place, wrong);
        None
    }

    /// A table, with a fault for each key that is not known or comes again.
    fn table<'n>(&mut self, place: &Place<'n>, known: &'static [&'static str]) -> Option<Table<'n>> {
        let Value::Table(members) = &place.node.value else { return self.not_a(place, "a table") };
        let table = Table { members, at: place.at, field: place.field.clone() };
        for (index, member) in members.iter().enumerate() {
            let wrong = if !known.contains(&member.key.as_str()) {
                Wrong::UnknownField { near: meant(&member.key, known.iter().copied()), known }
            } else if members[..index].iter().any(|before| before.key == member.key) {
                Wrong::KeyTwice
            } else {
                continue;
            };
            self.fault_at(member.at, table.field.key(&member.key), wrong);
        }
        Some(table)
    }

    /// A member that must be there; where it is not, its table is at fault.
    fn needed<'n>(&mut self, table: &Table<'n>, key: &str) -> Option<Place<'n>> {
        let place = table.get(key);
        if place.is_none() {
            self.fault_at(table.at, table.field.key(key), Wrong::Missing);
        }
        place
    }

    fn list<'n>(&mut self, place: &Place<'n>, least: usize, most: usize) -> Option<Vec<Place<'n>>> {
        let Value::List(nodes) = &place.node.value else { return self.not_a(place, "a list") };
        if !(least..=most).contains(&nodes.len()) {
            self.fault(place, Wrong::ListLength { least, most, found: nodes.len() });
            return None;
        }
        let places = nodes.iter().enumerate();
        Some(places.map(|(at, node)| Place { node, at: node.at, field: place.field.index(at) }).collect())
    }

    fn text<'n>(&mut self, place: &Place<'n>) -> Option<&'n str> {
        let Value::Text(text) = &place.node.value else { return self.not_a(place, "a text") };
        Some(text)
    }

    fn word(&mut self, place: &Place<'_>, known: &'static [&'static str]) -> Option<&'static str> {
        let text = self.text(place)?;
        let word = known.iter().copied().find(|word| *word == text);
        if word.is_none() {
            self.fault(place, Wrong::NotOneOf { known, near: meant(text, known.iter().copied()) });
        }
        word
    }

    fn whole(&mut self, place: &Place<'_>, least: u32, most: u32) -> Option<u32> {
        let Value::Whole(found) = place.node.value else { return self.not_a(place, "a whole number") };
        let number = u32::try_from(found).ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.fault(place, Wrong::OutOfRange { least, most, found });
        }
        number
    }

    /// A whole number of a smaller type, whose limits that type holds.
    fn small<T: TryFrom<u32>>(&mut self, place: &Place<'_>, least: u32, most: u32) -> Option<T> {
        self.whole(place, least, most).and_then(|number| T::try_from(number).ok())
    }

    fn not_a<T>(&mut self, place: &Place<'_>, wanted: &'static str) -> Option<T> {
        self.fault(place, Wrong::NotA { wanted, found: place.node.value.name() });
        None
    }

    fn fault(&mut self, place: &Place<'_>, wrong: Wrong) {
        self.fault_at(place.at, place.field.clone(), wrong);
    }

    fn fault_at(&mut self, at: usize, field: Field, wrong: Wrong) {
        self.faults.push(DocFault { line: Some(self.lines.line(at)), field, wrong });
    }
}
