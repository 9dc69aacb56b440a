use foulee_contract::{MAX_READINGS, MAX_SERIES};

/// Most values of a batch within the limits: 8 columns a reading; for a series its 10 fields, the 6 columns of its
/// points and the 4 fields of its grid, each column perhaps empty.
const MAX_VALUES: usize = 8 * MAX_READINGS + 30 * MAX_SERIES + 16;
/// The batch itself; a series with its points and its grid.
const MAX_OBJECTS: usize = 1 + 3 * MAX_SERIES;
/// No field holds a longer text: the longest is a source's key.
const MAX_TEXT_BYTES: usize = 4 << 10;

/// A value in its column, which grows by doubling: 8 or 16 B, and a half of that to spare.
const VALUE_BYTES: usize = 24;
/// A series block with its texts is about 400 B and one to three objects; their list grows by doubling as well.
const OBJECT_BYTES: usize = 320;

/// Why a body is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMuch {
    /// More values than any batch within the limits.
    #[error(
        "the body holds more values than {MAX_SERIES} series and {MAX_READINGS} readings need; send it in parts"
    )]
    Values,
    /// A text longer than any that a field may hold.
    #[error("the body holds a text longer than {MAX_TEXT_BYTES} bytes; no field takes that")]
    Text,
}

/// The memory that a JSON body takes once parsed, bytes, found without parsing it. A few bytes of JSON can become many of
/// memory, so this is asked before.
///
/// # Errors
/// When it holds more than any batch within the limits does.
pub(crate) fn weigh(body: &[u8]) -> Result<usize, TooMuch> {
    // Each value but the outermost stands behind a comma or begins an array or object; commas in texts only add to it.
    let count = |wanted: u8| body.iter().filter(|byte| **byte == wanted).count();
    let objects = count(b'{');
    let values = objects + count(b'[') + count(b',');
    if values > MAX_VALUES || objects > MAX_OBJECTS {
        return Err(TooMuch::Values);
    }
    if has_long_text(body) {
        return Err(TooMuch::Text);
    }
    Ok(values * VALUE_BYTES + objects * OBJECT_BYTES)
}

fn has_long_text(body: &[u8]) -> bool {
    let (mut within, mut length) = (false, 0);
    for piece in body.split(|byte| *byte == b'"') {
        length = if within { length + piece.len() + 1 } else { 0 };
        if length > MAX_TEXT_BYTES {
            return true;
        }
        let backslashes = piece.iter().rev().take_while(|byte| **byte == b'\\').count();
        let is_escaped = within && backslashes % 2 == 1;
        if !is_escaped {
            (within, length) = (!within, 0);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_batch_within_the_limits_is_weighed_and_one_beyond_them_is_not() {
        let column = |n: usize| vec!["0"; n].join(",");
        let each = column(MAX_READINGS / MAX_SERIES);
        let names = ["start", "end", "seq", "rev", "value", "deleted"];
        let points: Vec<String> = names.iter().map(|name| format!("\"{name}\":[{each}]")).collect();
        let block = format!(
            "{{\"participant\":\"\",\"source\":\"\",\"metric\":\"\",\"grain\":\"\",\"unit\":\"\",\"exponent\":0,\
             \"offset\":[{each}],\"how\":[{each}],\"points\":{{{}}},\
             \"grid\":{{\"start\":0,\"step\":1,\"rev\":0,\"value\":[]}}}}",
            points.join(",")
        );
        let batch = |blocks: Vec<&str>| format!("{{\"contract\":1,\"series\":[{}]}}", blocks.join(","));
        let largest = batch(vec![&block; MAX_SERIES]);
        let weight = weigh(largest.as_bytes()).unwrap();
        println!("the largest batch: {} bytes of JSON weigh {weight}", largest.len());
        assert!((20 << 20..=56 << 20).contains(&weight), "{weight}");
        // Few series, each with ever so many readings; and ever so many empty ones.
        let zeros = format!("{{\"value\":[{}]}}", column(MAX_VALUES));
        assert_eq!(weigh(zeros.as_bytes()), Err(TooMuch::Values));
        let empty = batch(vec!["{}"; MAX_OBJECTS]);
        assert_eq!(weigh(empty.as_bytes()), Err(TooMuch::Values));
    }

    #[test]
    fn a_long_text_is_found_behind_any_escape() {
        let long = "x".repeat(MAX_TEXT_BYTES + 1);
        let quoted = "\\\"".repeat(MAX_TEXT_BYTES);
        for text in [long.clone(), format!("\\\"{long}"), format!("\\\\\\\"{long}"), quoted] {
            let body = format!("{{\"unit\":\"{text}\"}}");
            assert_eq!(weigh(body.as_bytes()), Err(TooMuch::Text), "{}", &body[..20]);
        }
        let digits = "1".repeat(MAX_TEXT_BYTES + 1);
        for body in
            [format!("{{\"a\\\\\":{digits}}}"), format!("[\"\",{digits}]"), "{\"unit\":\"steps".into()]
        {
            assert!(weigh(body.as_bytes()).is_ok(), "{}", &body[..8]);
        }
    }
}
