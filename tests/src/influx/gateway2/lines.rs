//! Line protocol that is surely well formed, told without a server.
//!
//! Conservative: what is odd but right is not called fine, and is tried on the server.

/// Nanoseconds in what a timestamp counts.
pub(super) type Unit = i64;

/// Whether every line is one that no server refuses to read.
pub(super) fn are_surely_fine(body: &[u8], unit: Unit) -> bool {
    std::str::from_utf8(body).is_ok_and(|text| text.split('\n').all(|line| is_surely_fine(line, unit)))
}

fn is_surely_fine(line: &str, unit: Unit) -> bool {
    if line.is_empty() {
        return true;
    }
    // Far below the 65,535 bytes that a series may have.
    if line.len() > 16_000 {
        return false;
    }
    let mut words = line.split(' ');
    let (Some(series), Some(fields)) = (words.next(), words.next()) else { return false };
    let time = words.next();
    let time_is_fine = time.is_none_or(|time| is_time(time, unit));
    time_is_fine && words.next().is_none() && is_series(series) && fields.split(',').all(is_field)
}

fn is_series(text: &str) -> bool {
    let mut parts = text.split(',');
    let mut keys: Vec<&str> = Vec::new();
    parts.next().is_some_and(is_plain)
        && parts.all(|part| {
            let Some((key, value)) = part.split_once('=') else { return false };
            let fine = is_plain(key) && is_plain(value) && key != "time" && !keys.contains(&key);
            keys.push(key);
            fine
        })
}

fn is_field(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, value)| is_plain(key) && key != "time" && is_value(value))
}

fn is_value(text: &str) -> bool {
    if ["t", "f", "true", "false"].contains(&text) {
        return true;
    }
    let is_short =
        |digits: &str| (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let text = text.strip_suffix('i').filter(|whole| !whole.contains('.')).unwrap_or(text);
    text.split_once('.').map_or_else(|| is_short(text), |(whole, part)| is_short(whole) && is_short(part))
}

fn is_time(text: &str, unit: Unit) -> bool {
    // Some years short of where nanoseconds end.
    let bound = 9_000_000_000_000_000_000 / unit;
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_ok_and(|time| (-bound..=bound).contains(&time))
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::are_surely_fine;

    #[test]
    fn plain_lines_are_fine_and_nothing_odd_is() {
        let fine = |line: &str| are_surely_fine(line.as_bytes(), 1);
        for line in
            ["", "m value=1i 5\n", "m,a=b,c=d value=-1.5,ok=t", "m,a=b value=12i 1700000000000000000\n\n"]
        {
            assert!(fine(line), "{line}");
        }
        let odd = [
            "m",
            "m ",
            "m value=",
            "m value=NaN 1",
            "m value=1.5i",
            "m value=+1",
            "m,time=1 value=1i",
            "m time=1i",
            "m,a=b,a=c value=1i",
            "m,a= value=1i",
            "m,a=b\\ value=1i",
            "m value=\"x\" 1",
            "m value=1i x",
            "m value=1i 1 1",
            "m  value=1i 1",
            "m value=99999999999999999999i",
            "m value=1i 9223372036854775807",
            "# c",
            "m value=1i 1\r",
        ];
        for line in odd {
            assert!(!fine(line), "{line}");
        }
        assert!(!are_surely_fine(b"m value=1i 1700000000000000000", 1_000_000));
        assert!(!are_surely_fine(b"m value=1i \xff", 1));
    }
}
