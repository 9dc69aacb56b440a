use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::open::{Tx, next_number};
use super::people::is_known;
use super::{Registry, Result, TokenId};

/// What was done, or tried, with somebody's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// See it.
    Read,
    /// Add to it.
    Write,
    /// Erase it.
    Erase,
}

impl Act {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Erase => "erase",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Erase].into_iter().find(|act| act.as_str() == word)
    }
}

/// One access to somebody's data, as it is noted.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// The token; none for the run's own, for a phone, and for who has none that holds.
    pub token: Option<TokenId>,
    /// What the token was, as [`super::Scope::as_str`] says; [`NOBODY`] for who has none that holds.
    pub role: &'a str,
    /// What was done or tried.
    pub act: Act,
    /// The route, with its parameters in braces.
    pub route: &'a str,
    /// The answer's status; none where it was cut off before there was one.
    pub status: Option<u16>,
}

/// An access as it stands in the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; a greater one was noted later.
    pub id: i64,
    /// When, ms UTC.
    pub recorded_ms: i64,
    /// The token.
    pub token: Option<TokenId>,
    /// What the token was.
    pub role: String,
    /// What was done or tried.
    pub act: Act,
    /// The route.
    pub route: String,
    /// The answer's status.
    pub status: Option<u16>,
}

/// The role of who holds no token.
pub const NOBODY: &str = "nobody";

/// Tries without a token are noted once in this time a person and route, ms [D]: who has none cannot fill the disk.
const STRANGERS_EVERY_MS: i64 = 60_000;

/// The most entries on one page of [`Registry::audit`].
pub const MAX_ENTRIES: u32 = 1_000;

type Row = (i64, i64, Option<i64>, String, String, String, Option<i64>);

fn entry((id, recorded_ms, token, role, act, route, status): Row) -> Result<AuditEntry> {
    let act = Act::of_word(&act).ok_or_else(|| unreadable("audit", "act")(()))?;
    let status = status.map(u16::try_from).transpose().map_err(unreadable("audit", "status"))?;
    Ok(AuditEntry { id, recorded_ms, token: token.map(TokenId::new), role, act, route, status })
}

impl Registry {
    /// Notes an access to the data of people, on disk when this returns. Of who is unknown nothing is noted.
    ///
    /// # Errors
    /// The database failed: then nothing is to be answered.
    pub async fn note_access(&self, people: &[ParticipantId], looked: Looked<'_>, now_ms: i64) -> Result<()> {
        if people.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let mut noted = 0;
        for id in people {
            if is_known(&mut tx, *id).await? && !was_noted(&mut tx, *id, looked, now_ms).await? {
                insert(&mut tx, *id, looked, now_ms).await?;
                noted += 1;
            }
        }
        // Nothing to wait for on the disk.
        if noted == 0 { Ok(tx.rollback().await?) } else { Ok(tx.commit().await?) }
    }

    /// Who looked at somebody's data, in order, after the last entry of the page before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(&self, id: ParticipantId, after: i64, limit: u32) -> Result<Vec<AuditEntry>> {
        let sql = "SELECT id, recorded_ms, token, role, act, route, status FROM audit
            WHERE participant = $1 AND id > $2 ORDER BY id LIMIT $3";
        let query = sqlx::query_as::<_, Row>(sql).bind(id.to_string()).bind(after);
        let rows = query.bind(i64::from(limit.min(MAX_ENTRIES))).fetch_all(self.reader()).await?;
        rows.into_iter().map(entry).collect()
    }
}

/// Whether this is a stranger's try that was noted a moment ago.
async fn was_noted(tx: &mut Tx, id: ParticipantId, looked: Looked<'_>, now_ms: i64) -> Result<bool> {
    if looked.role != NOBODY {
        return Ok(false);
    }
    let sql = "SELECT id FROM audit WHERE participant = $1 AND role = $2 AND route = $3 AND recorded_ms > $4 LIMIT 1";
    let query = sqlx::query_scalar::<_, i64>(sql).bind(id.to_string()).bind(NOBODY).bind(looked.route);
    let found = query.bind(now_ms.saturating_sub(STRANGERS_EVERY_MS)).fetch_optional(&mut **tx).await?;
    Ok(found.is_some())
}

async fn insert(tx: &mut Tx, id: ParticipantId, looked: Looked<'_>, now_ms: i64) -> Result<()> {
    let number = next_number(tx, "audit", now_ms).await?;
    let sql = "INSERT INTO audit (id, participant, token, role, act, route, status, recorded_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(sql)
        .bind(number)
        .bind(id.to_string())
        .bind(looked.token.map(TokenId::get))
        .bind(looked.role)
        .bind(looked.act.as_str())
        .bind(looked.route)
        .bind(looked.status.map(i64::from))
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    const READ: Looked<'_> = Looked {
        token: None,
        role: "physician",
        act: Act::Read,
        route: "/v1/participants/{id}",
        status: Some(200),
    };

    #[tokio::test]
    async fn each_access_is_an_entry_of_those_who_are_known() {
        let (_folder, registry) = opened().await;
        let (one, two) = (added(&registry, 1).await, added(&registry, 2).await);
        let token = Some(TokenId::new(5));
        registry.note_access(&[one, person(9), two], Looked { token, ..READ }, NOW).await.unwrap();
        let cut = Looked { act: Act::Write, status: None, ..READ };
        registry.note_access(&[one], cut, NOW + 1).await.unwrap();
        let found = registry.audit(one, 0, 10).await.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].token, found[0].status, found[0].act), (token, Some(200), Act::Read));
        assert_eq!((found[1].recorded_ms, found[1].status, found[1].act), (NOW + 1, None, Act::Write));
        assert_eq!(registry.audit(one, found[0].id, 10).await.unwrap(), found[1..]);
        assert_eq!(registry.audit(one, 0, 1).await.unwrap(), found[..1]);
        assert_eq!(registry.audit(two, 0, 10).await.unwrap().len(), 1);
        assert!(registry.audit(person(9), 0, 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_holds_no_token_is_noted_once_a_minute_and_route() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let stranger = Looked { role: NOBODY, status: Some(401), ..READ };
        for (later, route, expected) in
            [(0, "/a", 1), (59_999, "/a", 1), (59_999, "/b", 2), (60_000, "/a", 3), (60_001, "/a", 3)]
        {
            registry.note_access(&[id], Looked { route, ..stranger }, NOW + later).await.unwrap();
            assert_eq!(registry.audit(id, 0, 10).await.unwrap().len(), expected, "{later} {route}");
        }
        // Who holds one is noted each time.
        for _ in 0..2 {
            registry.note_access(&[id], READ, NOW).await.unwrap();
        }
        assert_eq!(registry.audit(id, 0, 10).await.unwrap().len(), 5);
    }

    #[tokio::test]
    async fn an_entry_is_on_disk_when_it_is_noted() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let started = std::time::Instant::now();
        for _ in 0..100 {
            registry.note_access(&[id], READ, NOW).await.unwrap();
        }
        println!("{:.2} ms an entry", started.elapsed().as_secs_f64() * 10.0);
        // Another process, which shares nothing but the files.
        let other = Registry::open_read_only(folder.path()).await.unwrap();
        assert_eq!(other.audit(id, 0, 1_000).await.unwrap().len(), 100);
        // Only a registry that can write lets anybody look.
        assert!(other.note_access(&[id], READ, NOW).await.is_err());
    }
}
