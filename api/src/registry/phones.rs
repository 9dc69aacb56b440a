use std::fmt;

use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::participant_of;
use super::open::{Tx, next_number};
use super::tokens::{TokenText, hash, parse, same};
use super::{PhoneId, Registry, RegistryError, Result};

/// How long an access token holds, s.
pub const ACCESS_SECONDS: i64 = 3_600;
const ACCESS_MS: i64 = ACCESS_SECONDS * 1000;
/// A phone that was not heard of for so long is let in no more, ms: a year. [D]
const IDLE_MS: i64 = 366 * 86_400_000;

const ACCESS: &str = "fpa";
const REFRESH: &str = "fpr";

/// What a phone is given when it is let in or refreshes.
///
/// The refresh token is the phone's for good: one that changed with each use would lock a phone out whose answer was lost
/// on the way, or that refreshes twice at once, and its readings would stop without anybody being told.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneTokens {
    /// The phone.
    pub phone: PhoneId,
    /// Whose readings it sends.
    pub participant: ParticipantId,
    /// `fpa_<number>_<64 hex digits>`, with which it sends for [`ACCESS_SECONDS`].
    pub access: TokenText,
    /// `fpr_<number>_<64 hex digits>`, with which it has the next one made.
    pub refresh: TokenText,
}

impl fmt::Debug for PhoneTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneTokens").field("phone", &self.phone).finish_non_exhaustive()
    }
}

/// A phone as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneEntry {
    /// Its number.
    pub id: PhoneId,
    /// Whose it is.
    pub participant: ParticipantId,
    /// When it was let in, ms UTC.
    pub enrolled_ms: i64,
    /// When it last refreshed its token, ms UTC: within an hour of when it last sent.
    pub refreshed_ms: i64,
    /// Since when it is let in no more, ms UTC.
    pub revoked_ms: Option<i64>,
}

type AccessRow = (String, Vec<u8>, i64, Option<Vec<u8>>, Option<i64>, Option<i64>);
type RefreshRow = (String, Vec<u8>, i64, Option<i64>);

/// Lets a phone in within a transaction.
pub(super) async fn add_phone(
    tx: &mut Tx,
    participant: ParticipantId,
    [access, refresh]: [[u8; 32]; 2],
    now_ms: i64,
) -> Result<PhoneTokens> {
    let id = next_number(tx, "phone", now_ms).await?;
    let sql = "INSERT INTO phone
        (id, participant, refresh_hash, access_hash, access_expires_ms, recorded_ms, refreshed_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $6)";
    sqlx::query(sql)
        .bind(id)
        .bind(participant.to_string())
        .bind(hash(&refresh).to_vec())
        .bind(hash(&access).to_vec())
        .bind(now_ms + ACCESS_MS)
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    Ok(PhoneTokens {
        phone: PhoneId::new(id),
        participant,
        access: TokenText::of(ACCESS, id, &access),
        refresh: TokenText::of(REFRESH, id, &refresh),
    })
}

fn stored(bytes: Vec<u8>, column: &'static str) -> Result<[u8; 32]> {
    bytes.try_into().map_err(unreadable("phone", column))
}

impl Registry {
    /// Whose phone an access token is of, if it holds now.
    ///
    /// # Errors
    /// The database failed. A text that is no token is `None`.
    pub async fn authenticate_phone(&self, token_text: &str, now_ms: i64) -> Result<Option<ParticipantId>> {
        let Some((id, secret)) = parse(ACCESS, token_text) else { return Ok(None) };
        let sql =
            "SELECT participant, access_hash, access_expires_ms, earlier_hash, earlier_expires_ms, revoked_ms
            FROM phone WHERE id = $1";
        let row: Option<AccessRow> = sqlx::query_as(sql).bind(id).fetch_optional(self.reader()).await?;
        let Some((participant, last, last_ends, earlier, earlier_ends, revoked_ms)) = row else {
            return Ok(None);
        };
        let shown = hash(&secret);
        let is_last = same(&stored(last, "access_hash")?, &shown) && now_ms < last_ends;
        let is_earlier = match (earlier, earlier_ends) {
            (Some(earlier), Some(ends)) => same(&stored(earlier, "earlier_hash")?, &shown) && now_ms < ends,
            _ => false,
        };
        let holds = revoked_ms.is_none() && (is_last || is_earlier);
        if holds { participant_of(&participant, "phone").map(Some) } else { Ok(None) }
    }

    /// A new access token for a phone, by its refresh token, from random bytes of the caller; `None` where it does not
    /// hold. It may be asked again and again: an answer may be lost on its way.
    ///
    /// # Errors
    /// The database failed.
    pub async fn refresh_phone(
        &self,
        refresh_text: &str,
        secret: [u8; 32],
        now_ms: i64,
    ) -> Result<Option<PhoneTokens>> {
        let mut tx = self.begin().await?;
        let Some((id, participant, refresh)) = holder(&mut tx, refresh_text, now_ms).await? else {
            return Ok(None);
        };
        let sql = "UPDATE phone SET earlier_hash = access_hash, earlier_expires_ms = access_expires_ms,
            access_hash = $2, access_expires_ms = $3, refreshed_ms = $4 WHERE id = $1";
        sqlx::query(sql)
            .bind(id)
            .bind(hash(&secret).to_vec())
            .bind(now_ms + ACCESS_MS)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(PhoneTokens {
            phone: PhoneId::new(id),
            participant,
            access: TokenText::of(ACCESS, id, &secret),
            refresh: TokenText::of(REFRESH, id, &refresh),
        }))
    }

    /// Ends a phone by its own refresh token; whether there was one to end.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_phone(&self, refresh_text: &str, now_ms: i64) -> Result<bool> {
        let mut tx = self.begin().await?;
        let Some((id, ..)) = holder(&mut tx, refresh_text, now_ms).await? else { return Ok(false) };
        let sql = "UPDATE phone SET revoked_ms = $2 WHERE id = $1";
        sqlx::query(sql).bind(id).bind(now_ms).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a phone at once and for ever; again changes nothing.
    ///
    /// # Errors
    /// The phone is unknown.
    pub async fn revoke_phone(&self, id: PhoneId, now_ms: i64) -> Result<()> {
        let sql = "UPDATE phone SET revoked_ms = COALESCE(revoked_ms, $2) WHERE id = $1";
        match sqlx::query(sql).bind(id.get()).bind(now_ms).execute(self.writer()?).await?.rows_affected() {
            0 => Err(RegistryError::PhoneUnknown),
            _ => Ok(()),
        }
    }

    /// All phones, ended ones too, in the order in which they were let in.
    ///
    /// # Errors
    /// The database failed.
    pub async fn phones(&self) -> Result<Vec<PhoneEntry>> {
        let sql = "SELECT id, participant, recorded_ms, refreshed_ms, revoked_ms FROM phone ORDER BY id";
        let rows: Vec<(i64, String, i64, i64, Option<i64>)> =
            sqlx::query_as(sql).fetch_all(self.reader()).await?;
        let entry = |(id, participant, enrolled_ms, refreshed_ms, revoked_ms): (i64, String, _, _, _)| {
            let participant = participant_of(&participant, "phone")?;
            Ok(PhoneEntry { id: PhoneId::new(id), participant, enrolled_ms, refreshed_ms, revoked_ms })
        };
        rows.into_iter().map(entry).collect()
    }
}

/// The phone of a refresh token that holds, with whose it is and the token's secret.
async fn holder(
    tx: &mut Tx,
    refresh_text: &str,
    now_ms: i64,
) -> Result<Option<(i64, ParticipantId, [u8; 32])>> {
    let Some((id, secret)) = parse(REFRESH, refresh_text) else { return Ok(None) };
    let sql = "SELECT participant, refresh_hash, refreshed_ms, revoked_ms FROM phone WHERE id = $1";
    let row: Option<RefreshRow> = sqlx::query_as(sql).bind(id).fetch_optional(&mut **tx).await?;
    let Some((participant, refresh_hash, refreshed_ms, revoked_ms)) = row else { return Ok(None) };
    let is_shown = same(&stored(refresh_hash, "refresh_hash")?, &hash(&secret));
    if !is_shown || revoked_ms.is_some() || now_ms >= refreshed_ms.saturating_add(IDLE_MS) {
        return Ok(None);
    }
    Ok(Some((id, participant_of(&participant, "phone")?, secret)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened};
    use super::*;

    async fn enrolled(registry: &Registry) -> PhoneTokens {
        let id = added(registry, 1).await;
        let code = registry.add_enrolment(id, *b"abcdefgh", NOW, NOW + 1).await.unwrap();
        registry.redeem(code.reveal(), [[1; 32], [2; 32]], NOW).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn an_access_token_ends_and_is_followed_by_another() {
        let (_folder, registry) = opened().await;
        let tokens = enrolled(&registry).await;
        assert!(!format!("{tokens:?}").contains("0101"), "{tokens:?}");
        let holds = async |token: &TokenText, at| {
            registry.authenticate_phone(token.reveal(), at).await.unwrap() == Some(tokens.participant)
        };
        assert!(holds(&tokens.access, NOW + ACCESS_MS - 1).await);
        assert!(!holds(&tokens.access, NOW + ACCESS_MS).await);
        assert!(!holds(&tokens.refresh, NOW).await, "each is good for its own alone");
        assert!(registry.refresh_phone(tokens.access.reveal(), [3; 32], NOW).await.unwrap().is_none());

        let refresh = async |secret, at| {
            registry.refresh_phone(tokens.refresh.reveal(), [secret; 32], at).await.unwrap()
        };
        // Asked twice at once, or again since the answer was lost: each answer holds, and so does the refresh token.
        let first = refresh(3, NOW + 10).await.unwrap();
        let second = refresh(4, NOW + 10).await.unwrap();
        assert!(holds(&first.access, NOW + 10).await && holds(&second.access, NOW + 10).await);
        assert_eq!((&first.refresh, &second.refresh), (&tokens.refresh, &tokens.refresh));
        assert!(refresh(5, NOW + 10 + IDLE_MS - 1).await.is_some());
        assert!(refresh(6, NOW + 10 + 3 * IDLE_MS).await.is_none(), "it was not heard of for a year");
    }

    #[tokio::test]
    async fn a_phone_that_was_ended_is_let_in_no_more() {
        let (_folder, registry) = opened().await;
        let tokens = enrolled(&registry).await;
        registry.revoke_phone(tokens.phone, NOW + 5).await.unwrap();
        registry.revoke_phone(tokens.phone, NOW + 6).await.unwrap();
        assert!(registry.authenticate_phone(tokens.access.reveal(), NOW + 5).await.unwrap().is_none());
        assert!(registry.refresh_phone(tokens.refresh.reveal(), [3; 32], NOW + 5).await.unwrap().is_none());
        assert!(!registry.end_phone(tokens.refresh.reveal(), NOW + 7).await.unwrap());
        let listed = &registry.phones().await.unwrap()[0];
        assert_eq!((listed.id, listed.revoked_ms), (tokens.phone, Some(NOW + 5)));
        let unknown = registry.revoke_phone(PhoneId::new(99), NOW).await;
        assert!(matches!(unknown, Err(RegistryError::PhoneUnknown)));
    }

    #[tokio::test]
    async fn a_phone_ends_itself() {
        let (_folder, registry) = opened().await;
        let tokens = enrolled(&registry).await;
        assert!(registry.end_phone(tokens.refresh.reveal(), NOW + 5).await.unwrap());
        assert!(registry.authenticate_phone(tokens.access.reveal(), NOW + 5).await.unwrap().is_none());
    }
}
