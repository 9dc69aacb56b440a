//! What the pages fetch: the stylesheet, and the one script, of the live page. Embedded, and named by their content so
//! that a browser may keep them for ever.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A text that the pages fetch from this service.
#[derive(Debug)]
pub struct Asset {
    /// Its content.
    pub text: &'static str,
    /// Where it is served, before `?v=` and its hash.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    hash: LazyLock<String>,
}

/// The stylesheet of every page.
pub static STYLESHEET: Asset = Asset {
    text: include_str!("../../web/foulee.css"),
    path: "/static/foulee.css",
    media_type: "text/css; charset=utf-8",
    hash: LazyLock::new(|| hash_of(STYLESHEET.text)),
};

/// The script of the live page. No other page has one.
pub static LIVE_SCRIPT: Asset = Asset {
    text: include_str!("../../web/live.js"),
    path: "/static/live.js",
    media_type: "text/javascript; charset=utf-8",
    hash: LazyLock::new(|| hash_of(LIVE_SCRIPT.text)),
};

/// The policy that the pages are written for: no script, nothing from elsewhere.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The policy of the live page: its own script file, which asks this service and nobody else.
pub const LIVE_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
     style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn hash_of(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Asset {
    /// The first 16 hexadecimal digits of its SHA-256: its entity tag and the `v` of its address.
    #[must_use]
    pub fn hash(&'static self) -> &'static str {
        &self.hash
    }

    /// Its address as the pages write it; what it names never changes.
    #[must_use]
    pub fn href(&'static self) -> String {
        format!("{}?v={}", self.path, self.hash())
    }
}
