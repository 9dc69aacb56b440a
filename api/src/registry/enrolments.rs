use foulee_contract::ParticipantId;

use super::codes::OneTimeCode;
use super::ids::participant_of;
use super::open::next_number;
use super::people::require_participant;
use super::phones::{PhoneTokens, add_phone};
use super::{Registry, Result};

impl Registry {
    /// Makes a code from random bytes of the caller, which lets one phone send for a participant. It cannot be had again.
    ///
    /// # Errors
    /// The participant is unknown.
    pub async fn add_enrolment(
        &self,
        participant: ParticipantId,
        random: [u8; 8],
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<OneTimeCode> {
        let code = OneTimeCode::of(random);
        let hash = code.hash();
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let id = next_number(&mut tx, "enrolment", now_ms).await?;
        let sql = "INSERT INTO enrolment (id, participant, code_hash, recorded_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(hash.to_vec())
            .bind(now_ms)
            .bind(expires_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(code)
    }

    /// Lets a phone in by a code, which is spent by it; `None` where the code is none, is spent or has ended. The secrets
    /// are random bytes of the caller.
    ///
    /// # Errors
    /// The database failed.
    pub async fn redeem(
        &self,
        code: &str,
        secrets: [[u8; 32]; 2],
        now_ms: i64,
    ) -> Result<Option<PhoneTokens>> {
        let Some(code) = OneTimeCode::read(code) else { return Ok(None) };
        let hash = code.hash();
        let mut tx = self.begin().await?;
        let sql = "UPDATE enrolment SET redeemed_ms = $2
            WHERE code_hash = $1 AND redeemed_ms IS NULL AND expires_ms > $2 RETURNING participant";
        let found: Option<String> =
            sqlx::query_scalar(sql).bind(hash.to_vec()).bind(now_ms).fetch_optional(&mut *tx).await?;
        let Some(participant) = found else { return Ok(None) };
        let participant = participant_of(&participant, "enrolment")?;
        let tokens = add_phone(&mut tx, participant, secrets, now_ms).await?;
        tx.commit().await?;
        Ok(Some(tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened, person};
    use super::super::{FILE_NAME, RegistryError};

    const SECRETS: [[u8; 32]; 2] = [[1; 32], [2; 32]];

    #[tokio::test]
    async fn a_code_lets_one_phone_in() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let code = registry.add_enrolment(id, *b"12345678", NOW, NOW + 100).await.unwrap();
        assert_eq!(format!("{code:?}"), "OneTimeCode(hidden)");
        let text = code.reveal().to_owned();
        assert!(text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{text}");
        for wrong in ["", "AAAAAAAA", "AAAA", "É", &format!("{text}A"), &text.replace(&text[..1], "0")] {
            assert!(registry.redeem(wrong, SECRETS, NOW).await.unwrap().is_none(), "{wrong}");
        }
        let typed = format!(" {}-{} ", text[..4].to_lowercase(), &text[4..]);
        let tokens = registry.redeem(&typed, SECRETS, NOW + 99).await.unwrap().unwrap();
        assert_eq!(tokens.participant, id);
        assert!(registry.redeem(&text, SECRETS, NOW + 99).await.unwrap().is_none(), "it is spent");
        registry.close().await;
        let bytes = std::fs::read(folder.path().join(FILE_NAME)).unwrap();
        for secret in [text.as_bytes(), &SECRETS[0], &SECRETS[1]] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }

    #[tokio::test]
    async fn a_code_ends_and_is_of_somebody() {
        let (_folder, registry) = opened().await;
        let nobody = registry.add_enrolment(person(1), *b"12345678", NOW, NOW + 1).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
        let id = added(&registry, 1).await;
        let code = registry.add_enrolment(id, *b"12345678", NOW, NOW + 10).await.unwrap();
        assert!(registry.redeem(code.reveal(), SECRETS, NOW + 10).await.unwrap().is_none());
    }
}
