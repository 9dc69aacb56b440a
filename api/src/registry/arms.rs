use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::participant_of;
use super::open::{Tx, next_number};
use super::studies::require_study;
use super::{NameKind, Registry, RegistryError, Result, StudyId};
use crate::study::{Arm, BlockPlan, commitment_of};

/// Arms to be set for a study.
#[derive(Debug)]
pub struct NewArms<'a> {
    /// The arms and their block.
    pub plan: &'a BlockPlan,
    /// Whether each stratum has a list of its own.
    pub stratified: bool,
    /// 32 random bytes, from which all follows.
    pub seed: [u8; 32],
}

/// A study's arms, as everybody may see them: nothing here tells what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmPlan {
    /// The arms.
    pub arms: Vec<Arm>,
    /// Whether each stratum has a list of its own.
    pub stratified: bool,
    /// SHA-256 of the seed.
    pub commitment: [u8; 32],
    /// When they were set, ms UTC.
    pub recorded_ms: i64,
    /// When the seed was shown, ms UTC; from then on nobody is allocated.
    pub unsealed_ms: Option<i64>,
}

/// What is shown once no more is allocated: with it anybody can compute the list again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// The arms and their block.
    pub plan: BlockPlan,
    /// The seed.
    pub seed: [u8; 32],
    /// When it was shown first, ms UTC.
    pub unsealed_ms: i64,
    /// All who were allocated and are still here, by stratum and slot.
    pub allocations: Vec<Allocation>,
}

/// Where somebody was allocated, once and for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Who.
    pub participant: ParticipantId,
    /// Their stratum; empty where there are none.
    pub stratum: String,
    /// Their slot in its list, from 0.
    pub slot: u64,
    /// The arm.
    pub arm: String,
    /// Who asked, in their words.
    pub asked_by: String,
    /// When, ms UTC.
    pub recorded_ms: i64,
}

type PlanRow = (String, i64, i64, Vec<u8>, i64, Option<i64>);

/// All of a study's arms, the seed too: never leaves this file but by [`Registry::unseal_arms`].
struct Sealed {
    plan: BlockPlan,
    stratified: bool,
    seed: [u8; 32],
    recorded_ms: i64,
    unsealed_ms: Option<i64>,
}

fn sealed((arms, block, stratified, seed, recorded_ms, unsealed_ms): PlanRow) -> Result<Sealed> {
    let arms: Vec<(String, u32)> = serde_json::from_str(&arms).map_err(unreadable("arm_plan", "arms"))?;
    let arms = arms.into_iter().map(|(name, share)| Arm { name, share }).collect();
    let block = u32::try_from(block).map_err(unreadable("arm_plan", "block"))?;
    let plan = BlockPlan::new(arms, block).map_err(unreadable("arm_plan", "arms"))?;
    let seed = seed.try_into().map_err(unreadable("arm_plan", "seed"))?;
    Ok(Sealed { plan, stratified: stratified != 0, seed, recorded_ms, unsealed_ms })
}

const PLAN: &str =
    "SELECT arms, block, stratified, seed, recorded_ms, unsealed_ms FROM arm_plan WHERE study = $1";

type Row = (String, String, i64, String, String, i64);

fn allocation((participant, stratum, slot, arm, asked_by, recorded_ms): Row) -> Result<Allocation> {
    let participant = participant_of(&participant, "allocation")?;
    let slot = u64::try_from(slot).map_err(unreadable("allocation", "slot"))?;
    Ok(Allocation { participant, stratum, slot, arm, asked_by, recorded_ms })
}

impl Registry {
    /// Sets a study's arms, once.
    ///
    /// # Errors
    /// The study is unknown or has arms already; an arm's name is not admitted.
    pub async fn set_arms(&self, study: StudyId, new: NewArms<'_>, now_ms: i64) -> Result<ArmPlan> {
        for arm in new.plan.arms() {
            NameKind::Arm.check(&arm.name)?;
        }
        let arms: Vec<(&str, u32)> =
            new.plan.arms().iter().map(|arm| (arm.name.as_str(), arm.share)).collect();
        let mut tx = self.begin().await?;
        require_study(&mut tx, study).await?;
        let known: Option<PlanRow> = sqlx::query_as(PLAN).bind(study.get()).fetch_optional(&mut *tx).await?;
        if known.is_some() {
            return Err(RegistryError::ArmsExist);
        }
        let sql = "INSERT INTO arm_plan (study, arms, block, stratified, seed, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(study.get())
            .bind(serde_json::to_string(&arms).map_err(unreadable("arm_plan", "arms"))?)
            .bind(i64::from(new.plan.block()))
            .bind(i64::from(new.stratified))
            .bind(new.seed.to_vec())
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.arms(study).await?.ok_or(RegistryError::NoArms)
    }

    /// A study's arms, if it has any.
    ///
    /// # Errors
    /// The database failed.
    pub async fn arms(&self, study: StudyId) -> Result<Option<ArmPlan>> {
        let row: Option<PlanRow> =
            sqlx::query_as(PLAN).bind(study.get()).fetch_optional(self.reader()).await?;
        let shown = |sealed: Sealed| ArmPlan {
            arms: sealed.plan.arms().to_vec(),
            stratified: sealed.stratified,
            commitment: commitment_of(&sealed.seed),
            recorded_ms: sealed.recorded_ms,
            unsealed_ms: sealed.unsealed_ms,
        };
        Ok(row.map(sealed).transpose()?.map(shown))
    }

    /// Allocates somebody to the next slot of their stratum; whether that was now. Asked again, it is the same slot.
    ///
    /// # Errors
    /// The study has no arms, or its seed was shown; they are not of the study, or do not agree to research in a study
    /// that asks; the stratum is missing, or one too many; a name is not admitted.
    pub async fn allocate(
        &self,
        study: StudyId,
        participant: ParticipantId,
        stratum: Option<&str>,
        asked_by: &str,
        now_ms: i64,
    ) -> Result<(Allocation, bool)> {
        NameKind::TokenLabel.check(asked_by)?;
        if let Some(stratum) = stratum {
            NameKind::Stratum.check(stratum)?;
        }
        let one = self.participant(participant).await?.ok_or(RegistryError::ParticipantUnknown)?;
        if one.study != Some(study) {
            return Err(RegistryError::OfAnotherStudy);
        }
        if !self.research_consents().await?.admits(&one) {
            return Err(RegistryError::ResearchNotAgreed);
        }
        let mut tx = self.begin().await?;
        let row: Option<PlanRow> = sqlx::query_as(PLAN).bind(study.get()).fetch_optional(&mut *tx).await?;
        let sealed = row.map(sealed).transpose()?.ok_or(RegistryError::NoArms)?;
        if let Some(known) = allocated(&mut tx, study, participant).await? {
            return Ok((known, false));
        }
        if sealed.unsealed_ms.is_some() {
            return Err(RegistryError::ArmsUnsealed);
        }
        if sealed.stratified != stratum.is_some() {
            return Err(RegistryError::StratumWanted { stratified: sealed.stratified });
        }
        let stratum = stratum.unwrap_or_default();
        let sql = "INSERT INTO arm_stratum (study, stratum, given) VALUES ($1, $2, 1)
            ON CONFLICT (study, stratum) DO UPDATE SET given = arm_stratum.given + 1 RETURNING given";
        let given: i64 = sqlx::query_scalar(sql).bind(study.get()).bind(stratum).fetch_one(&mut *tx).await?;
        let slot = given - 1;
        let at = u64::try_from(slot).map_err(unreadable("arm_stratum", "given"))?;
        let arm = &sealed.plan.arm_of(&sealed.seed, stratum, at).name;
        super::people::require_participant(&mut tx, participant).await?;
        let id = next_number(&mut tx, "allocation", now_ms).await?;
        let sql = "INSERT INTO allocation (id, study, participant, stratum, slot, arm, asked_by, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(id)
            .bind(study.get())
            .bind(participant.to_string())
            .bind(stratum)
            .bind(slot)
            .bind(arm)
            .bind(asked_by)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        let new = allocated(&mut tx, study, participant).await?.ok_or(RegistryError::NoArms)?;
        tx.commit().await?;
        Ok((new, true))
    }

    /// Where somebody was allocated, if they were.
    ///
    /// # Errors
    /// The database failed.
    pub async fn allocation(&self, study: StudyId, participant: ParticipantId) -> Result<Option<Allocation>> {
        let sql = "SELECT participant, stratum, slot, arm, asked_by, recorded_ms FROM allocation
            WHERE study = $1 AND participant = $2";
        let query = sqlx::query_as::<_, Row>(sql).bind(study.get()).bind(participant.to_string());
        query.fetch_optional(self.reader()).await?.map(allocation).transpose()
    }

    /// Ends the allocation of a study and shows its seed. Again it shows the same.
    ///
    /// # Errors
    /// The study has no arms.
    pub async fn unseal_arms(&self, study: StudyId, now_ms: i64) -> Result<Unsealed> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE arm_plan SET unsealed_ms = COALESCE(unsealed_ms, $2) WHERE study = $1";
        sqlx::query(sql).bind(study.get()).bind(now_ms).execute(&mut *tx).await?;
        let row: Option<PlanRow> = sqlx::query_as(PLAN).bind(study.get()).fetch_optional(&mut *tx).await?;
        let sealed = row.map(sealed).transpose()?.ok_or(RegistryError::NoArms)?;
        let sql = "SELECT participant, stratum, slot, arm, asked_by, recorded_ms FROM allocation
            WHERE study = $1 ORDER BY stratum, slot";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(study.get()).fetch_all(&mut *tx).await?;
        tx.commit().await?;
        let allocations = rows.into_iter().map(allocation).collect::<Result<_>>()?;
        let unsealed_ms = sealed.unsealed_ms.unwrap_or(now_ms);
        Ok(Unsealed { plan: sealed.plan, seed: sealed.seed, unsealed_ms, allocations })
    }
}

async fn allocated(tx: &mut Tx, study: StudyId, participant: ParticipantId) -> Result<Option<Allocation>> {
    let sql = "SELECT participant, stratum, slot, arm, asked_by, recorded_ms FROM allocation
        WHERE study = $1 AND participant = $2";
    let query = sqlx::query_as::<_, Row>(sql).bind(study.get()).bind(participant.to_string());
    query.fetch_optional(&mut **tx).await?.map(allocation).transpose()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use sha2::{Digest as _, Sha256};

    use super::super::fixture::{NOW, opened, person};
    use super::super::{ConsentState, NewParticipant, Purpose};
    use super::*;

    const SEED: [u8; 32] = [0x5E; 32];

    fn two() -> BlockPlan {
        let arm = |name: &str| Arm { name: name.to_owned(), share: 1 };
        BlockPlan::new(vec![arm("usual"), arm("coached")], 4).unwrap()
    }

    async fn study_of(people: u16) -> (tempfile::TempDir, Registry, StudyId) {
        let (folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        for number in 1..=people {
            let new = NewParticipant { id: person(number), external_id: None, study: Some(study) };
            registry.add_participant(new, NOW).await.unwrap();
        }
        (folder, registry, study)
    }

    /// The list of a stratum, written anew from the words of the documentation, and not with the program's own function.
    fn recomputed(plan: &BlockPlan, seed: [u8; 32], stratum: &str, block: u64) -> Vec<String> {
        let sum: u32 = plan.arms().iter().map(|arm| arm.share).sum();
        let mut places: Vec<String> = Vec::new();
        for arm in plan.arms() {
            for _ in 0..arm.share * plan.block() / sum {
                places.push(arm.name.clone());
            }
        }
        let mut words = Vec::new();
        for counter in 0_u64..40 {
            let mut text = b"foulee-arms-v1".to_vec();
            text.extend(seed);
            text.extend((stratum.len() as u64).to_be_bytes());
            text.extend(stratum.as_bytes());
            text.extend(block.to_be_bytes());
            text.extend(counter.to_be_bytes());
            for word in Sha256::digest(&text).chunks(4) {
                words.push(u64::from(u32::from_be_bytes(word.try_into().unwrap())));
            }
        }
        let mut words = words.into_iter();
        for last in (1..places.len()).rev() {
            let end = last as u64 + 1;
            let greatest = (1_u64 << 32) / end * end;
            let word = words.find(|word| *word < greatest).unwrap();
            places.swap(last, (word % end) as usize);
        }
        places
    }

    #[tokio::test]
    async fn unsealed_the_list_can_be_computed_again_by_anybody() {
        let (_folder, registry, study) = study_of(60).await;
        let new = NewArms { plan: &two(), stratified: true, seed: SEED };
        let shown = registry.set_arms(study, new, NOW).await.unwrap();
        assert_eq!(shown.commitment, <[u8; 32]>::from(Sha256::digest(SEED)));
        for number in 1..=60 {
            let stratum = if number % 3 == 0 { "Dijon" } else { "Lyon" };
            let asked = registry.allocate(study, person(number), Some(stratum), "coordinator", NOW);
            let (given, is_new) = asked.await.unwrap();
            assert!(is_new && given.stratum == stratum && given.recorded_ms == NOW);
        }
        // One who is erased leaves their slot empty: nobody else gets it.
        registry.erase_participant(person(60), [9; 32], NOW).await.unwrap();
        let unsealed = registry.unseal_arms(study, NOW + 1).await.unwrap();
        assert_eq!(<[u8; 32]>::from(Sha256::digest(unsealed.seed)), shown.commitment);
        assert_eq!(unsealed.allocations.len(), 59);
        for one in &unsealed.allocations {
            let list = recomputed(&unsealed.plan, unsealed.seed, &one.stratum, one.slot / 4);
            assert_eq!(list[(one.slot % 4) as usize], one.arm, "{one:?}");
        }
        // Shown once more it is the same, and nobody is allocated from then on.
        assert_eq!(registry.unseal_arms(study, NOW + 9).await.unwrap(), unsealed);
        let late = NewParticipant { id: person(61), external_id: None, study: Some(study) };
        registry.add_participant(late, NOW).await.unwrap();
        let late = registry.allocate(study, person(61), Some("Lyon"), "coordinator", NOW).await;
        assert!(matches!(late, Err(RegistryError::ArmsUnsealed)));
        let (known, is_new) =
            registry.allocate(study, person(1), Some("Lyon"), "coordinator", NOW).await.unwrap();
        assert!(
            !is_new
                && known
                    == unsealed.allocations.iter().find(|one| one.participant == person(1)).unwrap().clone()
        );
    }

    #[tokio::test]
    async fn nobody_is_allocated_twice_and_no_slot_is_given_twice() {
        let (folder, registry, study) = study_of(24).await;
        let new = NewArms { plan: &two(), stratified: false, seed: SEED };
        registry.set_arms(study, new, NOW).await.unwrap();
        let second = Registry::open(folder.path()).await.unwrap();
        let ask = |handle: Registry, number| {
            tokio::spawn(async move {
                handle.allocate(study, person(number), None, "coordinator", NOW).await.unwrap()
            })
        };
        let tasks: Vec<_> = (1..=24)
            .flat_map(|number| [ask(registry.clone(), number), ask(second.clone(), number)])
            .collect();
        let (mut given, mut new) = (HashMap::new(), 0);
        for task in tasks {
            let (one, is_new) = task.await.unwrap();
            new += u32::from(is_new);
            assert_eq!(given.entry(one.participant).or_insert_with(|| one.clone()), &one);
        }
        assert_eq!((given.len(), new), (24, 24));
        let mut slots: Vec<u64> = given.values().map(|one| one.slot).collect();
        slots.sort_unstable();
        assert_eq!(slots, (0..24).collect::<Vec<_>>());
        assert_eq!(given.values().filter(|one| one.arm == "usual").count(), 12);
        // Erasing the last one gives their slot to nobody.
        let last = given.values().find(|one| one.slot == 23).unwrap().participant;
        registry.erase_participant(last, [9; 32], NOW).await.unwrap();
        let again = NewParticipant { id: last, external_id: None, study: Some(study) };
        registry.add_participant(again, NOW).await.unwrap();
        let (anew, _) = registry.allocate(study, last, None, "coordinator", NOW).await.unwrap();
        assert_eq!(anew.slot, 24);
    }

    #[tokio::test]
    async fn what_is_shown_before_the_end_does_not_tell_what_comes_next() {
        let (_folder, registry, study) = study_of(1).await;
        let new = NewArms { plan: &two(), stratified: false, seed: SEED };
        let shown = registry.set_arms(study, new, NOW).await.unwrap();
        let text = format!("{shown:?}");
        assert!(
            !text.contains("94, 94, 94") && !text.contains("5e5e5e") && !text.contains("block"),
            "{text}"
        );
        let again = NewArms { plan: &two(), stratified: false, seed: [1; 32] };
        assert!(matches!(registry.set_arms(study, again, NOW).await, Err(RegistryError::ArmsExist)));
        assert_eq!(registry.arms(study).await.unwrap(), Some(shown));
    }

    #[tokio::test]
    async fn who_cannot_be_allocated_is_not_and_takes_no_slot() {
        let (_folder, registry, study) = study_of(3).await;
        let ask = |number, stratum| registry.allocate(study, person(number), stratum, "coordinator", NOW);
        assert!(matches!(ask(1, None).await, Err(RegistryError::NoArms)));
        let new = NewArms { plan: &two(), stratified: false, seed: SEED };
        registry.set_arms(study, new, NOW).await.unwrap();
        let wanted = ask(1, Some("Lyon")).await;
        assert!(matches!(wanted, Err(RegistryError::StratumWanted { stratified: false })));
        assert!(matches!(ask(9, None).await, Err(RegistryError::ParticipantUnknown)));
        let refuse = |number, state| registry.say_consent(person(number), Purpose::Research, state, NOW, NOW);
        refuse(2, ConsentState::Refused).await.unwrap();
        assert!(matches!(ask(2, None).await, Err(RegistryError::ResearchNotAgreed)));
        assert!(matches!(ask(3, None).await, Err(RegistryError::ResearchNotAgreed)), "the study asks");
        refuse(1, ConsentState::Given).await.unwrap();
        assert_eq!(ask(1, None).await.unwrap().0.slot, 0);
        // As they were meant to be treated: a consent that ends later changes no arm.
        refuse(1, ConsentState::Withdrawn).await.unwrap();
        assert!(registry.allocation(study, person(1)).await.unwrap().is_some());
        let elsewhere = registry.study_of("t", NOW).await.unwrap();
        let other = registry.allocate(elsewhere, person(1), None, "coordinator", NOW).await;
        assert!(matches!(other, Err(RegistryError::OfAnotherStudy)));
    }
}
