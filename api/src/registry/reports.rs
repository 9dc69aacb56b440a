use chrono::DateTime;
use foulee_contract::{ParticipantId, Report, ReportAnswer, ReportId, ReportQuestion, ResponseState};

use super::error::unreadable;
use super::open::{Tx, next_number};
use super::people::require_participant;
use super::safety::raise;
use super::{Registry, Result};

/// By whom something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The person.
    Participant,
    /// Somebody of the care team, for them.
    Professional,
    /// Whoever runs the service, for them.
    Operator,
    /// It was collected elsewhere.
    Import,
}

impl Origin {
    const ALL: [Self; 4] = [Self::Participant, Self::Professional, Self::Operator, Self::Import];

    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Professional => "professional",
            Self::Operator => "operator",
            Self::Import => "import",
        }
    }

    /// The one of a stored word.
    pub(super) fn of(word: &str, table: &'static str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.as_str() == word);
        found.ok_or_else(|| unreadable(table, "origin")(()))
    }
}

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReport {
    /// Its place in the order of arrival: a greater one came later.
    pub number: i64,
    /// What was said.
    pub report: Report,
    /// By whom.
    pub origin: Origin,
    /// When it arrived, ms UTC.
    pub recorded_ms: i64,
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Kept.
    New,
    /// It was here already.
    Duplicate,
    /// Its id is that of a report that says something else.
    IdTaken,
    /// What it corrects is not here, or is of another question.
    CorrectedUnknown,
}

type Row = (i64, String, String, String, i64, Option<String>, String, i64, Option<String>);

fn stored(participant: ParticipantId, row: Row) -> Result<StoredReport> {
    let (number, id, question, state, effective_ms, corrects, origin, recorded_ms, answer) = row;
    let answer: Option<ReportAnswer> =
        answer.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable("report", "answer"))?;
    let corrects = corrects.map(|id| id.parse()).transpose().map_err(unreadable("report", "corrects"))?;
    let report = Report {
        id: id.parse().map_err(unreadable("report", "id"))?,
        participant,
        question: ReportQuestion::of(&question).ok_or_else(|| unreadable("report", "question")(()))?,
        state: ResponseState::of(&state).ok_or_else(|| unreadable("report", "state")(()))?,
        answer,
        effective_at: DateTime::from_timestamp_millis(effective_ms)
            .ok_or_else(|| unreadable("report", "effective_ms")(()))?,
        corrects,
    };
    Ok(StoredReport { number, report, origin: Origin::of(&origin, "report")?, recorded_ms })
}

const COLUMNS: &str =
    "SELECT number, id, question, state, effective_ms, corrects, origin, recorded_ms, answer FROM report";

impl Registry {
    /// Keeps reports that were checked, in their order, all in one transaction; a red flag among them acts from the same
    /// moment. What became of each.
    ///
    /// # Errors
    /// Somebody in them is unknown, or the database failed; nothing is kept then.
    pub async fn add_reports(&self, reports: &[Report], origin: Origin, now_ms: i64) -> Result<Vec<Taken>> {
        let mut tx = self.begin().await?;
        let mut taken = Vec::with_capacity(reports.len());
        for report in reports {
            taken.push(add(&mut tx, report, origin, now_ms).await?);
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// All that was ever said of a participant, in the order of arrival; up to an instant of arrival where one is given,
    /// ms UTC.
    ///
    /// # Errors
    /// The database failed.
    pub async fn reports(
        &self,
        participant: ParticipantId,
        known_at_ms: Option<i64>,
    ) -> Result<Vec<StoredReport>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "{COLUMNS} WHERE participant = $1 AND recorded_ms <= $2 ORDER BY number"
        ));
        let query = sqlx::query_as::<_, Row>(sql).bind(participant.to_string());
        let rows = query.bind(known_at_ms.unwrap_or(i64::MAX)).fetch_all(self.reader()).await?;
        rows.into_iter().map(|row| stored(participant, row)).collect()
    }
}

async fn add(tx: &mut Tx, report: &Report, origin: Origin, now_ms: i64) -> Result<Taken> {
    let who = report.participant;
    require_participant(tx, who).await?;
    if let Some(known) = find(tx, who, report.id).await? {
        return Ok(if known.report == *report { Taken::Duplicate } else { Taken::IdTaken });
    }
    if let Some(corrected) = report.corrects {
        let earlier = find(tx, who, corrected).await?;
        if earlier.is_none_or(|earlier| earlier.report.question != report.question) {
            return Ok(Taken::CorrectedUnknown);
        }
    }
    let number = next_number(tx, "report", now_ms).await?;
    let answer = report.answer.as_ref().map(serde_json::to_string).transpose();
    let effective_ms = report.effective_at.timestamp_millis();
    let sql = "INSERT INTO report
        (participant, id, number, question, state, effective_ms, corrects, origin, recorded_ms, answer)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    sqlx::query(sql)
        .bind(who.to_string())
        .bind(report.id.to_string())
        .bind(number)
        .bind(report.question.as_str())
        .bind(report.state.as_str())
        .bind(effective_ms)
        .bind(report.corrects.map(|id| id.to_string()))
        .bind(origin.as_str())
        .bind(now_ms)
        .bind(answer.map_err(unreadable("report", "answer"))?)
        .execute(&mut **tx)
        .await?;
    if let Some(ReportAnswer::RedFlag { codes }) = &report.answer {
        for code in codes {
            raise(tx, who, *code, report.id, effective_ms, now_ms).await?;
        }
    }
    Ok(Taken::New)
}

async fn find(tx: &mut Tx, participant: ParticipantId, id: ReportId) -> Result<Option<StoredReport>> {
    let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE participant = $1 AND id = $2"));
    let query = sqlx::query_as::<_, Row>(sql).bind(participant.to_string()).bind(id.to_string());
    query.fetch_optional(&mut **tx).await?.map(|row| stored(participant, row)).transpose()
}

#[cfg(test)]
mod tests {
    use foulee_contract::{PainMoment, RedFlag};

    use super::super::fixture::{NOW, added, opened, person};
    use super::super::{RegistryError, SafetyChange};
    use super::*;

    fn report(number: u8, answer: ReportAnswer) -> Report {
        Report {
            id: ReportId::from_parts(NOW as u64, [number; 10]),
            participant: person(1),
            question: answer.question(),
            state: ResponseState::Answered,
            answer: Some(answer),
            effective_at: DateTime::from_timestamp_millis(NOW - 5).unwrap(),
            corrects: None,
        }
    }

    fn pain(number: u8, nrs: u8) -> Report {
        report(number, ReportAnswer::Pain { moment: PainMoment::Now, nrs })
    }

    #[tokio::test]
    async fn a_report_is_kept_once_and_corrected_by_a_later_one() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let first = pain(1, 4);
        let correction = Report { corrects: Some(first.id), ..pain(2, 5) };
        let all = [
            first.clone(),
            first.clone(),
            pain(1, 6),
            correction.clone(),
            Report { corrects: Some(first.id), ..report(3, ReportAnswer::Effort { borg: 12 }) },
            Report { corrects: Some(pain(9, 0).id), ..pain(4, 5) },
        ];
        let taken = registry.add_reports(&all, Origin::Participant, NOW).await.unwrap();
        use Taken::*;
        assert_eq!(taken, [New, Duplicate, IdTaken, New, CorrectedUnknown, CorrectedUnknown]);
        let kept = registry.reports(id, None).await.unwrap();
        assert_eq!(kept.iter().map(|one| &one.report).collect::<Vec<_>>(), [&first, &correction]);
        assert!(kept.iter().all(|one| (one.origin, one.recorded_ms) == (Origin::Participant, NOW)));
        assert!(registry.reports(id, Some(NOW - 1)).await.unwrap().is_empty(), "it was not known then");
    }

    #[tokio::test]
    async fn two_people_may_have_made_the_same_id() {
        let (_folder, registry) = opened().await;
        added(&registry, 1).await;
        added(&registry, 2).await;
        let theirs = Report { participant: person(2), ..pain(1, 9) };
        let taken = registry.add_reports(&[pain(1, 4), theirs], Origin::Participant, NOW).await.unwrap();
        assert_eq!(taken, [Taken::New; 2]);
    }

    #[tokio::test]
    async fn a_red_flag_acts_with_the_report_that_holds_it() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let none = report(1, ReportAnswer::RedFlag { codes: Vec::new() });
        registry.add_reports(&[none], Origin::Participant, NOW).await.unwrap();
        assert!(registry.safety(id).await.unwrap().is_empty());
        let codes = vec![RedFlag::Fever, RedFlag::Sphincter];
        let raised = report(2, ReportAnswer::RedFlag { codes: codes.clone() });
        for _ in 0..2 {
            registry.add_reports(std::slice::from_ref(&raised), Origin::Participant, NOW).await.unwrap();
        }
        let found: Vec<_> = registry.safety(id).await.unwrap().into_iter().map(|one| one.change).collect();
        let expected = codes.into_iter().map(|code| SafetyChange::Raised { code, report: Some(raised.id) });
        assert_eq!(found, expected.collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn one_about_nobody_costs_the_whole_request() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let nobody = Report { participant: person(2), ..pain(2, 1) };
        let refused = registry.add_reports(&[pain(1, 1), nobody], Origin::Participant, NOW).await;
        assert!(matches!(refused, Err(RegistryError::ParticipantUnknown)));
        assert!(registry.reports(id, None).await.unwrap().is_empty());
    }
}
