//! The stylesheet: embedded, and named by its content so that a browser may keep it for ever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The stylesheet of every page, to be served as `text/css` at [`STYLESHEET_PATH`].
pub const STYLESHEET: &str = include_str!("../../web/foulee.css");

/// Where the pages look for the stylesheet, before `?v=` and its hash.
pub const STYLESHEET_PATH: &str = "/static/foulee.css";

/// The policy that the pages are written for: no script, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

static HASH: LazyLock<String> = LazyLock::new(|| {
    Sha256::digest(STYLESHEET.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
});

/// The first 16 hexadecimal digits of the stylesheet's SHA-256: its entity tag and the `v` of its address.
#[must_use]
pub fn stylesheet_hash() -> &'static str {
    &HASH
}

/// The address of the stylesheet as the pages write it; what it names never changes.
#[must_use]
pub fn stylesheet_href() -> String {
    format!("{STYLESHEET_PATH}?v={}", stylesheet_hash())
}
