//! Line protocol, written by hand: nothing that could be taken for something else reaches the wire.

/// Why something cannot be a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// InfluxDB has no empty tags.
    #[error("an empty tag")]
    Empty,
    /// A line break ends a line, whatever stands before it.
    #[error("a line break or other control character")]
    Control,
    /// It would swallow what follows.
    #[error("a backslash at the end of a tag")]
    TrailingBackslash,
}

/// Appends a measurement, tag key or tag value with what has a meaning escaped. InfluxDB knows no escape for the
/// backslash itself: it stays as it is, and may not be the last.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), LineError> {
    if text.is_empty() {
        return Err(LineError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(LineError::Control);
    }
    if text.ends_with('\\') {
        return Err(LineError::TrailingBackslash);
    }
    for &byte in text.as_bytes() {
        if matches!(byte, b',' | b'=' | b' ') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Ok(())
}

/// `measurement,key=value,… ` with the space behind; tags in the order of their keys, as the server likes them.
pub(super) fn head(measurement: &str, tags: &[(&str, &str)]) -> Result<Vec<u8>, LineError> {
    let mut out = Vec::with_capacity(96);
    put_text(&mut out, measurement)?;
    for (key, value) in tags {
        out.push(b',');
        put_text(&mut out, key)?;
        out.push(b'=');
        put_text(&mut out, value)?;
    }
    out.push(b' ');
    Ok(out)
}

/// Appends `name=1234i`, with a comma before it unless it is the first. Fields are integers and nothing else: there is no
/// NaN to be written.
pub(super) fn put_field(out: &mut Vec<u8>, name: &str, value: i64, is_first: bool) {
    if !is_first {
        out.push(b',');
    }
    out.extend_from_slice(name.as_bytes());
    out.push(b'=');
    put_integer(out, value);
    out.push(b'i');
}

/// Appends ` 1234` and the end of the line.
pub(super) fn put_time(out: &mut Vec<u8>, time_ns: i64) {
    out.push(b' ');
    put_integer(out, time_ns);
    out.push(b'\n');
}

fn put_integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reader of its own: splits at the first space, comma or equals sign without a backslash before it.
    fn parts(head: &str) -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut chars = head.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' if chars.peek().is_some_and(|next| matches!(next, ',' | '=' | ' ')) => {
                    parts.last_mut().unwrap().push(chars.next().unwrap());
                }
                ',' | '=' | ' ' => parts.push(String::new()),
                c => parts.last_mut().unwrap().push(c),
            }
        }
        parts
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop::collection::vec(any::<char>(), 0..9).prop_map(String::from_iter)
    }

    fn tricky_text() -> impl Strategy<Value = String> {
        let tricky = prop::sample::select(vec!['\\', ' ', ',', '=', '"', '\n', '\r', 'a', 'i']);
        prop::collection::vec(tricky, 0..9).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn every_text_comes_back_or_is_refused(a in any_text(), b in tricky_text()) {
            match head(&a, &[("k", &b)]) {
                Err(_) => {
                    let is_bad = |text: &String| {
                        text.is_empty() || text.ends_with('\\') || text.chars().any(char::is_control)
                    };
                    prop_assert!(is_bad(&a) || is_bad(&b));
                }
                Ok(head) => {
                    let head = String::from_utf8(head).unwrap();
                    prop_assert!(!head.contains(['\n', '\r']));
                    prop_assert_eq!(parts(&head), vec![a, "k".to_owned(), b, String::new()]);
                }
            }
        }

        #[test]
        fn integers_are_written_as_they_are(value in any::<i64>(), time in any::<i64>()) {
            let mut out = Vec::new();
            put_field(&mut out, "value", value, true);
            put_field(&mut out, "rev", time, false);
            put_time(&mut out, time);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("value={value}i,rev={time}i {time}\n"));
        }
    }

    #[test]
    fn what_the_client_crate_lets_through_is_refused() {
        assert_eq!(head("m", &[("p", "")]), Err(LineError::Empty));
        assert_eq!(head("m", &[("p", "a\nforged,p=b value=1i")]), Err(LineError::Control));
        assert_eq!(head("m", &[("p", "a\\")]), Err(LineError::TrailingBackslash));
    }
}
