//! Where an InfluxDB is: 1.x, 2.x through the gateway, and a real 2.x where there is one.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use foulee_store::StoreUrl;
use foulee_store::influx::InfluxOptions;
use foulee_tests::influx::{Gateway2, Influxd, InfluxdOptions, real2};
use tempfile::TempDir;

use crate::foulee::Folder;

const ORG: &str = "back4p";
const TOKEN: &str = "an-all-access-token";

/// A server.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    /// The real server behind it, where it is ours.
    pub(crate) influxd: Option<Influxd>,
    gateway: Option<Gateway2>,
    address: String,
    org: Option<String>,
    token: Option<String>,
    /// The one bucket that is to be used, where others cannot be made.
    bucket: Option<String>,
    folder: TempDir,
}

impl Place {
    /// A real 1.x, or none here, which is said.
    pub(crate) fn v1() -> Option<Self> {
        Self::v1_with(InfluxdOptions::default())
    }

    pub(crate) fn v1_with(options: InfluxdOptions) -> Option<Self> {
        if !Influxd::available() {
            leave_out("there is no influxd 1.x in PATH or /usr/bin (Debian: apt-get install influxdb)");
            return None;
        }
        Self::v1_at(tempfile::tempdir().expect("a folder"), options)
    }

    /// The same with its files in a folder that is given.
    pub(crate) fn v1_at(folder: TempDir, options: InfluxdOptions) -> Option<Self> {
        if !Influxd::available() {
            return None;
        }
        let token = options.admin.as_ref().map(|admin| format!("{}:{}", admin.user, admin.password));
        let influxd = Influxd::start(folder.path(), options).expect("influxd starts");
        let address = influxd.address();
        let name = "1.x";
        Some(Self {
            name,
            influxd: Some(influxd),
            gateway: None,
            address,
            org: None,
            token,
            bucket: None,
            folder,
        })
    }

    /// The same behind a gateway that speaks the API of 2.x.
    pub(crate) fn v2() -> Option<Self> {
        let v1 = Self::v1()?;
        let gateway = Gateway2::start(&v1.address, ORG, TOKEN).expect("the gateway starts");
        let address = gateway.address();
        let (org, token) = (Some(ORG.to_owned()), Some(TOKEN.to_owned()));
        Some(Self { name: "2.x gateway", gateway: Some(gateway), address, org, token, ..v1 })
    }

    /// Every kind that can be had here.
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Self::v1().into_iter().chain(Self::v2()).collect();
        if let Some(real) = real2() {
            let address = real.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
            all.push(Self {
                name: "real 2.x",
                influxd: None,
                gateway: None,
                address,
                org: Some(real.org),
                token: Some(real.token),
                bucket: Some(real.bucket),
                folder: tempfile::tempdir().expect("a folder"),
            });
        } else {
            say_once("real 2.x: left out, FOULEE_TEST_INFLUX_URL names none");
        }
        all
    }

    /// The name of a bucket, or of the only one.
    pub(crate) fn bucket<'a>(&'a self, wanted: &'a str) -> &'a str {
        self.bucket.as_deref().unwrap_or(wanted)
    }

    /// The URL of a bucket, seen through another address where one is given.
    pub(crate) fn url_at(&self, address: &str, bucket: &str) -> String {
        let bucket = self.bucket(bucket);
        match &self.org {
            Some(org) => format!("influxdb://{address}/{bucket}?org={org}&api=2"),
            None => format!("influxdb://{address}/{bucket}?api=1"),
        }
    }

    pub(crate) fn url(&self, bucket: &str) -> String {
        self.url_at(&self.address, bucket)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What commands need in their environment to use this URL as their store.
    pub(crate) fn environment(&self, url: String) -> Vec<(&'static str, String)> {
        let mut environment = vec![("FOULEE_STORE", url)];
        environment.extend(self.token.clone().map(|token| ("FOULEE_INFLUX_TOKEN", token)));
        environment
    }

    /// A data folder whose store is a bucket here, made by `foulee migrate`.
    pub(crate) fn folder(&self, bucket: &str) -> Folder {
        self.folder_at(&self.address, bucket)
    }

    /// The same, seen through another address.
    pub(crate) fn folder_at(&self, address: &str, bucket: &str) -> Folder {
        Folder::with(self.environment(self.url(bucket))).say("migrate").ok();
        Folder::with(self.environment(self.url_at(address, bucket)))
    }

    pub(crate) fn options(&self, bucket: &str) -> InfluxOptions {
        let url = self.url(bucket);
        let Ok(StoreUrl::Influx(url)) = url.parse() else { panic!("{url} is no InfluxDB") };
        InfluxOptions {
            url,
            token: self.token.clone(),
            clock: Arc::new(now_ms),
            random: |bytes| {
                let mut source = std::fs::File::open("/dev/urandom")?;
                std::io::Read::read_exact(&mut source, bytes)
            },
        }
    }

    pub(crate) fn influxd(&mut self) -> &mut Influxd {
        self.influxd.as_mut().expect("a server of ours")
    }

    /// The server's own files.
    pub(crate) fn files(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn has_gateway(&self) -> bool {
        self.gateway.is_some()
    }
}

pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// Says that a test is left out, or fails it where it must run.
pub(crate) fn leave_out(why: &str) {
    assert!(std::env::var_os("FOULEE_TEST_REQUIRE_INFLUX").is_none_or(|value| value != "1"), "{why}");
    say_once(&format!("LEFT OUT: {why}"));
}

/// The same of a part of a test, which is no failure anywhere.
pub(crate) fn leave_out_part(what: &str) {
    say_once(&format!("LEFT OUT: {what}"));
}

/// Past what the test runner keeps to itself, once.
fn say_once(text: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let is_new = SAID.lock().is_ok_and(|mut said| said.insert(text.to_owned()));
    if is_new {
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}
