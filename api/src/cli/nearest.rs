/// The known word that is the fewest edits away, the first of several.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|other| edits(word, other))
}

/// The known word that was probably meant: at most half of it is other letters.
pub(crate) fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // What is much longer than any word is none that was mistyped, and need not be compared.
    let word = Some(word).filter(|word| word.len() <= 64)?;
    nearest(word, known).filter(|other| 2 * edits(word, other) <= other.chars().count())
}

/// How many letters to add, drop or change to make one word of the other (Levenshtein's distance).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (done, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = done + 1;
        for (at, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_the_one_that_was_meant() {
        let known = ["data_dir", "listen", "log"];
        for (word, expected) in [("datadir", "data_dir"), ("lisen", "listen"), ("logs", "log")] {
            assert_eq!(nearest(word, known.into_iter()), Some(expected));
        }
        let meant = |word| meant(word, known.into_iter());
        assert_eq!(
            [meant("datadir"), meant("lisen"), meant("table")],
            [Some("data_dir"), Some("listen"), None]
        );
        assert_eq!((edits("kitten", "sitting"), edits("", "abc"), edits("abc", "")), (3, 3, 3));
    }
}
