use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use chrono::NaiveDate;
use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::audit::About;
use super::fault::{Fault, Path, Query, json_fault};
use crate::registry::{Attendance, AttendanceState, Group, GroupId, Reach, Right};

#[derive(Serialize)]
pub(super) struct Sheet {
    group: i64,
    name: String,
    study: String,
    places: u32,
    /// The school days.
    days: Vec<NaiveDate>,
    /// Everybody who is to come, each day.
    items: Vec<AttendanceDoc>,
}

#[derive(Serialize)]
pub(super) struct AttendanceDoc {
    day: NaiveDate,
    participant: ParticipantId,
    /// Null while nobody noted it, which is not absence.
    state: Option<&'static str>,
    noted_at: Option<String>,
}

impl From<Attendance> for AttendanceDoc {
    fn from(line: Attendance) -> Self {
        Self {
            day: line.day,
            participant: line.participant,
            state: line.noted.map(|(state, _)| state.as_str()),
            noted_at: line.noted.map(|(_, noted_ms)| crate::feed::rfc3339(noted_ms)),
        }
    }
}

/// The group of a path, for who has the right over its study; for others it does not exist.
async fn group_of(service: &Service, caller: Caller, number: i64) -> Result<Group, Fault> {
    caller.has(Right::Attendance)?;
    let group = service.registry.group(GroupId::new(number)).await?.ok_or_else(Fault::not_found)?;
    match caller.scope.reach(Right::Attendance) {
        Reach::Everybody => Ok(group),
        Reach::Study(study) if study == group.study => Ok(group),
        _ => Err(Fault::not_found()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetQuery {
    day: Option<NaiveDate>,
}

/// `GET /v1/groups/{group}/attendance`: the attendance sheet.
pub(super) async fn sheet(
    State(service): State<Service>,
    caller: Caller,
    Path(number): Path<i64>,
    Query(query): Query<SheetQuery>,
) -> Result<(Extension<About>, Json<Sheet>), Fault> {
    let group = group_of(&service, caller, number).await?;
    let days = service.registry.group_days(group.id).await?;
    if query.day.is_some_and(|day| !days.contains(&day)) {
        return Err(Fault::field("day", "a school day of the group"));
    }
    let lines = service.registry.attendance(group.id, query.day).await?;
    let study = service.registry.study(group.study).await?.ok_or_else(Fault::not_found)?;
    let mut people: Vec<ParticipantId> = lines.iter().map(|line| line.participant).collect();
    people.sort_unstable();
    people.dedup();
    let sheet = Sheet {
        group: group.id.get(),
        name: group.name,
        study: study.name,
        places: group.places,
        days,
        items: lines.into_iter().map(AttendanceDoc::from).collect(),
    };
    Ok((Extension(About { caller, people }), Json(sheet)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Noted {
    participant: ParticipantId,
    day: NaiveDate,
    state: String,
}

/// `POST /v1/groups/{group}/attendance`: somebody came, or did not. A later note corrects.
pub(super) async fn note(
    State(service): State<Service>,
    caller: Caller,
    Path(number): Path<i64>,
    body: Result<Json<Noted>, JsonRejection>,
) -> Result<(StatusCode, Extension<About>, Json<AttendanceDoc>), Fault> {
    let group = group_of(&service, caller, number).await?;
    let Json(noted) = body.map_err(|error| json_fault(&error))?;
    let state = AttendanceState::of_word(&noted.state)
        .ok_or_else(|| Fault::field("state", "present, excused or absent"))?;
    let now_ms = (service.clock)();
    let line =
        service.registry.note_attendance(group.id, noted.participant, noted.day, state, now_ms).await?;
    let about = About { caller, people: vec![noted.participant] };
    Ok((StatusCode::CREATED, Extension(about), Json(line.into())))
}
