//! A phone with the SDK in it, as far as a server sees one.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::served::{JSON, Said, Served};
use crate::session::{Fate, Row, bodies, count};

/// What a phone holds.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) user_id: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// What a service answered to a whole session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) accepted: u64,
    pub(crate) new: u64,
    pub(crate) duplicate: u64,
    pub(crate) rejected: u64,
    pub(crate) not_kept: u64,
}

/// Asks for tokens by a code.
pub(crate) fn redeem(served: &Served, code: &str) -> Said {
    let body = json!({"code": code}).to_string();
    served.ask("POST", "/api/v1/invitation-code/redeem", None, JSON, body.as_bytes())
}

impl Phone {
    /// One that is let in by a code.
    #[track_caller]
    pub(crate) fn enrolled(served: &Served, code: &str) -> Self {
        let said = redeem(served, code);
        assert_eq!(said.status, 200, "{}", said.body);
        let tokens = said.json();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(3_600)));
        let text = |name: &str| tokens[name].as_str().expect("a text").to_owned();
        Self { user_id: text("user_id"), access: text("access_token"), refresh: text("refresh_token") }
    }

    pub(crate) fn path(&self) -> String {
        format!("/api/v1/sdk/users/{}/sync", self.user_id)
    }

    pub(crate) fn sync(&self, served: &Served, body: &Value) -> Said {
        served.ask("POST", &self.path(), Some(&self.access), JSON, body.to_string().as_bytes())
    }

    pub(crate) fn sync_packed(&self, served: &Served, body: &Value) -> Said {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body.to_string().as_bytes()).expect("in memory");
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
        served.ask("POST", &self.path(), Some(&self.access), &headers, &packed.finish().expect("in memory"))
    }

    /// Asks for another access token.
    pub(crate) fn refreshed(&self, served: &Served) -> Said {
        let body = json!({"refresh_token": self.refresh}).to_string();
        served.ask("POST", "/api/v1/token/refresh", None, JSON, body.as_bytes())
    }

    /// Sends a session, each body of at most so many rows; what was answered, each answer held against what the body has.
    #[track_caller]
    pub(crate) fn send(&self, served: &Served, rows: &[Row], most: usize, draw: u32) -> Sums {
        let mut sums = Sums::default();
        for (at, (body, rows)) in bodies(rows, most, draw).iter().enumerate() {
            let said = if at % 3 == 2 { self.sync_packed(served, body) } else { self.sync(served, body) };
            assert_eq!(said.status, 200, "{}", said.body);
            sums.add(&said.json(), rows);
        }
        sums
    }
}

impl Sums {
    /// Adds an answer, after it was held against the rows that it is about.
    #[track_caller]
    pub(crate) fn add(&mut self, answer: &Value, rows: &[Row]) {
        let number = |name: &str| answer[name].as_u64().unwrap_or_else(|| panic!("{name}: {answer}"));
        let fates = [Fate::Accepted, Fate::Rejected, Fate::NotKept].map(|fate| count(rows, fate));
        let said = [number("accepted"), number("rejected_total"), number("not_kept_total")];
        assert_eq!(said, fates, "accepted, rejected, not kept: {answer}");
        assert_eq!(number("received"), rows.len() as u64);
        assert_eq!(number("new") + number("duplicate"), number("accepted"));
        let by_kind = answer["not_kept"].as_object().expect("an object").values();
        assert_eq!(by_kind.filter_map(Value::as_u64).sum::<u64>(), number("not_kept_total"));
        // Each refused record is named by its place.
        let records: Vec<&Row> = rows.iter().filter(|row| row.list == "records").collect();
        for rejected in answer["rejected"].as_array().expect("an array") {
            let place = rejected["record"].as_u64().expect("a place") as usize;
            assert_eq!(records[place].fate, Fate::Rejected, "{rejected}: {}", records[place].value);
            assert!(rejected["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{rejected}");
        }
        self.accepted += number("accepted");
        self.new += number("new");
        self.duplicate += number("duplicate");
        self.rejected += number("rejected_total");
        self.not_kept += number("not_kept_total");
    }
}
