//! Spoilt documents: none panics, and what is taken can be followed.

use std::time::{Duration, Instant};

use super::judge::judge;
use super::*;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    fn of<'a>(&mut self, these: &[&'a str]) -> &'a str {
        these[self.below(these.len())]
    }
}

const PIECES: &[&str] = &[
    "0",
    "1",
    "-1",
    "2.5",
    "1e9",
    "99999999999999999999",
    "null",
    "true",
    "\"\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[[",
    "}}",
    "\"",
    "\\",
    "\n",
    "#",
    "=",
    ":",
    ",",
    "é",
    "\u{feff}",
    "steps",
    "trials",
    "run_in",
    "baseline = \"trials\"\n",
    "days = []\n",
    "per_week",
    "[[stages]]\n",
    "[[stages.quotas]]\n",
    "stages.quotas.kind = 1\n",
    "0x1f",
    "1979-05-27",
    "\"days\": [\"mon\"],",
    "\"percent\": 1,",
    "'''",
];

/// A text with a few changes: a word by another one, a piece in, some out, a line away or twice, digits for others.
fn spoil(text: &str, chance: &mut Chance) -> String {
    let mut spoilt: Vec<char> = text.chars().collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(spoilt.len());
        match chance.below(6) {
            0 => drop(spoilt.splice(at..at, chance.of(PIECES).chars())),
            1 => drop(spoilt.drain(at..(at + 1 + chance.below(12)).min(spoilt.len()))),
            2 => {
                let end = (at + chance.below(120)).min(spoilt.len());
                let copy = spoilt[at..end].to_vec();
                let to = chance.below(spoilt.len());
                drop(spoilt.splice(to..to, copy));
            }
            _ => {
                // A number becomes another one: most of these are taken.
                let digits: Vec<usize> =
                    (0..spoilt.len()).filter(|&at| spoilt[at].is_ascii_digit()).collect();
                if let Some(&at) = digits.get(chance.below(digits.len())) {
                    spoilt[at] = char::from(b'0' + chance.below(10) as u8);
                }
            }
        }
    }
    spoilt.into_iter().collect()
}

#[test]
fn no_spoilt_document_panics_and_what_is_taken_can_be_followed() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    // By itself the same every time; with seconds, for so long.
    let seed = number("FOULEE_TEST_SEED").unwrap_or(7);
    let until = number("FOULEE_TEST_FUZZ_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let mut sound = vec![(SOUND_TOML.to_owned(), DocFormat::Toml), (SOUND_JSON.to_owned(), DocFormat::Json)];
    for doc in templates() {
        sound.push((toml::to_string(&doc).unwrap(), DocFormat::Toml));
        sound.push((serde_json::to_string_pretty(&doc).unwrap(), DocFormat::Json));
    }
    let mut chance = Chance(seed);
    let (mut taken, mut refused) = (0, 0);
    loop {
        for (text, format) in &sound {
            assert!(judge(text, *format), "the sound one is taken");
            for _ in 0..150 {
                let spoilt = spoil(text, &mut chance);
                let is_taken = std::panic::catch_unwind(|| judge(&spoilt, *format));
                let is_taken = is_taken.unwrap_or_else(|_| panic!("of seed {seed}:\n{spoilt}"));
                *if is_taken { &mut taken } else { &mut refused } += 1;
            }
        }
        if until.is_none_or(|until| Instant::now() >= until) {
            break;
        }
    }
    println!("seed {seed}: {taken} taken, {refused} refused");
    assert!(taken >= 100 && refused >= 500, "both sides are seen: {taken} taken, {refused} refused");
}
