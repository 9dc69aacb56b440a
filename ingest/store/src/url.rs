use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a time-series store is, as commands and configuration name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// `embedded:` (the data folder's own) or `embedded:FOLDER`.
    Embedded(Option<PathBuf>),
    /// `influxdb://HOST:PORT/BUCKET?org=ORG&api=2`, or `influxdbs://` over TLS.
    Influx(InfluxUrl),
}

/// A bucket (2.x) or database (1.x) on an InfluxDB server. The token is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfluxUrl {
    /// Whether over TLS.
    pub tls: bool,
    /// Name or address, an IPv6 address in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Bucket or database.
    pub bucket: String,
    /// Organisation; of 2.x alone.
    pub org: Option<String>,
    /// Which interface the server speaks.
    pub api: InfluxApi,
}

/// The interface of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfluxApi {
    /// InfluxDB 1.x: `/write` and `/query`.
    V1,
    /// InfluxDB 2.x: `/api/v2` and `/query`.
    V2,
}

/// Why a text names no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreUrlError {
    /// Another scheme.
    #[error("a store is embedded:FOLDER or influxdb://HOST:PORT/BUCKET?org=ORG&api=2")]
    Scheme,
    /// Something before an @.
    #[error(
        "a secret has no place in a URL, which is logged: give it by FOULEE_INFLUX_TOKEN or --influx-token-file"
    )]
    Secret,
    /// No host.
    #[error("the host is missing: influxdb://HOST:PORT/BUCKET")]
    Host,
    /// No port, or no number of one.
    #[error("the port is a number from 1 to 65535")]
    Port,
    /// No bucket, or a character that is not admitted.
    #[error(
        "the bucket (2.x) or database (1.x) is one path part of at most 128 letters, digits, . _ - and spaces"
    )]
    Bucket,
    /// The same for the organisation.
    #[error("org is at most 128 letters, digits, . _ - @ and spaces")]
    Org,
    /// 2.x without an organisation.
    #[error("api=2 needs org=ORG; for InfluxDB 1.x say api=1")]
    OrgMissing,
    /// Neither 1 nor 2. InfluxDB 3 cannot delete by predicate, so nobody could be erased from it.
    #[error("api is 1 or 2 (InfluxDB 3 cannot erase a person, and is not offered)")]
    Api,
    /// An unknown parameter.
    #[error("the parameters of a store's URL are org and api")]
    Parameter,
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;
    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        if let Some(folder) = text.strip_prefix("embedded:") {
            return Ok(Self::Embedded((!folder.is_empty()).then(|| PathBuf::from(folder))));
        }
        let (tls, rest) = match (text.strip_prefix("influxdb://"), text.strip_prefix("influxdbs://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(StoreUrlError::Scheme),
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, bucket) = rest.split_once('/').ok_or(StoreUrlError::Bucket)?;
        if authority.contains('@') {
            return Err(StoreUrlError::Secret);
        }
        let (host, port) = authority.rsplit_once(':').ok_or(StoreUrlError::Port)?;
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(StoreUrlError::Host);
        }
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(StoreUrlError::Port)?;
        let bucket = name(bucket, "").ok_or(StoreUrlError::Bucket)?;
        let (mut org, mut api) = (None, None);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("org", text)) => org = Some(name(text, "@").ok_or(StoreUrlError::Org)?),
                Some(("api", "1")) => api = Some(InfluxApi::V1),
                Some(("api", "2")) => api = Some(InfluxApi::V2),
                Some(("api", _)) => return Err(StoreUrlError::Api),
                _ => return Err(StoreUrlError::Parameter),
            }
        }
        let api = api.unwrap_or(InfluxApi::V2);
        if api == InfluxApi::V2 && org.is_none() {
            return Err(StoreUrlError::OrgMissing);
        }
        Ok(Self::Influx(InfluxUrl { tls, host: host.to_owned(), port, bucket, org, api }))
    }
}

/// A name, its `%20` and the like decoded; `None` where it holds what a query or a line could take for something else.
fn name(text: &str, more: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ') || more.contains(c);
    ((1..=128).contains(&name.chars().count()) && name.chars().all(fits)).then_some(name)
}

impl InfluxUrl {
    /// The server's own address, without a path.
    #[must_use]
    pub fn server(&self) -> String {
        format!("{}://{}:{}", if self.tls { "https" } else { "http" }, self.host, self.port)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(None) => f.write_str("embedded:"),
            Self::Embedded(Some(folder)) => write!(f, "embedded:{}", folder.display()),
            Self::Influx(url) => {
                let encoded = |text: &str| text.replace(' ', "%20");
                let scheme = if url.tls { "influxdbs" } else { "influxdb" };
                write!(f, "{scheme}://{}:{}/{}", url.host, url.port, encoded(&url.bucket))?;
                match &url.org {
                    Some(org) => write!(f, "?org={}&api={}", encoded(org), url.api)?,
                    None => write!(f, "?api={}", url.api)?,
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for InfluxApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1",
            Self::V2 => "2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_store_comes_back() {
        for text in [
            "embedded:",
            "embedded:/var/lib/foulee",
            "influxdb://localhost:8086/foulee?api=1",
            "influxdb://[::1]:8086/foulee?org=back%204p&api=2",
            "influxdbs://db.example.org:443/foulee?org=a@b.fr&api=2",
        ] {
            assert_eq!(text.parse::<StoreUrl>().map(|url| url.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_names_none_is_refused_with_its_reason() {
        let refused = |text: &str| text.parse::<StoreUrl>().expect_err(text);
        assert_eq!(refused("http://localhost:8086/foulee"), StoreUrlError::Scheme);
        assert_eq!(refused("influxdb://user:secret@localhost:8086/foulee?api=1"), StoreUrlError::Secret);
        assert_eq!(refused("influxdb://:8086/foulee?api=1"), StoreUrlError::Host);
        assert_eq!(refused("influxdb://localhost/foulee?api=1"), StoreUrlError::Port);
        assert_eq!(refused("influxdb://localhost:0/foulee?api=1"), StoreUrlError::Port);
        assert_eq!(refused("influxdb://localhost:8086?api=1"), StoreUrlError::Bucket);
        assert_eq!(refused("influxdb://localhost:8086/?api=1"), StoreUrlError::Bucket);
        assert_eq!(refused("influxdb://localhost:8086/a%22b?api=1"), StoreUrlError::Bucket);
        assert_eq!(refused("influxdb://localhost:8086/a%?api=1"), StoreUrlError::Bucket);
        assert_eq!(refused("influxdb://localhost:8086/a"), StoreUrlError::OrgMissing);
        assert_eq!(refused("influxdb://localhost:8086/a?org=%0a"), StoreUrlError::Org);
        assert_eq!(refused("influxdb://localhost:8086/a?api=3"), StoreUrlError::Api);
        assert_eq!(refused("influxdb://localhost:8086/a?api=1&token=x"), StoreUrlError::Parameter);
    }
}
