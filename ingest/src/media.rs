/// Whether a `Content-Type` says JSON in UTF-8, in any case and with spaces around its parts (RFC 9110, 8.3). JSON has no
/// other encoding between systems (RFC 8259, 8.1): a charset that says otherwise is refused, not read as if it did not.
pub(crate) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => {
                charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_do_not_matter_and_another_charset_does() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json ; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/json; version=1",
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            "",
            "text/json",
            "application/json+x",
            "application/json; charset=utf-16",
            "application/json;Charset=latin1",
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
