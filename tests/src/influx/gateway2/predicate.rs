//! What /api/v2/delete takes as a predicate: comparisons of tags, all of which must hold.

use super::problem::Problem;

/// `key = "value"` or `key != "value"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) key: String,
    pub(super) is_equal: bool,
    pub(super) value: String,
}

/// All comparisons; none for an empty predicate.
pub(super) fn parse(text: &str) -> Result<Vec<Comparison>, Problem> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        if !found.is_empty() {
            let (word, after) = word(rest)?;
            if !word.eq_ignore_ascii_case("and") {
                return Err(refused(&format!("the logical operator {word} is not supported yet")));
            }
            rest = after.trim_start();
        }
        let (key, after) = word(rest)?;
        let after = after.trim_start();
        let (is_equal, after) = match (after.strip_prefix("!="), after.strip_prefix('=')) {
            (Some(after), _) => (false, after),
            (None, Some(after)) if !after.starts_with(['~', '=']) => (true, after),
            _ => return Err(refused("operator: only = and != are supported")),
        };
        if after.starts_with('~') {
            return Err(refused("regex operators are not supported"));
        }
        let (value, after) = word(after.trim_start())?;
        if key == "_field" {
            return Err(Problem::new(501, "not implemented", "delete by field is not supported"));
        }
        found.push(Comparison { key, is_equal, value });
        rest = after.trim_start();
    }
    Ok(found)
}

/// A quoted or a bare word, and what follows.
fn word(text: &str) -> Result<(String, &str), Problem> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => return Ok((value, &quoted[at + 1..])),
                '\\' => value.extend(chars.next().map(|(_, char)| char)),
                _ => value.push(char),
            }
        }
        return Err(refused("unterminated string"));
    }
    let is_bare = |char: char| char.is_alphanumeric() || "_-.:/+".contains(char);
    let end = text.find(|char| !is_bare(char)).unwrap_or(text.len());
    if end == 0 {
        return Err(refused(&format!("bad logical expression, at {text:?}")));
    }
    Ok((text[..end].to_owned(), &text[end..]))
}

fn refused(why: &str) -> Problem {
    Problem::invalid(format!("failed to parse predicate: {why}"))
}

#[cfg(test)]
mod tests {
    use super::{Comparison, parse};

    #[test]
    fn comparisons_joined_by_and_are_all_that_there_is() {
        let comparison = |key: &str, is_equal, value: &str| Comparison {
            key: key.to_owned(),
            is_equal,
            value: value.to_owned(),
        };
        let text = "participant=\"a \\\"b\\\\\" AND source != \"y\" and _measurement=steps";
        let wanted = vec![
            comparison("participant", true, "a \"b\\"),
            comparison("source", false, "y"),
            comparison("_measurement", true, "steps"),
        ];
        assert_eq!(parse(text).expect("a predicate"), wanted);
        assert_eq!(parse(" ").expect("no predicate"), []);
        let refused = [
            "a=\"b\" OR c=\"d\"",
            "a=~/b/",
            "a!~/b/",
            "a='b'",
            "a=\"b",
            "a",
            "a=",
            "=\"b\"",
            "a==\"b\"",
            "_field=\"v\"",
        ];
        for text in refused {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
