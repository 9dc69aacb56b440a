//! Answers that were collected elsewhere, as a text table: one form a row, one item a column, numbers alone.
//!
//! A row with a fault is refused whole, with line, column and what to do; the others are kept. Nothing is guessed: a
//! cell holds a number, `declined`, `not_asked`, or nothing, which is a blank. An item without a column was not asked.

use std::collections::HashMap;
use std::io::Read;
use std::str::FromStr as _;

use chrono::NaiveDate;
use csv::StringRecord;
use foulee_analytics::questionnaire::{Answer, Answers, Questionnaire, Refusal, Twice};
use foulee_contract::{IdError, ParticipantId};

use crate::registry::{NameError, NameKind, RegistryError};

/// The columns that every table has; the others are items.
pub const COLUMNS: [&str; 5] = ["participant", "questionnaire", "version", "wave", "submitted"];

/// Most bytes of a table. [D] 5,000 people with 40 items take less than 1 MiB a wave.
const MOST_BYTES: u64 = 32 << 20;
/// Latest wave, months from the inclusion, as in analytics.
const MOST_MONTHS: u16 = 600;

/// Why a table cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum AnswerTableError {
    /// The file or the network.
    #[error("it could not be read")]
    Io(#[from] std::io::Error),
    /// Too long.
    #[error("it is longer than 32 MiB; part it by waves")]
    TooLong,
    /// Not UTF-8.
    #[error("it is not UTF-8; save it as CSV UTF-8")]
    NotUtf8,
    /// A column that must be there.
    #[error(
        "it has no column {column}; its first line names participant, questionnaire, version, wave, submitted, then the items"
    )]
    NoColumn {
        /// The column.
        column: &'static str,
    },
    /// Two columns of one name.
    #[error("it has two columns {column:?}; leave one out")]
    ColumnTwice {
        /// The column.
        column: String,
    },
}

/// Whose form it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pseudonym {
    /// By pseudonym.
    Id(ParticipantId),
    /// By the id that an export uses, within a study that the caller knows.
    External(String),
}

/// One form, ready to be scored.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Whose it is.
    pub participant: Pseudonym,
    /// The questionnaire's name.
    pub questionnaire: String,
    /// The definition's version.
    pub version: u32,
    /// The wave, months from the inclusion.
    pub wave_months: u16,
    /// The local day on which it was handed in.
    pub submitted: NaiveDate,
    /// What was answered.
    pub answers: Answers,
}

/// A row that is not kept, and why.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}, column {column}: {why}")]
pub struct RowFault {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The column, or `row` where it is the whole row.
    pub column: String,
    /// What is wrong, and what to do.
    pub why: CellFault,
}

/// What is wrong with a cell, and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellFault {
    /// More or fewer cells than the first line.
    #[error(
        "{found} cells, but the first line has {expected}; part them alike, and quote text that holds the mark"
    )]
    Cells {
        /// Cells found.
        found: usize,
        /// Cells of the first line.
        expected: usize,
    },
    /// Not a pseudonym.
    #[error("{0}; give the person's UUID, or the id that their study uses")]
    Pseudonym(NameError),
    /// A UUID that names nobody.
    #[error("{0}")]
    Id(IdError),
    /// No such questionnaire.
    #[error("no such questionnaire; there are {known}")]
    Questionnaire {
        /// Those that there are.
        known: String,
    },
    /// No such version of it.
    #[error("no such version of it; give {known}")]
    Version {
        /// The versions that there are.
        known: String,
    },
    /// No wave.
    #[error("a whole number of months from the inclusion, 0 to {MOST_MONTHS}")]
    Wave,
    /// No date.
    #[error("a date as 2026-12-31")]
    Date,
    /// An answer in the column of something else.
    #[error(
        "{questionnaire} has no such item; name the column after one of its items, or leave the cell empty"
    )]
    NoSuchItem {
        /// The row's questionnaire.
        questionnaire: String,
    },
    /// Neither a number nor a word.
    #[error("a number, declined, not_asked, or nothing where it was left blank")]
    NotAnAnswer,
    /// An answer that the item does not admit.
    #[error("{0}; correct it, or leave the cell empty where it was not answered")]
    Answer(Refusal),
    /// The same form again.
    #[error("line {line} is a form of the same person, questionnaire, wave and day; leave one out")]
    SameForm {
        /// The line of the other.
        line: u64,
    },
}

/// The rows of a table: those that can be kept, and what is wrong with the others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AnswerTable {
    /// In the order of the file.
    pub rows: Vec<AnswerRow>,
    /// In the order of the file; a refused row has one for each fault.
    pub faults: Vec<RowFault>,
}

/// Reads a table of answers against the questionnaires that are known. Columns are parted by comma, semicolon or tab,
/// whichever its first line has most of; with a semicolon a decimal comma is a point.
///
/// # Errors
/// When no row can be read: see [`AnswerTableError`].
pub fn read(from: impl Read, known: &[Questionnaire]) -> Result<AnswerTable, AnswerTableError> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(AnswerTableError::TooLong);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| AnswerTableError::NotUtf8)?;
    // A lone carriage return ends a line too, and lines are counted by their ends.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let mark = mark_of(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(mark)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    // The text is UTF-8 and in memory: nothing can fail.
    let header = reader.headers().map_err(|_| AnswerTableError::NotUtf8)?.clone();
    let columns = Columns::of(&header, mark == b';')?;
    let mut table = AnswerTable::default();
    let mut seen = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|_| AnswerTableError::NotUtf8)?;
        let line = record.position().map_or(0, csv::Position::line);
        match columns.row(&record, line, known) {
            Ok(row) => {
                let key =
                    (row.participant.clone(), row.questionnaire.clone(), row.wave_months, row.submitted);
                match seen.get(&key) {
                    Some(&first) => table.faults.push(RowFault {
                        line,
                        column: "row".to_owned(),
                        why: CellFault::SameForm { line: first },
                    }),
                    None => {
                        seen.insert(key, line);
                        table.rows.push(row);
                    }
                }
            }
            Err(faults) => table.faults.extend(faults),
        }
    }
    Ok(table)
}

fn mark_of(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |mark: u8| first.bytes().filter(|byte| *byte == mark).count();
    // Of marks that are equally many, the last one named here.
    [b'\t', b';', b','].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}

/// Where the columns stand.
struct Columns {
    /// Those of [`COLUMNS`].
    fixed: [usize; 5],
    /// Name and place of each item's column.
    items: Vec<(String, usize)>,
    width: usize,
    decimal_comma: bool,
}

impl Columns {
    fn of(header: &StringRecord, decimal_comma: bool) -> Result<Self, AnswerTableError> {
        let names: Vec<String> = header.iter().map(str::to_lowercase).collect();
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                return Err(AnswerTableError::ColumnTwice { column: name.clone() });
            }
        }
        let mut fixed = [0; 5];
        for (slot, column) in fixed.iter_mut().zip(COLUMNS) {
            let place = names.iter().position(|name| name == column);
            *slot = place.ok_or(AnswerTableError::NoColumn { column })?;
        }
        let items = names.into_iter().enumerate().filter(|(place, _)| !fixed.contains(place));
        Ok(Self {
            fixed,
            items: items.map(|(place, name)| (name, place)).collect(),
            width: header.len(),
            decimal_comma,
        })
    }

    fn row(
        &self,
        record: &StringRecord,
        line: u64,
        known: &[Questionnaire],
    ) -> Result<AnswerRow, Vec<RowFault>> {
        let fault = |column: &str, why| RowFault { line, column: column.to_owned(), why };
        if record.len() != self.width {
            let why = CellFault::Cells { found: record.len(), expected: self.width };
            return Err(vec![fault("row", why)]);
        }
        let [participant, id, version, wave, submitted] = self.fixed.map(|place| &record[place]);
        let mut faults = Vec::new();
        let mut note = |column: &str, why| faults.push(fault(column, why));
        let participant = pseudonym(participant).map_err(|why| note(COLUMNS[0], why)).ok();
        let questionnaire = find(id, version, known).map_err(|(column, why)| note(column, why)).ok();
        let wave_months = wave.parse().ok().filter(|months| *months <= MOST_MONTHS);
        if wave_months.is_none() {
            note(COLUMNS[3], CellFault::Wave);
        }
        let submitted = date(submitted);
        if submitted.is_none() {
            note(COLUMNS[4], CellFault::Date);
        }
        let mut items = Vec::new();
        if let Some(questionnaire) = questionnaire {
            for (column, place) in &self.items {
                match self.answers(column, &record[*place], questionnaire) {
                    Ok(answers) => items.extend(answers.into_iter().map(|answer| (column.clone(), answer))),
                    Err(why) => note(column, why),
                }
            }
            // An item without a column was not on the form: its silence is no blank.
            let absent = questionnaire
                .items()
                .iter()
                .filter(|item| !self.items.iter().any(|(column, _)| *column == item.code));
            items.extend(absent.map(|item| (item.code.clone(), Answer::NotAsked)));
        }
        match (participant, questionnaire, wave_months, submitted) {
            (Some(participant), Some(questionnaire), Some(wave_months), Some(submitted))
                if faults.is_empty() =>
            {
                Ok(AnswerRow {
                    line,
                    participant,
                    questionnaire: questionnaire.id().to_owned(),
                    version: questionnaire.version(),
                    wave_months,
                    submitted,
                    answers: Answers { submitted: true, items },
                })
            }
            _ => Err(faults),
        }
    }

    /// What a cell says of an item: nothing for a column of another questionnaire that is empty, several answers where
    /// they are parted by `|` and the questionnaire knows what that means.
    fn answers(
        &self,
        column: &str,
        cell: &str,
        questionnaire: &Questionnaire,
    ) -> Result<Vec<Answer>, CellFault> {
        let Some((_, item)) = questionnaire.item(column) else {
            let questionnaire = questionnaire.id().to_owned();
            return if cell.is_empty() {
                Ok(Vec::new())
            } else {
                Err(CellFault::NoSuchItem { questionnaire })
            };
        };
        match cell {
            "" => return Ok(vec![Answer::Missing]),
            "declined" => return Ok(vec![Answer::Declined]),
            "not_asked" => return Ok(vec![Answer::NotAsked]),
            _ => {}
        }
        let values: Result<Vec<f64>, CellFault> =
            cell.split('|').map(|part| self.number(part.trim())).collect();
        let values = values?;
        for value in &values {
            item.admits(*value).map_err(CellFault::Answer)?;
        }
        if values.len() > 1 && questionnaire.twice() == Twice::Refused {
            return Err(CellFault::Answer(Refusal::Twice));
        }
        Ok(values.into_iter().map(Answer::Value).collect())
    }

    /// Digits with at most one point; neither `inf` nor `1e3`, which parse as well.
    fn number(&self, text: &str) -> Result<f64, CellFault> {
        let text = if self.decimal_comma { text.replace(',', ".") } else { text.to_owned() };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let plain = digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = f64::from_str(&text).ok().filter(|_| plain);
        number.ok_or(CellFault::NotAnAnswer)
    }
}

/// A UUID as it is usually written, or an id that could not be a name.
fn pseudonym(cell: &str) -> Result<Pseudonym, CellFault> {
    if cell.len() == 36 {
        match cell.parse() {
            Ok(id) => return Ok(Pseudonym::Id(id)),
            Err(IdError::Nil) => return Err(CellFault::Id(IdError::Nil)),
            Err(IdError::NotAUuid) => {}
        }
    }
    match NameKind::ExternalId.check(cell) {
        Ok(()) => Ok(Pseudonym::External(cell.to_owned())),
        Err(RegistryError::Name { source, .. }) => Err(CellFault::Pseudonym(source)),
        Err(_) => Err(CellFault::Id(IdError::NotAUuid)),
    }
}

fn find<'a>(
    id: &str,
    version: &str,
    known: &'a [Questionnaire],
) -> Result<&'a Questionnaire, (&'static str, CellFault)> {
    let named: Vec<&Questionnaire> = known.iter().filter(|one| one.id() == id).collect();
    if named.is_empty() {
        let mut ids: Vec<&str> = known.iter().map(Questionnaire::id).collect();
        ids.sort_unstable();
        ids.dedup();
        return Err((COLUMNS[1], CellFault::Questionnaire { known: ids.join(", ") }));
    }
    let found = named.iter().find(|one| version.parse() == Ok(one.version()));
    found.copied().ok_or_else(|| {
        let versions: Vec<String> = named.iter().map(|one| one.version().to_string()).collect();
        (COLUMNS[2], CellFault::Version { known: versions.join(" or ") })
    })
}

/// `2026-12-31`, and nothing else that chrono would read.
fn date(cell: &str) -> Option<NaiveDate> {
    let date: NaiveDate = cell.parse().ok()?;
    (date.to_string() == cell && cell.len() == 10).then_some(date)
}

#[cfg(test)]
mod tests {
    use foulee_analytics::questionnaire::{Enabled, score};

    use super::*;
    use crate::questionnaire::{built_ins, questionnaire_of};

    fn known() -> Vec<Questionnaire> {
        built_ins().unwrap().iter().map(|doc| questionnaire_of(doc).unwrap()).collect()
    }

    fn table(text: &str) -> AnswerTable {
        read(text.as_bytes(), &known()).unwrap()
    }

    fn faults(text: &str) -> Vec<String> {
        table(text).faults.iter().map(ToString::to_string).collect()
    }

    const HEAD: &str = "participant,questionnaire,version,wave,submitted";

    fn scored(row: &AnswerRow) -> Vec<Option<f64>> {
        let known = known();
        let questionnaire = known.iter().find(|one| one.id() == row.questionnaire).unwrap();
        score(questionnaire, &row.answers, Enabled::default()).scales.iter().map(|one| one.score).collect()
    }

    #[test]
    fn forms_of_several_questionnaires_stand_in_one_table() {
        let found = table(&format!(
            "{HEAD},pain,mo,sc,ua,pd,ad,vas\n\
             P-01,nrs,1,6,2026-09-03,4,,,,,,\n\
             01900000-0000-7000-8000-000000000001,eq-5d-5l,1,0,2026-03-01,,2,1,2,3,1,70\n"
        ));
        assert_eq!(found.faults, []);
        assert_eq!(found.rows[0].participant, Pseudonym::External("P-01".into()));
        assert_eq!(found.rows[0].submitted, NaiveDate::from_ymd_opt(2026, 9, 3).unwrap());
        assert_eq!((found.rows[0].line, found.rows[0].wave_months, found.rows[0].version), (2, 6, 1));
        assert_eq!(scored(&found.rows[0]), [Some(4.0)]);
        let id = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(found.rows[1].participant, Pseudonym::Id(id));
        assert_eq!(scored(&found.rows[1]), [None, Some(70.0)]);
    }

    #[test]
    fn semicolons_decimal_commas_tabs_and_a_mark_of_order_are_read() {
        let semicolons = "\u{feff}Participant;Questionnaire;Version;Wave;Submitted;weight_kg\r\n\
                          7;baseline-38;1;0;2026-03-01;70,5\r\n";
        let found = table(semicolons);
        assert_eq!(found.faults, []);
        assert!(found.rows[0].answers.items.contains(&("weight_kg".into(), Answer::Value(70.5))));
        let tabs = format!("{}\tpain\n7\tnrs\t1\t0\t2026-03-01\t3\n", HEAD.replace(',', "\t"));
        assert_eq!(table(&tabs).rows.len(), 1);
        assert_eq!(faults(&format!("{HEAD},weight_kg\n7,baseline-38,1,0,2026-03-01,\"70,5\"\n")).len(), 1);
    }

    #[test]
    fn a_blank_a_word_and_an_absent_column_are_told_apart() {
        let columns: Vec<String> = (1..=23).map(|n| format!("q{n}")).collect();
        let mut blank = [""; 23];
        blank[4] = "1";
        let row = |cells: &[&str]| format!("7,rmdq,1,6,2026-09-03,{}", cells.join(","));
        // Without a column for q24 the form had 23 items: it cannot be scored, though every cell is a blank.
        let short = table(&format!("{HEAD},{}\n{}\n", columns.join(","), row(&blank)));
        assert_eq!(scored(&short.rows[0]), [None]);
        let whole = |last: &str| {
            let text = format!("{HEAD},{},q24\n{},{last}\n", columns.join(","), row(&blank));
            scored(&table(&text).rows[0])
        };
        assert_eq!((whole(""), whole("1"), whole("0")), (vec![Some(1.0)], vec![Some(2.0)], vec![Some(1.0)]));
        assert_eq!((whole("declined"), whole("not_asked")), (vec![None], vec![None]));
    }

    #[test]
    fn two_ticks_are_taken_where_the_questionnaire_knows_what_they_mean() {
        let columns: Vec<String> = (1..=10).map(|n| format!("q{n}")).collect();
        let columns = columns.join(",");
        // 1|3 counts 3, nine sections 0: 3 of 50 are 6 %.
        let odi = table(&format!("{HEAD},{columns}\n7,odi-2-1a,1,0,2026-03-01,1|3,0,0,0,0,0,0,0,0,0\n"));
        assert_eq!(scored(&odi.rows[0]), [Some(6.0)]);
        let other = faults(&format!("{HEAD},pain\n7,nrs,1,0,2026-03-01,1|3\n"));
        assert!(other[0].starts_with("line 2, column pain: answered twice, differently"), "{other:?}");
    }

    #[test]
    fn a_bad_row_is_refused_by_line_and_column_and_the_good_ones_are_kept() {
        let text = format!(
            "{HEAD},pain\n\
             7,nrs,1,0,2026-03-01,3\n\
             7,nrs,1,0,2026-03-01,4\n\
             marie@example.org,nrs,1,0,2026-03-01,3\n\
             00000000-0000-0000-0000-000000000000,nrs,1,0,2026-03-01,3\n\
             8,nsr,1,0,2026-03-01,3\n\
             8,nrs,2,0,2026-03-01,3\n\
             8,nrs,1,six,2026-03-01,3\n\
             8,nrs,1,0,01/03/2026,3\n\
             8,nrs,1,0,2026-02-30,11\n\
             8,nrs,1,0,2026-03-01,NA\n\
             8,nrs,1,0,2026-03-01\n\
             8,nrs-7d,1,0,2026-03-01,3\n\
             9,nrs,1,0,2026-03-01,5\n"
        );
        let found = table(&text);
        let kept: Vec<u64> = found.rows.iter().map(|row| row.line).collect();
        assert_eq!(kept, [2, 14]);
        let told: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        let expected = [
            "line 3, column row: line 2 is a form of the same person",
            "line 4, column participant: it may not hold '@'",
            "line 5, column participant: the nil UUID",
            "line 6, column questionnaire: no such questionnaire; there are baseline-38, bbq",
            "line 7, column version: no such version of it; give 1",
            "line 8, column wave: a whole number of months",
            "line 9, column submitted: a date as 2026-12-31",
            "line 10, column submitted: a date",
            "line 10, column pain: 11 is outside 0 to 10; correct it",
            "line 11, column pain: a number, declined, not_asked, or nothing",
            "line 12, column row: 5 cells, but the first line has 6",
            "line 13, column pain: nrs-7d has no such item",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told}");
        }
        for bad in ["inf", "1e1", "0x1", "", "-", "1.2.3", "+1"] {
            let found = table(&format!("{HEAD},pain\n7,nrs,1,0,2026-03-01,{bad}\n"));
            assert_eq!(found.rows.is_empty(), !bad.is_empty(), "{bad}");
        }
    }

    #[test]
    fn a_table_that_is_none_is_refused_whole() {
        let refused = |bytes: &[u8]| read(bytes, &known()).unwrap_err().to_string();
        assert!(refused(b"").contains("participant"));
        assert!(refused(b"participant,questionnaire,version,wave\n").contains("submitted"));
        assert!(refused(format!("{HEAD},q1,Q1\n").as_bytes()).contains("q1"));
        assert!(refused(&[HEAD.as_bytes(), b"\n\xff\n"].concat()).contains("UTF-8"));
        let long = std::io::repeat(b'x').take(MOST_BYTES + 5);
        assert!(matches!(read(long, &known()), Err(AnswerTableError::TooLong)));
    }
}
