//! Spoilt questionnaires and spoilt tables of answers: none of them panics, and what is accepted can be relied on.
//!
//! Each sound document is spoilt by a seeded chance and read; a second is enough. `FOULEE_TEST_SEED` repeats a run. The
//! same readers under libFuzzer: `api/fuzz`.

mod judge;

use std::time::{Duration, Instant};

use foulee_analytics::questionnaire::Questionnaire;
use foulee_api::programme::DocFormat;
use foulee_api::questionnaire::{built_ins, questionnaire_of};

/// How many spoilt texts of each kind, and for how long at most.
const TEXTS: u32 = 10_000;
const LONGEST: Duration = Duration::from_millis(400);

/// xorshift64*, so that a seed repeats a run anywhere.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = std::env::var("FOULEE_TEST_SEED").ok().and_then(|text| text.parse().ok());
        Self(seed.unwrap_or(20_261_201))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What takes the place of a piece: ends of ranges, other words of the format, and what is none.
const PIECES: [&str; 22] = [
    "0",
    "-1",
    "1",
    "7",
    "1440",
    "2147483647",
    "-2147483648",
    "1e308",
    "nan",
    "\"\"",
    "[]",
    "{}",
    "[[",
    "=",
    "\n",
    "true",
    "\"q1\"",
    "\"ours\"",
    "\"mean\"",
    "\"ipaq\"",
    "reversed = true",
    "\u{202f}",
];

/// One to three changes: a piece replaced, a line or a run of bytes taken out or said twice, a byte changed.
fn spoil(text: &str, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(bytes.len());
        let to = (at + 1 + chance.below(12)).min(bytes.len());
        match chance.below(6) {
            0 => {
                bytes.splice(at..to, chance.of(&PIECES).bytes());
            }
            1 => {
                bytes.drain(at..to);
            }
            2 => {
                let run = bytes[at..to].to_vec();
                bytes.splice(at..at, run);
            }
            3 => bytes[at] = chance.below(256) as u8,
            // A digit changed, if one is near: the likeliest way to a document that is still accepted.
            4 => {
                if let Some(digit) = bytes[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                    *digit = b'0' + chance.below(10) as u8;
                }
            }
            _ => {
                let mut lines: Vec<Vec<u8>> =
                    bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let line = chance.below(lines.len());
                if chance.below(2) == 0 {
                    lines.remove(line);
                } else {
                    lines.insert(line, lines[line].clone());
                }
                bytes = lines.join(&b'\n');
            }
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn a_spoilt_document_is_refused_by_field_or_can_be_scored() {
    let docs = built_ins().unwrap();
    let mut sound: Vec<(DocFormat, String)> = Vec::new();
    for doc in &docs {
        sound.push((DocFormat::Json, serde_json::to_string_pretty(doc).unwrap()));
        sound.push((DocFormat::Toml, toml::to_string(doc).unwrap()));
    }
    for (format, text) in &sound {
        assert!(judge::judge_document(text.as_bytes(), *format));
    }
    let (mut chance, begun) = (Chance::new(), Instant::now());
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..TEXTS {
        if begun.elapsed() > LONGEST {
            break;
        }
        let (format, text) = chance.of(&sound).clone();
        let bytes = spoil(&text, &mut chance);
        if judge::judge_document(&bytes, format) { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused: that tests nothing");
}

#[test]
fn a_spoilt_table_loses_rows_and_nothing_else() {
    let known: Vec<Questionnaire> =
        built_ins().unwrap().iter().map(|doc| questionnaire_of(doc).unwrap()).collect();
    let text = "participant,questionnaire,version,wave,submitted,pain,q1,q2,q3,q4,q5,q6,q7,q8,q9,q10\n\
                P-01,nrs,1,0,2026-03-01,4,,,,,,,,,,\n\
                P-02,odi-2-1a,1,6,2026-09-01,,1,2,0|3,0,5,1,1,declined,2,0\n\
                01900000-0000-7000-8000-000000000001,start-back-9,1,12,2027-03-01,,1,0,1,0,1,0,1,0,4,\n\
                P-03,nrs,1,36,2029-03-01,10,,,,,,,,,,\n";
    assert_eq!(judge::judge_table(text.as_bytes(), &known), (4, 0));
    let (mut chance, begun) = (Chance::new(), Instant::now());
    let (mut kept, mut refused) = (0, 0);
    for _ in 0..TEXTS {
        if begun.elapsed() > LONGEST {
            break;
        }
        let (rows, faults) = judge::judge_table(&spoil(text, &mut chance), &known);
        kept += rows;
        refused += faults;
    }
    assert!(kept > 0 && refused > 0, "{kept} kept, {refused} refused: that tests nothing");
}
