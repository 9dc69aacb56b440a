use foulee_contract::ParticipantId;
use rusqlite::{TransactionBehavior, params};

use super::codec::Row;
use super::hot::{self, Hot};
use super::index::BlockKey;
use super::scrub::{self, AGAIN, scrub};
use super::writer::Writer;
use crate::sqlite::BUSY_TIMEOUT;
use crate::{Erased, StoreError};

/// Deletes a participant's blocks, names and marks, rewrites the log without them, then scrubs the files. That this is
/// owed is committed with the deletion, so that whoever opens the store next knows it too.
pub(super) fn erase(writer: &mut Writer, participant: ParticipantId) -> Result<Erased, StoreError> {
    let entries = writer.shared.index().of_participant(&participant);
    let Some(participant_no) = writer.shared.index().participant_no(&participant) else {
        return Ok(Erased { scrubbed: scrub(&writer.conn, AGAIN)?, ..Erased::default() });
    };
    let mut erased = Erased { series: entries.len() as u64, ..Erased::default() };
    let kept: Vec<(BlockKey, Row)> = {
        let hot = writer.shared.hot();
        let dead = |key: &BlockKey| entries.iter().any(|entry| entry.no == key.series_no());
        let mut kept = Vec::new();
        for key in hot.all_keys() {
            if dead(&key) {
                erased.readings += hot.count(key) as u64;
            } else {
                kept.extend(hot.rows(key).into_iter().map(|row| (key, row)));
            }
        }
        kept
    };
    let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for entry in &entries {
        let (from, to) = BlockKey::range(entry, 0, i32::MAX);
        let (n, bytes): (i64, i64) = tx.query_row(
            "SELECT coalesce(sum(n), 0), coalesce(sum(length(data)), 0) FROM chunk WHERE id BETWEEN ?1 AND ?2",
            params![from.id(), to.id()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        tx.execute(
            "UPDATE totals SET readings = readings - ?1, block_bytes = block_bytes - ?2",
            params![n, bytes],
        )?;
        erased.readings += n.unsigned_abs();
        tx.execute("DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2", params![from.id(), to.id()])?;
        tx.execute("DELETE FROM series WHERE no = ?1", params![entry.no])?;
    }
    tx.execute("DELETE FROM dirty WHERE participant = ?1", params![participant_no])?;
    tx.execute("DELETE FROM participant WHERE no = ?1", params![participant_no])?;
    tx.execute("DELETE FROM hot", [])?;
    if !kept.is_empty() {
        hot::append(&tx, &kept)?;
    }
    tx.execute("UPDATE owed SET scrub = ?1", params![scrub::VACUUM])?;
    tx.commit()?;
    writer.unclaimed.retain(|(no, _)| *no != participant_no);
    {
        let mut index = writer.shared.index_mut();
        // Numbers are not used again before a restart: a scan that began earlier may still hold them.
        index.remove_participant(&participant);
        let reloaded = Hot::load(&writer.conn, &index)?;
        *writer.shared.hot_mut() = reloaded;
    }
    // The rows are gone for good: that the file could not be rewritten now is no reason to say they are not.
    erased.scrubbed = scrub(&writer.conn, BUSY_TIMEOUT).unwrap_or(false);
    Ok(erased)
}
