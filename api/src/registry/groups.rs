use std::collections::BTreeMap;

use chrono::NaiveDate;
use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::{date_of, date_text, participant_of};
use super::open::{Tx, next_number};
use super::{GroupId, NameKind, Registry, RegistryError, Result, StudyId};

/// The most people of a group of the back school (002, Dinan: groups of 6).
pub const MAX_PLACES: u32 = 6;

/// People of a study who go to school together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number.
    pub id: GroupId,
    /// Its study.
    pub study: StudyId,
    /// Its name, unique in its study.
    pub name: String,
    /// How many may be in it on one day.
    pub places: u32,
}

/// From when to when somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub participant: ParticipantId,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none while it is open.
    pub to: Option<NaiveDate>,
}

impl Membership {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    fn meets(&self, other: &Self) -> bool {
        self.holds_on(other.from) || other.holds_on(self.from)
    }
}

/// The most of these that hold at once on any day of another. Each reaches its height on a day when one begins.
fn most_at_once(others: &[Membership], within: &Membership) -> usize {
    let starts = others.iter().map(|one| one.from).filter(|from| within.holds_on(*from));
    let days = starts.chain([within.from]);
    days.map(|day| others.iter().filter(|one| one.holds_on(day)).count()).max().unwrap_or(0)
}

type GroupRow = (i64, i64, String, i64);

fn group((id, study, name, places): GroupRow) -> Result<Group> {
    let places = u32::try_from(places).map_err(unreadable("study_group", "places"))?;
    Ok(Group { id: GroupId::new(id), study: StudyId::new(study), name, places })
}

type MemberRow = (i64, String, String, Option<String>);

/// The rows recorded last, of each person and first day, by group.
fn memberships(rows: Vec<MemberRow>) -> Result<Vec<(GroupId, Membership)>> {
    let mut last = BTreeMap::new();
    for (group, participant, from, to) in rows {
        let participant = participant_of(&participant, "group_member")?;
        let from = date_of(&from, "group_member", "from_day")?;
        let to = to.map(|to| date_of(&to, "group_member", "to_day")).transpose()?;
        last.insert((group, participant, from), to);
    }
    let membership =
        |((group, participant, from), to)| (GroupId::new(group), Membership { participant, from, to });
    Ok(last.into_iter().map(membership).collect())
}

const OF_STUDY: &str = "SELECT m.study_group, m.participant, m.from_day, m.to_day FROM group_member m
    JOIN study_group g ON g.id = m.study_group WHERE g.study = $1 ORDER BY m.id";

impl Registry {
    /// Adds a group to a study.
    ///
    /// # Errors
    /// The name is not admitted or taken in the study; the study is unknown; it has no place, or more than
    /// [`MAX_PLACES`].
    pub async fn add_group(&self, study: StudyId, name: &str, places: u32, now_ms: i64) -> Result<GroupId> {
        NameKind::Group.check(name)?;
        if !(1..=MAX_PLACES).contains(&places) {
            return Err(RegistryError::PlacesOutOfRange);
        }
        let mut tx = self.begin().await?;
        super::studies::require_study(&mut tx, study).await?;
        let taken: Option<i64> =
            sqlx::query_scalar("SELECT id FROM study_group WHERE study = $1 AND name = $2")
                .bind(study.get())
                .bind(name)
                .fetch_optional(&mut *tx)
                .await?;
        if taken.is_some() {
            return Err(RegistryError::GroupExists);
        }
        let id = next_number(&mut tx, "study_group", now_ms).await?;
        let sql =
            "INSERT INTO study_group (id, study, name, places, recorded_ms) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(id)
            .bind(study.get())
            .bind(name)
            .bind(i64::from(places))
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(GroupId::new(id))
    }

    /// A group, if there is one of this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn group(&self, id: GroupId) -> Result<Option<Group>> {
        let sql = "SELECT id, study, name, places FROM study_group WHERE id = $1";
        let row: Option<GroupRow> = sqlx::query_as(sql).bind(id.get()).fetch_optional(self.reader()).await?;
        row.map(group).transpose()
    }

    /// The groups of a study, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn groups(&self, study: StudyId) -> Result<Vec<Group>> {
        let sql = "SELECT id, study, name, places FROM study_group WHERE study = $1 ORDER BY name";
        let rows: Vec<GroupRow> = sqlx::query_as(sql).bind(study.get()).fetch_all(self.reader()).await?;
        rows.into_iter().map(group).collect()
    }

    /// Adds days on which a group goes to school; one that is there already stays.
    ///
    /// # Errors
    /// The group is unknown, or a date is out of range.
    pub async fn add_group_days(&self, id: GroupId, days: &[NaiveDate], now_ms: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        require_group(&mut tx, id).await?;
        for day in days {
            let sql = "INSERT INTO group_day (study_group, day, recorded_ms) VALUES ($1, $2, $3)
                ON CONFLICT (study_group, day) DO NOTHING";
            let query = sqlx::query(sql).bind(id.get()).bind(date_text(*day)?).bind(now_ms);
            query.execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The days on which a group goes to school, in order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn group_days(&self, id: GroupId) -> Result<Vec<NaiveDate>> {
        let sql = "SELECT day FROM group_day WHERE study_group = $1 ORDER BY day";
        let days: Vec<String> = sqlx::query_scalar(sql).bind(id.get()).fetch_all(self.reader()).await?;
        days.iter().map(|day| date_of(day, "group_day", "day")).collect()
    }

    /// Puts somebody into a group from one day on, to a last day or until it is said. Said again of the same first day,
    /// the last word holds.
    ///
    /// # Errors
    /// The group is unknown; they are not of its study; the last day is before the first; on some day the group would be
    /// over-full, or they would be in two groups of the study.
    pub async fn join_group(&self, id: GroupId, new: Membership, now_ms: i64) -> Result<()> {
        if new.to.is_some_and(|to| to < new.from) {
            return Err(RegistryError::MembershipReversed);
        }
        let (from, to) = (date_text(new.from)?, new.to.map(date_text).transpose()?);
        let mut tx = self.begin().await?;
        let group = require_group(&mut tx, id).await?;
        let theirs: Option<Option<i64>> = sqlx::query_scalar("SELECT study FROM participant WHERE id = $1")
            .bind(new.participant.to_string())
            .fetch_optional(&mut *tx)
            .await?;
        match theirs {
            None => return Err(RegistryError::ParticipantUnknown),
            Some(study) if study != Some(group.study.get()) => return Err(RegistryError::OfAnotherStudy),
            Some(_) => {}
        }
        let rows: Vec<MemberRow> =
            sqlx::query_as(OF_STUDY).bind(group.study.get()).fetch_all(&mut *tx).await?;
        let mut known = memberships(rows)?;
        // What is said again is instead of what was said before.
        known.retain(|(group, one)| (*group, one.participant, one.from) != (id, new.participant, new.from));
        if known.iter().any(|(_, one)| one.participant == new.participant && one.meets(&new)) {
            return Err(RegistryError::MemberAlready);
        }
        let others: Vec<Membership> =
            known.into_iter().filter(|(group, _)| *group == id).map(|(_, one)| one).collect();
        if most_at_once(&others, &new) >= group.places as usize {
            return Err(RegistryError::GroupFull);
        }
        let number = next_number(&mut tx, "group_member", now_ms).await?;
        let sql = "INSERT INTO group_member (id, study_group, participant, from_day, to_day, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(number)
            .bind(id.get())
            .bind(new.participant.to_string())
            .bind(from)
            .bind(to)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Who was, is and will be in a group.
    ///
    /// # Errors
    /// The database failed.
    pub async fn memberships(&self, id: GroupId) -> Result<Vec<Membership>> {
        let sql = "SELECT study_group, participant, from_day, to_day FROM group_member
            WHERE study_group = $1 ORDER BY id";
        let rows: Vec<MemberRow> = sqlx::query_as(sql).bind(id.get()).fetch_all(self.reader()).await?;
        Ok(memberships(rows)?.into_iter().map(|(_, one)| one).collect())
    }

    /// Everybody of a study who was, is or will be in a group, with it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn memberships_of_study(&self, study: StudyId) -> Result<Vec<(GroupId, Membership)>> {
        memberships(sqlx::query_as(OF_STUDY).bind(study.get()).fetch_all(self.reader()).await?)
    }
}

/// The group of this number; fails unless there is one.
pub(super) async fn require_group(tx: &mut Tx, id: GroupId) -> Result<Group> {
    let sql = "SELECT id, study, name, places FROM study_group WHERE id = $1";
    let row: Option<GroupRow> = sqlx::query_as(sql).bind(id.get()).fetch_optional(&mut **tx).await?;
    row.map(group).transpose()?.ok_or(RegistryError::GroupUnknown)
}

#[cfg(test)]
mod tests {
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, opened, person};
    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
    }

    fn member(number: u16, from: u32, to: Option<u32>) -> Membership {
        Membership { participant: person(number), from: day(from), to: to.map(day) }
    }

    async fn study_of_eight() -> (tempfile::TempDir, Registry, StudyId) {
        let (folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        for number in 1..=8 {
            let new = NewParticipant { id: person(number), external_id: None, study: Some(study) };
            registry.add_participant(new, NOW).await.unwrap();
        }
        (folder, registry, study)
    }

    #[tokio::test]
    async fn a_group_is_never_over_full_on_any_day() {
        let (_folder, registry, study) = study_of_eight().await;
        let id = registry.add_group(study, "mars", 6, NOW).await.unwrap();
        for number in 1..=6 {
            registry.join_group(id, member(number, 2, None), NOW).await.unwrap();
        }
        let seventh = registry.join_group(id, member(7, 20, None), NOW).await;
        assert!(matches!(seventh, Err(RegistryError::GroupFull)));
        // Somebody leaves after the 10th: from the 11th on there is a place, and not before.
        registry.join_group(id, member(1, 2, Some(10)), NOW).await.unwrap();
        let early = registry.join_group(id, member(7, 10, None), NOW).await;
        assert!(matches!(early, Err(RegistryError::GroupFull)));
        registry.join_group(id, member(7, 11, None), NOW).await.unwrap();
        // Nor can the first say now that they had stayed.
        let stayed = registry.join_group(id, member(1, 2, None), NOW).await;
        assert!(matches!(stayed, Err(RegistryError::GroupFull)));
        let known = registry.memberships(id).await.unwrap();
        assert_eq!(known.len(), 7);
        for date in 1..=31 {
            assert!(known.iter().filter(|one| one.holds_on(day(date))).count() <= 6, "{date}");
        }
    }

    #[tokio::test]
    async fn a_later_peak_inside_a_stay_counts_too() {
        let (_folder, registry, study) = study_of_eight().await;
        let id = registry.add_group(study, "mars", 2, NOW).await.unwrap();
        registry.join_group(id, member(1, 10, Some(12)), NOW).await.unwrap();
        registry.join_group(id, member(2, 11, Some(11)), NOW).await.unwrap();
        let across = registry.join_group(id, member(3, 1, None), NOW).await;
        assert!(matches!(across, Err(RegistryError::GroupFull)), "on the 11th they would be three");
        registry.join_group(id, member(3, 12, None), NOW).await.unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused() {
        let (_folder, registry, study) = study_of_eight().await;
        let other = registry.study_of("t", NOW).await.unwrap();
        let id = registry.add_group(study, "mars", 6, NOW).await.unwrap();
        let second = registry.add_group(study, "avril", 6, NOW).await.unwrap();
        let theirs = registry.add_group(other, "mars", 6, NOW).await.unwrap();
        for (places, expected) in [(0, true), (7, true)] {
            let refused = registry.add_group(study, "mai", places, NOW).await;
            assert_eq!(matches!(refused, Err(RegistryError::PlacesOutOfRange)), expected);
        }
        let again = registry.add_group(study, "mars", 6, NOW).await;
        assert!(matches!(again, Err(RegistryError::GroupExists)));
        registry.join_group(id, member(1, 2, Some(20)), NOW).await.unwrap();
        let join = |group, one| registry.join_group(group, one, NOW);
        assert!(matches!(join(second, member(1, 20, None)).await, Err(RegistryError::MemberAlready)));
        assert!(matches!(join(id, member(1, 5, None)).await, Err(RegistryError::MemberAlready)));
        join(second, member(1, 21, None)).await.unwrap();
        assert!(matches!(join(theirs, member(2, 2, None)).await, Err(RegistryError::OfAnotherStudy)));
        assert!(matches!(join(id, member(2, 9, Some(8))).await, Err(RegistryError::MembershipReversed)));
        assert!(matches!(join(id, member(99, 2, None)).await, Err(RegistryError::ParticipantUnknown)));
        assert!(matches!(join(GroupId::new(99), member(2, 2, None)).await, Err(RegistryError::GroupUnknown)));
        let names: Vec<String> =
            registry.groups(study).await.unwrap().into_iter().map(|group| group.name).collect();
        assert_eq!(names, ["avril", "mars"]);
        registry.add_group_days(id, &[day(9), day(2), day(9)], NOW).await.unwrap();
        assert_eq!(registry.group_days(id).await.unwrap(), [day(2), day(9)]);
        assert_eq!(registry.memberships_of_study(study).await.unwrap().len(), 2);
    }
}
