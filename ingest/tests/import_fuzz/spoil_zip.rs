//! Ways to spoil an archive that leave it one: what is in it, and what it says of it.

use crate::chance::Chance;
use crate::samples::apple;
use crate::samples::packed::{gzipped, zipped};
use crate::spoil;

/// Spoils an archive, or makes one of a spoilt document.
pub(crate) fn spoil(bytes: &mut Vec<u8>, group: &str, others: &[&[u8]], chance: &mut Chance) {
    match chance.below(8) {
        0..=2 => *bytes = apple::archive(&document(group, chance)),
        3 => lie(bytes, chance),
        4 => {
            *bytes = apple::archive(&document(group, chance));
            lie(bytes, chance);
        }
        5 => *bytes = strange(bytes, group, chance),
        _ => spoil::spoil(bytes, group, others, chance),
    }
}

fn document(group: &str, chance: &mut Chance) -> Vec<u8> {
    let mut document = apple::document().into_bytes();
    spoil::spoil(&mut document, group, &[apple::document().as_bytes()], chance);
    document
}

/// Writes another size, count, method or checksum into one of the headers.
fn lie(bytes: &mut [u8], chance: &mut Chance) {
    const HEADERS: [(&[u8], usize); 3] = [(b"PK\x03\x04", 30), (b"PK\x01\x02", 46), (b"PK\x05\x06", 22)];
    let (mark, length) = HEADERS[chance.below(3)];
    let found: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark)).collect();
    let Some(at) = found.get(chance.below(found.len())) else { return };
    let field = at + 4 + chance.below(length - 4);
    let value = [
        [0; 4],
        [0xff; 4],
        [1, 0, 0, 0],
        [0xff, 0xff, 0xff, 0x7f],
        chance.next().to_le_bytes()[..4].try_into().expect("four"),
    ][chance.below(5)];
    let width = [1, 2, 4][chance.below(3)];
    bytes.iter_mut().skip(field).zip(&value[..width]).for_each(|(place, byte)| *place = *byte);
}

/// Archives within archives, a text that grows a thousandfold, names that lead out of it, nothing at all.
fn strange(bytes: &[u8], group: &str, chance: &mut Chance) -> Vec<u8> {
    match chance.below(6) {
        0 => (0..chance.below(6)).fold(bytes.to_vec(), |inner, _| zipped(&[("export.zip", &inner)])),
        1 => zipped(&[("export.xml", &gzipped(&document(group, chance)))]),
        2 => {
            let record =
                apple::step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "1");
            apple::archive(apple::export(&record.repeat(20_000)).as_bytes())
        }
        3 => apple::archive(&[apple::HEAD.as_bytes(), &vec![b'x'; 8 << 20]].concat()),
        4 => zipped(&[]),
        _ => zipped(&[
            ("../../etc/passwd", b"root"),
            ("/export.xml", &document(group, chance)),
            ("é\\..\\x.xml", b"<HealthData>"),
            ("", b""),
        ]),
    }
}
