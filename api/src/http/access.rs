use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use foulee_ingest::{Authority, Clock, Denied, WriteGrant};
use foulee_store::BoxFuture;

use super::Service;
use super::fault::Fault;
use crate::registry::{Access as Sort, Reach, Registry, Right, Scope, TokenId};

/// How long a grant is remembered, ms: a revoked token and a participant who was erased elsewhere are seen within this.
pub const GRANT_CACHE_MS: i64 = 2_000;
/// A token that names somebody who is not in its remembered grant has it looked up again, at most once in this time, ms:
/// a participant who was just added is known at once, and a client that names strangers all the time costs ten questions
/// a second. In real time, since one waits for it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Grants remembered at once.
const MAX_GRANTS: usize = 10_000;

/// Says who may do what.
pub struct Access {
    registry: Registry,
    clock: Clock,
    run_token: Option<String>,
    grants: Mutex<HashMap<String, Remembered>>,
}

/// What is remembered of a token.
struct Remembered {
    grant: WriteGrant,
    /// Until when it is good, ms UTC.
    until_ms: i64,
    /// When this was looked up.
    asked_at: Instant,
    /// When somebody last began to look it up again.
    tried_at: Instant,
}

/// What to do about a grant that must be newer than the question.
enum Next {
    Take(WriteGrant),
    Wait(Duration),
    LookUp,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

impl Access {
    pub(super) fn new(registry: Registry, clock: Clock, run_token: Option<String>) -> Self {
        Self { registry, clock, run_token, grants: Mutex::default() }
    }

    /// The scope of a token's text, if it is a valid one.
    pub(super) async fn scope(
        &self,
        token: &str,
    ) -> Result<Option<(Option<TokenId>, Scope)>, crate::ApiError> {
        if self.run_token.as_ref().is_some_and(|own| same(own.as_bytes(), token.as_bytes())) {
            return Ok(Some((None, Scope::Admin)));
        }
        let now_ms = (self.clock)();
        if let Some(participant) = self.registry.authenticate_phone(token, now_ms).await? {
            return Ok(Some((None, Scope::WriteParticipant(participant))));
        }
        let found = self.registry.authenticate(token, now_ms).await?;
        Ok(found.map(|token| (Some(token.id), token.scope)))
    }

    /// Forgets what is remembered, so that a change is seen at once.
    pub fn forget(&self) {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn grant(&self, token: &str) -> Result<WriteGrant, Denied> {
        let now_ms = (self.clock)();
        {
            let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = grants.get(token)
                && known.until_ms > now_ms
            {
                return Ok(known.grant.clone());
            }
        }
        self.look_up(token).await
    }

    /// A grant that was looked up after this was asked.
    async fn fresh_grant(&self, token: &str) -> Result<WriteGrant, Denied> {
        let since = Instant::now();
        loop {
            match self.next(token, since) {
                Next::Take(grant) => return Ok(grant),
                Next::Wait(time) => tokio::time::sleep(time).await,
                Next::LookUp => return self.look_up(token).await,
            }
        }
    }

    fn next(&self, token: &str, since: Instant) -> Next {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = grants.get_mut(token) else { return Next::LookUp };
        if known.asked_at > since {
            return Next::Take(known.grant.clone());
        }
        match LOOK_AGAIN.checked_sub(known.tried_at.elapsed()) {
            Some(rest) if !rest.is_zero() => Next::Wait(rest),
            _ => {
                known.tried_at = Instant::now();
                Next::LookUp
            }
        }
    }

    async fn look_up(&self, token: &str) -> Result<WriteGrant, Denied> {
        let (now_ms, asked_at) = ((self.clock)(), Instant::now());
        let (id, scope) =
            self.scope(token).await.map_err(|error| unavailable(&error))?.ok_or(Denied::Unauthorized)?;
        if scope.reach(Right::SendReadings) == Reach::Nobody {
            return Err(Denied::Forbidden);
        }
        let people = self.registry.participants_of_scope(scope, Sort::Write).await;
        let people = people.map_err(|error| unavailable(&error.into()))?;
        if let Some(id) = id {
            // Only for the operator's eyes: a failure to note it must not cost a reading.
            let _ = self.registry.note_token_use(id, now_ms).await;
        }
        let grant = match scope {
            Scope::WriteParticipant(one) if people.contains(&one) => WriteGrant::One(one),
            _ => WriteGrant::Some(people.into()),
        };
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() >= MAX_GRANTS {
            grants.clear();
        }
        let until_ms = now_ms + GRANT_CACHE_MS;
        let known = Remembered { grant: grant.clone(), until_ms, asked_at, tried_at: asked_at };
        grants.insert(token.to_owned(), known);
        Ok(grant)
    }
}

fn unavailable(error: &crate::ApiError) -> Denied {
    tracing::error!(error = error as &dyn std::error::Error, "a token could not be checked");
    Denied::Unavailable
}

impl Authority for Access {
    fn write_grant<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>> {
        Box::pin(async move { self.grant(token.ok_or(Denied::Unauthorized)?).await })
    }

    fn fresh_write_grant<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>> {
        Box::pin(async move { self.fresh_grant(token.ok_or(Denied::Unauthorized)?).await })
    }
}

/// Compares in time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// Name of the cookie that a page's visitor holds.
pub(super) const COOKIE: &str = "foulee_token";

/// Who asks, with a valid token in the header or in the pages' cookie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// The token's number; none for the run's own and for a phone's.
    pub(super) token: Option<TokenId>,
    pub(super) scope: Scope,
}

/// Who asks, where it was found out on the way to the handler.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recognised(pub(super) Option<Caller>);

impl Caller {
    /// Whether this participant may be seen; if not, it is as if they did not exist.
    pub(super) async fn may_read(&self, service: &Service, id: ParticipantId) -> Result<(), Fault> {
        if service.registry.may_read(self.scope, id).await? { Ok(()) } else { Err(Fault::not_found()) }
    }

    /// Whether a right reaches this participant. Who has not the right is told so, whomever it is about; whom it does not
    /// reach does not exist.
    pub(super) async fn may(&self, service: &Service, right: Right, id: ParticipantId) -> Result<(), Fault> {
        self.has(right)?;
        if service.registry.may(self.scope, right, id).await? { Ok(()) } else { Err(Fault::not_found()) }
    }

    /// Whether the token has a right over anybody at all.
    pub(super) fn has(&self, right: Right) -> Result<(), Fault> {
        match self.scope.reach(right) {
            Reach::Nobody if right == Right::Administer => {
                Err(Problem::new(ProblemKind::Forbidden).detail("an admin token is needed").into())
            }
            Reach::Nobody => {
                Err(Problem::new(ProblemKind::Forbidden).detail("this token's role may not do that").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether anything may be read at all: a wearable's token shows nothing.
    pub(super) fn reader(&self) -> Result<(), Fault> {
        match (self.scope.reach(Right::ReadPerson), self.scope.reach(Right::ReadPseudonymised)) {
            (Reach::Nobody, Reach::Nobody) => {
                Err(Problem::new(ProblemKind::Forbidden).detail("this token may only write readings").into())
            }
            _ => Ok(()),
        }
    }

    /// Whether everything is allowed.
    pub(super) fn admin(&self) -> Result<(), Fault> {
        self.has(Right::Administer)
    }

    /// Whether it sees people only where they agree to research, and without the ids that an export uses for them.
    pub(super) fn is_researcher(&self) -> bool {
        self.scope.reach(Right::ReadPerson) == Reach::Nobody
    }

    pub(super) async fn of_token(service: &Service, token: &str) -> Result<Option<Self>, Fault> {
        Ok(service.access.scope(token).await?.map(|(token, scope)| Self { token, scope }))
    }

    pub(super) async fn of_headers(service: &Service, headers: &HeaderMap) -> Result<Option<Self>, Fault> {
        match token(headers) {
            Some(token) => Self::of_token(service, token).await,
            None => Ok(None),
        }
    }
}

/// The token in the header, or else in the pages' cookie.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(foulee_ingest::bearer);
    bearer.or_else(|| cookie(headers))
}

/// The token in the pages' cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

impl FromRequestParts<Service> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Fault> {
        let caller = match parts.extensions.get::<Recognised>() {
            Some(Recognised(caller)) => *caller,
            None => Self::of_headers(service, &parts.headers).await?,
        };
        caller.ok_or_else(|| {
            Problem::new(ProblemKind::Unauthorized).detail("send Authorization: Bearer with a token").into()
        })
    }
}
