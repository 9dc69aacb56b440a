use std::collections::HashMap;
use std::io::Read;
use std::mem::size_of;

use foulee_contract::Metric;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::answer::Counts;
use super::arriving::{Bounded, Part, TooLong};
use super::loose::{Loose, nothing_of_arrays, nothing_of_objects, nothing_of_scalars};
use super::mending::{Mending, Spoiled};
use super::origin::Origin;
use super::record::{Element, NO_RECORD, Outcome, SPOILED};
use crate::arrive::ArriveError;
use crate::budget::Share;
use crate::import::blocks::Taken;

/// Most bytes of one body once unpacked. The SDK sends 2,000 records of each type at a time, and of Health Connect all
/// the heart rates in each of them: 2,000 minutes of one a second have 40 MB.
const MOST_BYTES: u64 = 256 << 20;
/// Most readings of one body.
const MOST_READINGS: usize = 500_000;
/// Memory of one reading: its place, and as much again while the list of them grows.
const READING_BYTES: usize = 2 * size_of::<Reading>();
/// So many readings are paid for at a time.
const STEP: usize = 1_024;

/// A reading, and which of the body's origins it is of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// The place of its origin in the document.
    pub(super) origin: u32,
    pub(super) metric: Metric,
    pub(super) taken: Taken,
}

/// What a body holds.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The store of health data on the phone.
    pub(super) provider: String,
    /// Who made the readings.
    pub(super) origins: Vec<Origin>,
    pub(super) readings: Vec<Reading>,
    /// What became of everything else.
    pub(super) counts: Counts,
}

/// Why nothing of a body is taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// It did not arrive whole.
    #[error(transparent)]
    Arrive(#[from] ArriveError),
    /// It is longer than any body may be.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// It is not JSON.
    #[error("the body is no JSON: {0}; send it again")]
    Malformed(#[source] serde_json::Error),
    /// It is not what its `Content-Encoding` says.
    #[error("the body cannot be unpacked; it may have been cut on its way: send it again")]
    Packed,
    /// It is JSON, and no object.
    #[error("the body is no object with `data` in it")]
    NotAnObject,
    /// More readings than one body may have.
    #[error("more than {MOST_READINGS} readings; send them in parts")]
    TooMany,
}

/// Reads a body. No record is held longer than it takes to say what it is, and no reading that the share does not hold.
pub(super) fn read_body(input: impl Read, share: &mut Share) -> Result<Document, BodyError> {
    let bounded = Bounded::new(input, MOST_BYTES);
    let part = bounded.part();
    let mending = Mending::new(bounded);
    let (spoiled, numbers, document) = (mending.spoiled(), HashMap::new(), Document::default());
    let mut reading = Taking { part, spoiled, share, numbers, document, full: None };
    let mut json = serde_json::Deserializer::from_reader(mending);
    let read =
        Whole(&mut reading).deserialize(&mut json).and_then(|is_object| json.end().map(|()| is_object));
    match (read, reading.full) {
        (_, Some(full)) => Err(full),
        (Ok(true), None) => Ok(reading.document),
        (Ok(false), None) => Err(BodyError::NotAnObject),
        (Err(error), None) if error.is_io() => {
            let error = std::io::Error::from(error);
            let Some(inner) = error.get_ref() else { return Err(BodyError::Packed) };
            let arrive = inner.downcast_ref().map(|error| BodyError::Arrive(*error));
            let too_long = inner.downcast_ref().map(|error| BodyError::TooLong(*error));
            Err(arrive.or(too_long).unwrap_or(BodyError::Packed))
        }
        (Err(error), None) => Err(BodyError::Malformed(error)),
    }
}

struct Taking<'a> {
    part: Part,
    spoiled: Spoiled,
    share: &'a mut Share,
    numbers: HashMap<Origin, u32>,
    document: Document,
    /// Set where the body is given up.
    full: Option<BodyError>,
}

impl Taking<'_> {
    fn take(&mut self, number: u64, element: Element) -> Result<(), BodyError> {
        self.document.counts.received += 1;
        if self.spoiled.is_so() {
            self.document.counts.refuse(number, SPOILED);
            return Ok(());
        }
        let Element(Some(record)) = element else {
            self.document.counts.refuse(number, NO_RECORD);
            return Ok(());
        };
        match record.outcome(number) {
            Outcome::Reading(metric, origin, taken) => self.add(metric, *origin, taken)?,
            Outcome::NotKept(kind) => self.document.counts.pass_over(&kind),
            Outcome::Refused(refusal) => self.document.counts.refuse(number, refusal),
        }
        Ok(())
    }

    fn add(&mut self, metric: Metric, origin: Origin, taken: Taken) -> Result<(), BodyError> {
        let readings = &mut self.document.readings;
        if readings.len() == MOST_READINGS {
            return Err(BodyError::TooMany);
        }
        if readings.len().is_multiple_of(STEP) && !self.share.grow(STEP * READING_BYTES) {
            return Err(BodyError::Arrive(ArriveError::Busy));
        }
        let origins = &mut self.document.origins;
        let number = match self.numbers.get(&origin) {
            Some(known) => *known,
            None => {
                // However many there are, each is its own: which of them came first must not matter. So they are paid for.
                if !self.share.grow(2 * origin.bytes()) {
                    return Err(BodyError::Arrive(ArriveError::Busy));
                }
                // Fewer than the readings.
                let number = origins.len() as u32;
                origins.push(origin.clone());
                self.numbers.insert(origin, number);
                number
            }
        };
        readings.push(Reading { origin: number, metric, taken });
        Ok(())
    }
}

/// The whole body; whether it is an object.
struct Whole<'a, 'b>(&'a mut Taking<'b>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = bool;
    nothing_of_scalars!(false);
    nothing_of_arrays!(false);
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        // In any order: a phone of Apple's writes its dictionaries in none.
        while let Some(key) = map.next_key::<Loose>()? {
            match key.text() {
                "provider" => map.next_value::<Loose>()?.text().clone_into(&mut self.0.document.provider),
                "data" => map.next_value_seed(Data(&mut *self.0))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(true)
    }
}

/// `data`: the lists.
struct Data<'a, 'b>(&'a mut Taking<'b>);

impl<'de> DeserializeSeed<'de> for Data<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Data<'_, '_> {
    type Value = ();
    nothing_of_scalars!(());
    nothing_of_arrays!(());
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Loose>()? {
            let taking = &mut *self.0;
            match key.text() {
                "records" => map.next_value_seed(List { taking, not_kept: None })?,
                "sleep" => map.next_value_seed(List { taking, not_kept: Some("sleep") })?,
                "workouts" => map.next_value_seed(List { taking, not_kept: Some("workouts") })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// A list of records, or of something that is counted and not kept.
struct List<'a, 'b> {
    taking: &'a mut Taking<'b>,
    not_kept: Option<&'static str>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();
    nothing_of_scalars!(());
    nothing_of_objects!(());
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let taking = self.taking;
        for number in 0.. {
            taking.part.begins();
            taking.spoiled.begins();
            if let Some(what) = self.not_kept {
                if seq.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
                taking.document.counts.received += 1;
                taking.document.counts.pass_over(what);
                continue;
            }
            let Some(element) = seq.next_element()? else { break };
            if let Err(full) = taking.take(number, element) {
                taking.full = Some(full);
                return Err(A::Error::custom("given up"));
            }
        }
        taking.part.begins();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn read(body: &str) -> Result<Document, BodyError> {
        read_body(body.as_bytes(), &mut Budget::default().share())
    }

    const STEPS: &str = r#"{"type":"STEP_COUNT","startDate":"2026-02-24T08:30:00Z","endDate":"2026-02-24T08:31:00Z",
        "value":12,"unit":"count","source":{"appId":"a"}}"#;

    #[test]
    fn the_order_of_fields_does_not_matter_and_every_row_is_counted_once() {
        let one = format!(
            r#"{{"provider":"apple","data":{{"records":[{STEPS},7,{{"type":"X"}}],"sleep":[{{}},[]],"workouts":[null]}}}}"#
        );
        let other = format!(
            r#"{{"data":{{"workouts":[null],"sleep":[{{}},[]],"records":[{STEPS},7,{{"type":"X"}}]}},"provider":"apple"}}"#
        );
        for body in [one, other] {
            let document = read(&body).unwrap();
            let counts = &document.counts;
            assert_eq!((document.provider.as_str(), document.readings.len()), ("apple", 1));
            assert_eq!((counts.received, counts.rejected_total, counts.not_kept_total), (6, 1, 4));
        }
    }

    #[test]
    fn however_many_origins_there_are_each_is_its_own() {
        let records: Vec<String> =
            (0..1_500).map(|n| STEPS.replace(r#""a""#, &format!("\"a{n}\""))).collect();
        let document = read(&format!(r#"{{"data":{{"records":[{}]}}}}"#, records.join(","))).unwrap();
        assert_eq!(document.origins.len(), 1_500);
        let own = |(at, reading): (usize, &Reading)| {
            document.origins[reading.origin as usize].app == format!("a{at}")
        };
        assert!(document.readings.iter().enumerate().all(own));
    }

    #[test]
    fn lists_may_be_anything_or_not_there() {
        for body in ["{}", r#"{"data":null}"#, r#"{"data":[]}"#, r#"{"data":{"records":{},"sleep":3}}"#] {
            let document = read(body).unwrap();
            assert_eq!((document.readings.len(), document.counts.received), (0, 0), "{body}");
        }
    }

    #[test]
    fn what_is_no_body_is_refused_as_a_whole() {
        assert!(matches!(read("[]"), Err(BodyError::NotAnObject)));
        assert!(matches!(read("{} {}"), Err(BodyError::Malformed(_))));
        for cut in 1..STEPS.len() {
            let body = format!(r#"{{"data":{{"records":[{}"#, STEPS.get(..cut).unwrap_or("[1"));
            assert!(matches!(read(&body), Err(BodyError::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_read_in_a_record_costs_that_record() {
        let with = |id: &[u8]| [br#"{"id":"#, id, b",", &STEPS.as_bytes()[1..]].concat();
        let bad: [&[u8]; 6] =
            [br#""a\ud83d""#, b"\"\xff\xc3\"", b"1e999", b"NaN", br#""\u12""#, br#"[{"x":"\udc00"}]"#];
        let good = with(br#""\ud83d\ude00""#);
        let mut records = vec![good.clone(), b"1e999".to_vec(), b"7".to_vec()];
        for id in bad {
            records.extend([with(id), good.clone()]);
        }
        let body = [br#"{"data":{"records":["#, records.join(&b","[..]).as_slice(), b"]}}"].concat();
        let document = read_body(body.as_slice(), &mut Budget::default().share()).unwrap();
        let counts = &document.counts;
        assert_eq!((document.readings.len(), counts.received, counts.rejected_total), (7, 15, 8));
        // A field beside the records is of no account.
        let body = format!(r#"{{"sdk":1e999,"data":{{"x":"\ud83d","records":[{STEPS}],"sleep":[1e999]}}}}"#);
        let document = read(&body).unwrap();
        let counts = &document.counts;
        assert_eq!((document.readings.len(), counts.rejected_total, counts.not_kept_total), (1, 0, 1));
    }

    #[test]
    fn a_text_without_end_is_given_up() {
        let body = format!(r#"{{"data":{{"records":[{{"id":"{}"}}]}}}}"#, "x".repeat(9 << 20));
        let error = read(&body).unwrap_err();
        assert_eq!(error.to_string(), "a record of the body is larger than 8 MiB; leave it out");
    }

    #[test]
    fn a_body_without_end_is_refused_by_its_own_bound() {
        let one = format!("{{\"id\":\"{}\"}},", "x".repeat(1 << 20));
        let many = one.repeat(8);
        let records = (0..MOST_BYTES / many.len() as u64 + 1).map(|_| many.as_bytes());
        let mut body: Box<dyn Read> = Box::new(&br#"{"data":{"sleep":["#[..]);
        for part in records {
            body = Box::new(body.chain(part));
        }
        let error = read_body(body, &mut Budget::default().share()).unwrap_err();
        assert_eq!(error.to_string(), "the body is larger than 256 MiB once unpacked; send it in parts");
    }
}
