use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::FromRequestParts;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use foulee_contract::{FieldError, Problem, ProblemKind};
use foulee_ingest::problem_response;
use foulee_store::StoreError;
use serde::de::DeserializeOwned;

use crate::ApiError;
use crate::registry::RegistryError;

/// A problem on its way out. What broke inside stays inside, in the log, under the number that the answer names.
#[derive(Debug)]
pub(super) struct Fault(Box<Problem>);

static FAULTS: AtomicU64 = AtomicU64::new(1);

impl Fault {
    pub(super) fn not_found() -> Self {
        Problem::new(ProblemKind::NotFound).into()
    }

    pub(super) fn field(field: &str, fix: impl Into<String>) -> Self {
        Problem::new(ProblemKind::InvalidField).field(field, fix).into()
    }

    pub(super) fn problem(&self) -> &Problem {
        &self.0
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<RegistryError> for Fault {
    fn from(error: RegistryError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        let known = match &error {
            ApiError::ParticipantUnknown | ApiError::Registry(RegistryError::ParticipantUnknown) => {
                Some(Problem::new(ProblemKind::NotFound))
            }
            ApiError::ProgrammeUnknown
            | ApiError::NothingAssigned
            | ApiError::Registry(RegistryError::ProgrammeUnknown) => {
                Some(Problem::new(ProblemKind::NotFound).detail(error.to_string()))
            }
            ApiError::Registry(
                RegistryError::ParticipantExists
                | RegistryError::ExternalIdTaken
                | RegistryError::ProgrammeConflict,
            ) => Some(Problem::new(ProblemKind::Conflict).detail(error.to_string())),
            ApiError::SourceUnknown { known, .. } => {
                Some(Problem::new(ProblemKind::InvalidField).field("first", format!("of these: {known}")))
            }
            ApiError::SourcesTooMany { most } => {
                let fix = format!("at most {most} sources; the others follow by their kind");
                Some(Problem::new(ProblemKind::InvalidField).field("first", fix))
            }
            ApiError::PeriodReversed => {
                Some(Problem::new(ProblemKind::InvalidField).field("from", "a day that is not after `to`"))
            }
            ApiError::ProgrammeInvalid { faults } => {
                let errors = faults.iter().map(|fault| FieldError {
                    field: fault.field.to_string(),
                    line: fault.line,
                    fix: fault.wrong.to_string(),
                });
                Some(Problem { errors: errors.collect(), ..Problem::new(ProblemKind::InvalidField) })
            }
            ApiError::ProfileInvalid { field, fix }
            | ApiError::ReportInvalid { field, fix }
            | ApiError::QuestionnaireInvalid { field, fix } => {
                Some(Problem::new(ProblemKind::InvalidField).field(field.clone(), fix.clone()))
            }
            ApiError::ProfessionalNeeded => {
                Some(Problem::new(ProblemKind::Forbidden).detail(error.to_string()))
            }
            ApiError::NothingStopped => Some(Problem::new(ProblemKind::Conflict).detail(error.to_string())),
            ApiError::NoBaseline { .. } | ApiError::RunInMissing | ApiError::RunInTooLow { .. } => {
                Some(Problem::new(ProblemKind::InvalidField).field("start_steps", error.to_string()))
            }
            ApiError::TrialsMissing { .. } => {
                Some(Problem::new(ProblemKind::InvalidField).field("trials", error.to_string()))
            }
            ApiError::TrialsRefused(source) => {
                Some(Problem::new(ProblemKind::InvalidField).field("trials", source.to_string()))
            }
            ApiError::BaselineUnused { field } => {
                Some(Problem::new(ProblemKind::InvalidField).field(*field, error.to_string()))
            }
            ApiError::ContingencyMissing | ApiError::ContingencyChosen => {
                Some(Problem::new(ProblemKind::InvalidField).field("contingency", error.to_string()))
            }
            ApiError::Registry(RegistryError::Name { what, source }) => {
                Some(Problem::new(ProblemKind::InvalidField).field(what.field(), source.to_string()))
            }
            ApiError::Registry(RegistryError::DateOutOfRange) => {
                Some(Problem::new(ProblemKind::InvalidField).field("date", error.to_string()))
            }
            ApiError::Registry(RegistryError::ZoneUnknown) => {
                Some(Problem::new(ProblemKind::InvalidField).field("time_zone", error.to_string()))
            }
            ApiError::Registry(RegistryError::BirthYearOutOfRange) => {
                Some(Problem::new(ProblemKind::InvalidField).field("birth_year", error.to_string()))
            }
            ApiError::Registry(RegistryError::ConsentInFuture) => {
                Some(Problem::new(ProblemKind::InvalidField).field("at", error.to_string()))
            }
            ApiError::Registry(RegistryError::NotAMember) => {
                Some(Problem::new(ProblemKind::InvalidField).field("participant", error.to_string()))
            }
            ApiError::Registry(RegistryError::NoSchoolDay) => {
                Some(Problem::new(ProblemKind::InvalidField).field("day", error.to_string()))
            }
            ApiError::Registry(RegistryError::GroupUnknown) => Some(Problem::new(ProblemKind::NotFound)),
            ApiError::Registry(RegistryError::NothingToWithdraw) => {
                Some(Problem::new(ProblemKind::Conflict).detail(error.to_string()))
            }
            ApiError::Analytics(_) => Some(
                Problem::new(ProblemKind::InvalidField).detail("the dates or parameters are out of range"),
            ),
            ApiError::Store(StoreError::Busy) => Some(Problem::new(ProblemKind::TooManyRequests)),
            ApiError::Store(store) if store.is_remote() => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a request could not be answered now"
                );
                Some(
                    Problem::new(ProblemKind::Unavailable).detail("the store does not answer now; ask again"),
                )
            }
            _ => None,
        };
        known
            .unwrap_or_else(|| {
                let number = FAULTS.fetch_add(1, Ordering::Relaxed);
                let instance = format!("fault-{}-{number}", std::process::id());
                tracing::error!(
                    fault = instance,
                    error = &error as &dyn std::error::Error,
                    "a request failed"
                );
                Problem { instance: Some(instance), ..Problem::new(ProblemKind::Internal) }
            })
            .into()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        problem_response(*self.0)
    }
}

/// A query string that names the field at fault.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        axum::extract::Query::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|error: QueryRejection| {
                Problem::new(ProblemKind::InvalidField).detail(error.body_text()).into()
            })
    }
}

/// A path whose parts are not what they must be names nothing.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(path)| Self(path))
            .map_err(|_: PathRejection| Fault::not_found())
    }
}

/// What is wrong with a JSON body.
pub(super) fn json_fault(error: &JsonRejection) -> Fault {
    let kind = match error {
        JsonRejection::MissingJsonContentType(_) => ProblemKind::UnsupportedMedia,
        JsonRejection::JsonDataError(_) => ProblemKind::InvalidField,
        _ => ProblemKind::Malformed,
    };
    Problem::new(kind).detail(error.body_text()).into()
}
