use serde_json::json;

use super::InfluxStore;
use super::answer::Rows;
use super::error::InfluxError;
use super::line::{head, put_field, put_time};
use crate::StoreError;

/// The measurement of the probe.
const CANARY: &str = "foulee_canary";

impl InfluxStore {
    /// Writes a point, reads it back and deletes it: what InfluxDB says of its own health is no word to go by (it says
    /// `pass` on a full disk).
    ///
    /// # Errors
    /// Which of the three failed, and how.
    pub async fn probe(&self) -> Result<(), StoreError> {
        // One key for ever: each new one would stay in the server's index.
        let random = self.random;
        let key = self
            .on_index(move |index| {
                if let Some(key) = index.fact("canary")? {
                    return Ok(key);
                }
                let key = super::index::new_key(random)?;
                index.set_fact("canary", &key)?;
                Ok(key)
            })
            .await?;
        let now_ms = (self.clock)();
        let time_ns = now_ms.saturating_mul(1_000_000);
        let mut line = head(CANARY, &[("p", &key)]).map_err(InfluxError::from)?;
        put_field(&mut line, "canary", now_ms, true);
        put_time(&mut line, time_ns);
        self.server.write(&line).await?;
        let mut found = None;
        let mut visit = |_, rows: Rows| {
            found = rows.values.first().and_then(|row| row.cells[1]);
            Ok(())
        };
        let ask = format!(
            "SELECT \"canary\" FROM \"{CANARY}\" WHERE \"p\" = $p AND time >= {time_ns} AND time <= {time_ns}"
        );
        self.server.query(&[&ask], &json!({"p": key}), &mut visit).await?;
        if found != Some(now_ms) {
            return Err(InfluxError::CanaryLost.into());
        }
        self.server.delete_key(&key).await?;
        Ok(())
    }

    /// Whether the server was started again since this was last asked: what it acknowledged before may be gone. `None`
    /// where its metrics are not to be had.
    ///
    /// # Errors
    /// The index cannot be read or written.
    pub async fn was_restarted(&self) -> Result<Option<bool>, StoreError> {
        let Some(started) = self.server.started_s().await else { return Ok(None) };
        self.on_index(move |index| {
            let known: Option<i64> = index.fact("started")?.and_then(|text| text.parse().ok());
            Ok(Some(known.is_some_and(|known| known != started)))
        })
        .await
    }

    /// The check that a restart asks for is done.
    ///
    /// # Errors
    /// The index cannot be written.
    pub async fn restart_is_checked(&self) -> Result<(), StoreError> {
        let Some(started) = self.server.started_s().await else { return Ok(()) };
        self.on_index(move |index| index.set_fact("started", &started.to_string())).await
    }
}
