use std::sync::atomic::Ordering;

use serde_json::json;

use super::InfluxStore;
use super::answer::Rows;
use super::error::InfluxError;
use super::line::{head, put_field, put_time};
use crate::StoreError;

/// The measurement of the probe.
const CANARY: &str = "foulee_canary";
const NS_PER_MS: i64 = 1_000_000;

/// The measurement and the fact of the mark, and what the fact says where there is none.
const MARKS: &str = "foulee_store";
const MARK: &str = "mark";
const NO_MARK: &str = "none";

/// What a probe found beside that the server works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Whether the point of the probe before is still there. If not, the server has lost something that it acknowledged.
    pub kept: bool,
}

/// A start of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// When, s since 1970.
    at_s: i64,
    /// Whether it is another one than the last that was checked: what was acknowledged before may be gone.
    pub again: bool,
    /// Whether none was known before.
    pub first: bool,
}

/// Two starts nearer than this are one: uptimes are told in seconds, and a clock may be put right.
const SAME_START_S: u64 = 3;

impl InfluxStore {
    /// Writes a point and reads it back, looks for the one of the probe before, and deletes that: what InfluxDB says of
    /// its own health is no word to go by (it says `pass` on a full disk).
    ///
    /// # Errors
    /// Which of them failed, and how.
    pub async fn probe(&self) -> Result<Probed, StoreError> {
        self.check_mark().await?;
        // One key for ever: each new one would stay in the server's index.
        let random = self.random;
        let (key, before_ms) = self
            .on_index(move |index| {
                let before_ms: Option<i64> = index.fact("canary_ms")?.and_then(|text| text.parse().ok());
                if let Some(key) = index.fact("canary")? {
                    return Ok((key, before_ms));
                }
                let key = super::index::new_key(random)?;
                index.set_fact("canary", &key)?;
                Ok((key, before_ms))
            })
            .await?;
        let kept = match before_ms {
            Some(before_ms) => self.canary(&key, before_ms).await?,
            None => true,
        };
        let now_ms = (self.clock)();
        let mut line = head(CANARY, &[("p", &key)]).map_err(InfluxError::from)?;
        put_field(&mut line, "canary", now_ms, true);
        put_time(&mut line, now_ms.saturating_mul(NS_PER_MS));
        self.server.write(&line).await?;
        if !self.canary(&key, now_ms).await? {
            return Err(InfluxError::CanaryLost.into());
        }
        self.on_index(move |index| index.set_fact("canary_ms", &now_ms.to_string())).await?;
        self.server.delete_older(&key, CANARY, now_ms).await?;
        Ok(Probed { kept })
    }

    /// That this is the server which holds this store: its mark is there. Asked again after any failure.
    pub(super) async fn ensure_ours(&self) -> Result<(), StoreError> {
        if self.ours.load(Ordering::Acquire) { Ok(()) } else { self.check_mark().await }
    }

    /// The same, asked of the server each time. A new store is marked.
    pub(super) async fn check_mark(&self) -> Result<(), StoreError> {
        self.ours.store(false, Ordering::Release);
        let random = self.random;
        let mark = self
            .on_index(move |index| {
                let mark = match index.fact(MARK)? {
                    Some(mark) => (mark, true),
                    None => (super::index::new_key(random)?, false),
                };
                Ok(mark)
            })
            .await?;
        let (mark, is_known) = mark;
        // Where readings expire, so would the mark: then there is none.
        if mark != NO_MARK {
            if !is_known {
                let mut line = head(MARKS, &[("p", &mark)]).map_err(InfluxError::from)?;
                put_field(&mut line, "mark", 1, true);
                put_time(&mut line, 0);
                match self.server.write(&line).await {
                    // Any other refusal is no word on marks: what answers may be no InfluxDB at all.
                    Err(error) if error.is_of_retention() => return self.keep_mark(NO_MARK.to_owned()).await,
                    written => written?,
                }
            }
            let mut found = false;
            let mut visit = |_, rows: Rows| {
                found |= !rows.values.is_empty();
                Ok(())
            };
            let ask =
                format!("SELECT \"mark\" FROM \"{MARKS}\" WHERE \"p\" = $p AND time >= 0 AND time <= 0");
            self.server.query(&[&ask], &json!({"p": mark}), &mut visit).await?;
            if !found {
                return Err(InfluxError::AnotherServer.into());
            }
        }
        if is_known { self.is_ours() } else { self.keep_mark(mark).await }
    }

    async fn keep_mark(&self, mark: String) -> Result<(), StoreError> {
        self.on_index(move |index| index.set_fact(MARK, &mark)).await?;
        self.is_ours()
    }

    fn is_ours(&self) -> Result<(), StoreError> {
        self.ours.store(true, Ordering::Release);
        Ok(())
    }

    /// Whoever runs this says that it is the right server, whatever it holds: it is marked anew.
    ///
    /// # Errors
    /// InfluxDB does not answer, or the index cannot be written.
    pub async fn accept_server(&self) -> Result<(), StoreError> {
        match self.check_mark().await {
            Err(StoreError::Influx(InfluxError::AnotherServer)) => {
                self.on_index(|index| index.forget_fact(MARK)).await?;
                self.check_mark().await
            }
            done => done,
        }
    }

    /// Whether the probe's point of this time is there.
    async fn canary(&self, key: &str, at_ms: i64) -> Result<bool, InfluxError> {
        let time_ns = at_ms.saturating_mul(NS_PER_MS);
        let mut found = None;
        let mut visit = |_, rows: Rows| {
            found = rows.values.first().and_then(|row| row.cells[1]);
            Ok(())
        };
        let ask = format!(
            "SELECT \"canary\" FROM \"{CANARY}\" WHERE \"p\" = $p AND time >= {time_ns} AND time <= {time_ns}"
        );
        self.server.query(&[&ask], &json!({"p": key}), &mut visit).await?;
        Ok(found == Some(at_ms))
    }

    /// When the server was started; `None` where its metrics are not to be had.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn started(&self) -> Result<Option<Started>, StoreError> {
        let Some(started) = self.server.started_s((self.clock)()).await else { return Ok(None) };
        self.on_index(move |index| {
            let known: Option<i64> = index.fact("started")?.and_then(|text| text.parse().ok());
            let again = known.is_some_and(|known| known.abs_diff(started) > SAME_START_S);
            Ok(Some(Started { at_s: started, again, first: known.is_none() }))
        })
        .await
    }

    /// All that the server held when it had started then is checked.
    ///
    /// # Errors
    /// The index cannot be written.
    pub async fn start_is_checked(&self, started: Started) -> Result<(), StoreError> {
        self.on_index(move |index| index.set_fact("started", &started.at_s.to_string())).await
    }
}
