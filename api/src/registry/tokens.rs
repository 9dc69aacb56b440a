use std::fmt;
use std::hint::black_box;

use sha2::{Digest, Sha256};

use super::error::unreadable;
use super::open::next_number;
use super::people::require_participant;
use super::studies::require_study;
use super::{NameKind, Registry, RegistryError, Result, Scope, TokenId};

/// A token that was shown and holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// What it is good for.
    pub scope: Scope,
}

/// A token as it is listed, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEntry {
    /// Its number.
    pub id: TokenId,
    /// What it is good for.
    pub scope: Scope,
    /// What people call it.
    pub label: String,
    /// When it was issued, ms UTC.
    pub created_ms: i64,
    /// From when on it does not hold, ms UTC.
    pub expires_ms: Option<i64>,
    /// Since when it is revoked, ms UTC.
    pub revoked_ms: Option<i64>,
    /// When it was last used, ms UTC, to within a minute, where the caller notes it.
    pub last_used_ms: Option<i64>,
}

/// What the text of a token begins with.
const PREFIX: &str = "fou";

/// The text of a new token, `fou_<number>_<64 hex digits>`. It is shown once; printing it by accident hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

impl TokenText {
    pub(super) fn of(prefix: &str, id: i64, secret: &[u8; 32]) -> Self {
        Self(text(prefix, id, secret))
    }

    /// The text itself, for the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenText(hidden)")
    }
}

/// How old `last_used_ms` may grow before a use writes it again, ms: one write a minute and token, not one a request.
const NOTE_EVERY_MS: i64 = 60_000;

type EntryRow =
    (i64, String, Option<String>, Option<i64>, String, i64, Option<i64>, Option<i64>, Option<i64>);
type SecretRow = (String, Option<String>, Option<i64>, Vec<u8>, Option<i64>, Option<i64>);

impl Registry {
    /// Issues a token from 32 random bytes of the caller. Its text cannot be had again.
    ///
    /// # Errors
    /// The participant or the study of the scope is unknown; the label is not admitted.
    pub async fn issue_token(
        &self,
        scope: Scope,
        label: &str,
        secret: [u8; 32],
        now_ms: i64,
        expires_ms: Option<i64>,
    ) -> Result<(TokenId, TokenText)> {
        NameKind::TokenLabel.check(label)?;
        let (word, participant, study) = scope.columns();
        let mut tx = self.begin().await?;
        if let Some(participant) = participant {
            require_participant(&mut tx, participant).await?;
        }
        if let Some(study) = study {
            require_study(&mut tx, study).await?;
        }
        let id = next_number(&mut tx, "token", now_ms).await?;
        let sql =
            "INSERT INTO token (id, scope, participant, study, label, secret_hash, recorded_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(id)
            .bind(word)
            .bind(participant.map(|id| id.to_string()))
            .bind(study.map(|study| study.get()))
            .bind(label)
            .bind(hash(&secret).to_vec())
            .bind(now_ms)
            .bind(expires_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let id = TokenId::new(id);
        Ok((id, TokenText::of(PREFIX, id.get(), &secret)))
    }

    /// The token of this text, if it is one that was issued and holds now. Nothing is cached here: a revoked token
    /// fails from the next call on.
    ///
    /// # Errors
    /// The database failed. A text that is no token is `None`.
    pub async fn authenticate(&self, token_text: &str, now_ms: i64) -> Result<Option<Token>> {
        let Some((id, secret)) = parse(PREFIX, token_text) else { return Ok(None) };
        let id = TokenId::new(id);
        let sql =
            "SELECT scope, participant, study, secret_hash, expires_ms, revoked_ms FROM token WHERE id = $1";
        let row: Option<SecretRow> = sqlx::query_as(sql).bind(id.get()).fetch_optional(self.reader()).await?;
        let Some((word, participant, study, stored, expires_ms, revoked_ms)) = row else { return Ok(None) };
        let stored: [u8; 32] = stored.try_into().map_err(unreadable("token", "secret_hash"))?;
        let holds = revoked_ms.is_none() && expires_ms.is_none_or(|expires_ms| now_ms < expires_ms);
        if same(&stored, &hash(&secret)) && holds {
            Ok(Some(Token { id, scope: Scope::of_columns(&word, participant, study)? }))
        } else {
            Ok(None)
        }
    }

    /// Revokes a token at once and for ever; again changes nothing.
    ///
    /// # Errors
    /// The token is unknown.
    pub async fn revoke(&self, id: TokenId, now_ms: i64) -> Result<()> {
        let sql = "UPDATE token SET revoked_ms = COALESCE(revoked_ms, $2) WHERE id = $1";
        let query = sqlx::query(sql).bind(id.get()).bind(now_ms);
        match query.execute(self.writer()?).await?.rows_affected() {
            0 => Err(RegistryError::TokenUnknown),
            _ => Ok(()),
        }
    }

    /// Notes that a token was used, to within a minute. It is apart from [`Registry::authenticate`], so that who
    /// authenticates waits for no write.
    ///
    /// # Errors
    /// The database failed.
    pub async fn note_token_use(&self, id: TokenId, now_ms: i64) -> Result<()> {
        let sql = "UPDATE token SET last_used_ms = $2
            WHERE id = $1 AND (last_used_ms IS NULL OR last_used_ms <= $3)";
        let stale_ms = now_ms.saturating_sub(NOTE_EVERY_MS);
        sqlx::query(sql).bind(id.get()).bind(now_ms).bind(stale_ms).execute(self.writer()?).await?;
        Ok(())
    }

    /// All tokens, revoked and expired ones too, in the order of issue.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tokens(&self) -> Result<Vec<TokenEntry>> {
        let sql =
            "SELECT id, scope, participant, study, label, recorded_ms, expires_ms, revoked_ms, last_used_ms
            FROM token ORDER BY id";
        let rows: Vec<EntryRow> = sqlx::query_as(sql).fetch_all(self.reader()).await?;
        let entry =
            |(id, word, person, study, label, created_ms, expires_ms, revoked_ms, last_used_ms): EntryRow| {
                let scope = Scope::of_columns(&word, person, study)?;
                Ok(TokenEntry {
                    id: TokenId::new(id),
                    scope,
                    label,
                    created_ms,
                    expires_ms,
                    revoked_ms,
                    last_used_ms,
                })
            };
        rows.into_iter().map(entry).collect()
    }
}

/// One round of SHA-256 is enough: the secret is 256 random bits, which nobody can try out; a slow hash is for
/// passwords that people choose, and would make every request slow.
pub(super) fn hash(secret: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Whether two hashes are equal, in a time that does not tell how far they are.
pub(super) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    black_box(a.iter().zip(b).fold(0, |different, (x, y)| black_box(different | (x ^ y)))) == 0
}

fn text(prefix: &str, id: i64, secret: &[u8; 32]) -> String {
    use fmt::Write;
    let mut text = format!("{prefix}_{id}_");
    for byte in secret {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Only the one way in which [`text`] writes a token: no capitals, signs, leading zeros or spaces.
pub(super) fn parse(prefix: &str, token_text: &str) -> Option<(i64, [u8; 32])> {
    let (number, hex) = token_text.strip_prefix(prefix)?.strip_prefix('_')?.split_once('_')?;
    let id = number.parse().ok()?;
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut secret = [0; 32];
    for (index, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    (text(prefix, id, &secret) == token_text).then_some((id, secret))
}

#[cfg(test)]
mod tests {
    use super::super::StudyId;
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    const SECRET: [u8; 32] = [0xAB; 32];

    #[tokio::test]
    async fn a_token_holds_until_it_is_revoked() {
        let (folder, registry) = opened().await;
        let (id, text) = registry.issue_token(Scope::Admin, "the CLI", SECRET, NOW, None).await.unwrap();
        assert_eq!(text.reveal(), format!("fou_{id}_{}", "ab".repeat(32)));
        assert_eq!(format!("{text:?}"), "TokenText(hidden)");
        let token = Token { id, scope: Scope::Admin };
        assert_eq!(registry.authenticate(text.reveal(), NOW).await.unwrap(), Some(token));
        // The one who revokes need not be the one who checks.
        let second = Registry::open(folder.path()).await.unwrap();
        second.revoke(id, NOW + 5).await.unwrap();
        second.revoke(id, NOW + 9).await.unwrap();
        assert_eq!(registry.authenticate(text.reveal(), NOW + 6).await.unwrap(), None);
        assert_eq!(registry.tokens().await.unwrap()[0].revoked_ms, Some(NOW + 5));
        let unknown = registry.revoke(TokenId::new(99), NOW).await;
        assert!(matches!(unknown, Err(RegistryError::TokenUnknown)));
    }

    #[tokio::test]
    async fn an_expired_token_fails() {
        let (_folder, registry) = opened().await;
        let (_, text) =
            registry.issue_token(Scope::Admin, "short", SECRET, NOW, Some(NOW + 10)).await.unwrap();
        assert!(registry.authenticate(text.reveal(), NOW + 9).await.unwrap().is_some());
        assert!(registry.authenticate(text.reveal(), NOW + 10).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_tampered_text_fails() {
        let (_folder, registry) = opened().await;
        let (id, text) = registry.issue_token(Scope::Admin, "a", SECRET, NOW, None).await.unwrap();
        let (other, _) = registry.issue_token(Scope::Admin, "b", [1; 32], NOW, None).await.unwrap();
        let good = text.reveal();
        let flips = (0..good.len()).flat_map(|at| {
            (0..7).map(move |bit| {
                let mut bytes = good.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                String::from_utf8(bytes).unwrap()
            })
        });
        let others = [
            String::new(),
            "fou_".to_owned(),
            good.to_uppercase(),
            format!("{good}0"),
            format!(" {good}"),
            good[..good.len() - 1].to_owned(),
            good.replacen("fou_", "fou_0", 1),
            good.replacen("fou_", "fou_+", 1),
            good.replacen(&format!("_{id}_"), &format!("_{other}_"), 1),
            good.replacen(&format!("_{id}_"), "_99_", 1),
            format!("fou_{id}_{}", "é".repeat(32)),
        ];
        for bad in flips.chain(others) {
            assert_eq!(registry.authenticate(&bad, NOW).await.unwrap(), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn the_list_and_the_file_hold_no_secret() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let scopes = [Scope::WriteParticipant(id), Scope::ReadParticipant(id), Scope::WriteStudy(study)];
        let scopes = [&scopes[..], &[Scope::ReadStudy(study), Scope::Admin]].concat();
        for scope in &scopes {
            registry.issue_token(*scope, "a label", SECRET, NOW, None).await.unwrap();
        }
        let listed: Vec<_> = registry.tokens().await.unwrap().iter().map(|entry| entry.scope).collect();
        assert_eq!(listed, scopes);
        registry.close().await;
        let bytes = std::fs::read(folder.path().join(super::super::FILE_NAME)).unwrap();
        assert!(!bytes.windows(32).any(|window| window == SECRET));
        assert!(!bytes.windows(64).any(|window| window == "ab".repeat(32).as_bytes()));
    }

    #[tokio::test]
    async fn a_use_is_noted_once_a_minute() {
        let (_folder, registry) = opened().await;
        let (id, _) = registry.issue_token(Scope::Admin, "a", SECRET, NOW, None).await.unwrap();
        for (later, expected) in [(0, 0), (59_999, 0), (60_000, 60_000)] {
            registry.note_token_use(id, NOW + later).await.unwrap();
            assert_eq!(registry.tokens().await.unwrap()[0].last_used_ms, Some(NOW + expected));
        }
    }

    #[tokio::test]
    async fn a_token_names_only_those_who_exist() {
        let (_folder, registry) = opened().await;
        let nobody = Scope::ReadParticipant(person(1));
        let issued = registry.issue_token(nobody, "a", SECRET, NOW, None).await;
        assert!(matches!(issued, Err(RegistryError::ParticipantUnknown)));
        let nowhere = Scope::ReadStudy(StudyId::new(1));
        let issued = registry.issue_token(nowhere, "a", SECRET, NOW, None).await;
        assert!(matches!(issued, Err(RegistryError::StudyUnknown)));
    }
}
