//! Ways to spoil bytes.

use crate::chance::Chance;
use crate::words;

/// Bytes beyond which a file is made no longer.
const LONGEST: usize = 4 << 20;

/// Spoils a file in a few ways at once. `others` are sound files that parts may come from.
pub(crate) fn spoil(bytes: &mut Vec<u8>, group: &str, others: &[&[u8]], chance: &mut Chance) {
    for _ in 0..=chance.below(5) {
        once(bytes, group, others, chance);
        bytes.truncate(LONGEST);
    }
}

fn once(bytes: &mut Vec<u8>, group: &str, others: &[&[u8]], chance: &mut Chance) {
    match chance.below(16) {
        0 | 1 => {
            for _ in 0..=chance.below(8) {
                flip(bytes, chance);
            }
        }
        2 => {
            for _ in 0..=chance.below(64) {
                let (at, byte) = (chance.below(bytes.len()), chance.byte());
                bytes.get_mut(at).into_iter().for_each(|place| *place = byte);
            }
        }
        3 => bytes.truncate(chance.below(bytes.len() + 1)),
        4 => {
            let part = part(bytes, chance).to_vec();
            let again = if chance.one_in(8) { 1000 } else { 1 + chance.below(4) };
            put(bytes, &part.repeat(again.min(LONGEST / part.len().max(1))), chance);
        }
        5 => {
            let (from, to) = range(bytes, chance);
            bytes.drain(from..to);
        }
        6 | 7 => put(bytes, chance.of(words::of(group)).as_bytes(), chance),
        8 => over(bytes, chance.of(words::of(group)).as_bytes(), chance),
        9 => {
            let other = part(others[chance.below(others.len())], chance).to_vec();
            put(bytes, &other, chance);
        }
        10 | 11 => number(bytes, chance),
        12 => extreme(bytes, chance),
        13 => put(bytes, chance.of(&words::NO_TEXT), chance),
        14 => nest(bytes, chance),
        _ => lengthen(bytes, chance),
    }
}

fn flip(bytes: &mut [u8], chance: &mut Chance) {
    let (at, bit) = (chance.below(bytes.len()), chance.below(8));
    bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << bit);
}

/// Where a part of a file begins and ends; mostly a short one.
fn range(bytes: &[u8], chance: &mut Chance) -> (usize, usize) {
    let from = chance.below(bytes.len());
    let most = if chance.one_in(3) { bytes.len() } else { 64 };
    (from, (from + 1 + chance.below(most)).min(bytes.len()))
}

fn part<'a>(bytes: &'a [u8], chance: &mut Chance) -> &'a [u8] {
    let (from, to) = range(bytes, chance);
    &bytes[from..to]
}

fn put(bytes: &mut Vec<u8>, part: &[u8], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    bytes.splice(at..at, part.iter().copied());
}

fn over(bytes: &mut Vec<u8>, part: &[u8], chance: &mut Chance) {
    let at = chance.below(bytes.len());
    let end = (at + part.len()).min(bytes.len());
    bytes.splice(at..end, part.iter().copied());
}

/// Puts a number at the end of what a number may be in the place of one that is written in digits.
fn number(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let from = chance.below(bytes.len());
    let Some(begin) = bytes[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let end = bytes[begin..].iter().position(|b| !b.is_ascii_digit()).map_or(bytes.len(), |at| begin + at);
    bytes.splice(begin..end, chance.of(&words::NUMBERS).bytes());
}

/// The same in binary: lengths, counts and times are such.
fn extreme(bytes: &mut [u8], chance: &mut Chance) {
    let value = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX >> 1, u64::MAX]
        [chance.below(10)];
    let width = [1, 2, 4, 8][chance.below(4)];
    let written =
        if chance.one_in(2) { value.to_le_bytes() } else { (value << (64 - 8 * width)).to_be_bytes() };
    let at = chance.below(bytes.len());
    bytes[at..].iter_mut().zip(&written[..width]).for_each(|(place, byte)| *place = *byte);
}

/// Opens something ten thousand times.
fn nest(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let open = chance.of(&["[", "{\"a\":", "<a>", "<Record type=\"x\">", "\"", "{", "[["]);
    let times = [10, 1000, 10_000, 100_000][chance.below(4)];
    put(bytes, open.repeat(times).as_bytes(), chance);
}

/// Makes one thing very long.
fn lengthen(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let what = chance.of(&["x", "9", " ", "é", "\0", ",", "\n", "\u{a0}"]);
    let times = [100, 70_000, 300_000][chance.below(3)];
    put(bytes, what.repeat(times).as_bytes(), chance);
}
