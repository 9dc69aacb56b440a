use std::collections::BTreeMap;

use chrono::NaiveDate;
use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::groups::require_group;
use super::ids::{date_of, date_text, participant_of};
use super::open::next_number;
use super::{GroupId, Membership, Registry, RegistryError, Result};

/// Whether somebody came to a school day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttendanceState {
    /// They came.
    Present,
    /// They did not, and said why before.
    Excused,
    /// They did not.
    Absent,
}

impl AttendanceState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Present, Self::Excused, Self::Absent];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Excused => "excused",
            Self::Absent => "absent",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One line of a group's attendance sheet: somebody who is to come on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// The school day.
    pub day: NaiveDate,
    /// Who.
    pub participant: ParticipantId,
    /// Whether they came, and when that was noted, ms UTC; none while nobody noted it, which is not absence.
    pub noted: Option<(AttendanceState, i64)>,
}

type Row = (String, String, String, i64);

impl Registry {
    /// Notes whether a member of a group came to one of its school days; a later note corrects.
    ///
    /// # Errors
    /// The group is unknown; it has no school on that day; they are not a member on it.
    pub async fn note_attendance(
        &self,
        id: GroupId,
        participant: ParticipantId,
        day: NaiveDate,
        state: AttendanceState,
        now_ms: i64,
    ) -> Result<Attendance> {
        let text = date_text(day)?;
        let is_member = |one: &Membership| one.participant == participant && one.holds_on(day);
        if !self.memberships(id).await?.iter().any(is_member) {
            return Err(RegistryError::NotAMember);
        }
        let mut tx = self.begin().await?;
        require_group(&mut tx, id).await?;
        let school: Option<String> =
            sqlx::query_scalar("SELECT day FROM group_day WHERE study_group = $1 AND day = $2")
                .bind(id.get())
                .bind(&text)
                .fetch_optional(&mut *tx)
                .await?;
        if school.is_none() {
            return Err(RegistryError::NoSchoolDay);
        }
        // Read again within the transaction: they may have been erased meanwhile.
        super::people::require_participant(&mut tx, participant).await?;
        let number = next_number(&mut tx, "attendance", now_ms).await?;
        let sql = "INSERT INTO attendance (id, study_group, participant, day, state, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(number)
            .bind(id.get())
            .bind(participant.to_string())
            .bind(text)
            .bind(state.as_str())
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Attendance { day, participant, noted: Some((state, now_ms)) })
    }

    /// What the sheets say of a participant, in whatever group, by day: the last word on each; up to an instant of recording
    /// where one is given, ms UTC.
    ///
    /// # Errors
    /// The database failed.
    pub async fn attendance_of(
        &self,
        participant: ParticipantId,
        known_at_ms: Option<i64>,
    ) -> Result<Vec<(NaiveDate, AttendanceState)>> {
        let sql =
            "SELECT day, state FROM attendance WHERE participant = $1 AND recorded_ms <= $2 ORDER BY id";
        let query = sqlx::query_as(sql).bind(participant.to_string());
        let rows: Vec<(String, String)> =
            query.bind(known_at_ms.unwrap_or(i64::MAX)).fetch_all(self.reader()).await?;
        let mut last = BTreeMap::new();
        for (day, state) in rows {
            let day = date_of(&day, "attendance", "day")?;
            let state =
                AttendanceState::of_word(&state).ok_or_else(|| unreadable("attendance", "state")(()))?;
            last.insert(day, state);
        }
        Ok(last.into_iter().collect())
    }

    /// A group's attendance sheet: every school day with everybody who is a member on it, and what was noted last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn attendance(&self, id: GroupId, day: Option<NaiveDate>) -> Result<Vec<Attendance>> {
        let sql = "SELECT participant, day, state, recorded_ms FROM attendance
            WHERE study_group = $1 ORDER BY id";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(id.get()).fetch_all(self.reader()).await?;
        let mut last = BTreeMap::new();
        for (participant, day, state, recorded_ms) in rows {
            let participant = participant_of(&participant, "attendance")?;
            let day = date_of(&day, "attendance", "day")?;
            let state =
                AttendanceState::of_word(&state).ok_or_else(|| unreadable("attendance", "state")(()))?;
            last.insert((day, participant), (state, recorded_ms));
        }
        let members = self.memberships(id).await?;
        let mut sheet = Vec::new();
        for day in self.group_days(id).await?.into_iter().filter(|one| day.is_none_or(|day| *one == day)) {
            for one in members.iter().filter(|one| one.holds_on(day)) {
                let noted = last.get(&(day, one.participant)).copied();
                sheet.push(Attendance { day, participant: one.participant, noted });
            }
        }
        Ok(sheet)
    }
}

#[cfg(test)]
mod tests {
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, opened, person};
    use super::*;

    #[tokio::test]
    async fn a_sheet_has_who_is_to_come_and_what_was_noted_last() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        for number in 1..=2 {
            let new = NewParticipant { id: person(number), external_id: None, study: Some(study) };
            registry.add_participant(new, NOW).await.unwrap();
        }
        let day = |number| NaiveDate::from_ymd_opt(2026, 3, number).unwrap();
        let id = registry.add_group(study, "mars", 6, NOW).await.unwrap();
        registry.add_group_days(id, &[day(3), day(5)], NOW).await.unwrap();
        for (number, from) in [(1, 2), (2, 4)] {
            let one = Membership { participant: person(number), from: day(from), to: None };
            registry.join_group(id, one, NOW).await.unwrap();
        }
        let note =
            |number, date, state, now| registry.note_attendance(id, person(number), day(date), state, now);
        note(1, 3, AttendanceState::Absent, NOW).await.unwrap();
        note(1, 3, AttendanceState::Excused, NOW + 1).await.unwrap();
        let line = |number, date, noted| Attendance { day: day(date), participant: person(number), noted };
        let excused = Some((AttendanceState::Excused, NOW + 1));
        let sheet = [line(1, 3, excused), line(1, 5, None), line(2, 5, None)];
        assert_eq!(registry.attendance(id, None).await.unwrap(), sheet);
        assert_eq!(registry.attendance(id, Some(day(5))).await.unwrap(), sheet[1..]);
        let too_early = note(2, 3, AttendanceState::Present, NOW).await;
        assert!(matches!(too_early, Err(RegistryError::NotAMember)));
        let no_school = note(1, 4, AttendanceState::Present, NOW).await;
        assert!(matches!(no_school, Err(RegistryError::NoSchoolDay)));
        let nobody = note(9, 3, AttendanceState::Present, NOW).await;
        assert!(matches!(nobody, Err(RegistryError::NotAMember)));
    }
}
