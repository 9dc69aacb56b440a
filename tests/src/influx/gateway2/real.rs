//! A real 2.x server, where there is one.

/// What the environment names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Real2 {
    /// As `http://HOST:PORT`.
    pub url: String,
    /// The organisation.
    pub org: String,
    /// A bucket that tests may write to and delete from.
    pub bucket: String,
    /// May read and write it.
    pub token: String,
}

/// The server of `FOULEE_TEST_INFLUX_URL`, `_ORG`, `_BUCKET`, `_TOKEN`, if all are set.
#[must_use]
pub fn real2() -> Option<Real2> {
    let variable = |name: &str| std::env::var(format!("FOULEE_TEST_INFLUX_{name}")).ok();
    let url = variable("URL")?.trim_end_matches('/').to_owned();
    Some(Real2 { url, org: variable("ORG")?, bucket: variable("BUCKET")?, token: variable("TOKEN")? })
}
