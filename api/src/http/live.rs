use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Service;
use super::access::{Caller, token};
use super::fault::{Fault, Path};
use crate::live::{Full, Seat, Shown};

/// A comment after this much silence, so that whoever is between keeps the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When a client whose stream ended is to come again.
const RETRY: Duration = Duration::from_secs(2);
/// Whether the token still holds is looked at this often, and before an event when the last look is older than that.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LOOK_BEFORE_EVENT: Duration = Duration::from_secs(1);

/// `GET /v1/participants/{id}/live`: the newest, whenever it changes.
pub(super) async fn newest(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    caller.may_read(&service, id).await?;
    let seat = service.live.follow(id).map_err(|full| match full {
        Full::Taken => Problem::new(ProblemKind::TooManyRequests).detail("too many live streams are open"),
        Full::Ending => Problem::new(ProblemKind::Unavailable).detail("the service is about to end"),
    })?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let watcher = Watcher {
        token: token(&headers).unwrap_or_default().to_owned(),
        service,
        id,
        seat,
        told: text("last-event-id"),
        looked_at: Instant::now(),
        is_open: false,
    };
    let mut response = Sse::new(stream::unfold(watcher, Watcher::next))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT))
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that waits for more would hold up what is told.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// Until the service is about to end.
async fn ended(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}

/// One stream. It is asked for its next event when the last one was taken, so who reads slowly misses states and holds
/// up nobody.
struct Watcher {
    service: Service,
    token: String,
    id: ParticipantId,
    seat: Seat,
    /// The id of what the client has.
    told: Option<String>,
    looked_at: Instant,
    is_open: bool,
}

impl Watcher {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        if !self.is_open {
            self.is_open = true;
            return Some((Ok(Event::default().retry(RETRY)), self));
        }
        loop {
            let shown = self.seat.shown.borrow_and_update().clone();
            match shown {
                Shown::Gone => return None,
                Shown::Told(told) if self.told.as_ref() != Some(&told.id) => {
                    if self.looked_at.elapsed() >= LOOK_BEFORE_EVENT && !self.still_may().await {
                        return None;
                    }
                    let event = Event::default().event("state").id(&told.id).data(&told.text);
                    self.told = Some(told.id.clone());
                    return Some((Ok(event), self));
                }
                Shown::Told(_) | Shown::NotYet => {}
            }
            tokio::select! {
                changed = self.seat.shown.changed() => changed.ok()?,
                () = ended(&mut self.seat.ending) => return None,
                () = sleep(LOOK_EVERY) => {
                    if !self.still_may().await {
                        return None;
                    }
                }
            }
        }
    }

    /// Whether the token would still be let in. What cannot be asked is no yes: the client comes again.
    async fn still_may(&mut self) -> bool {
        self.looked_at = Instant::now();
        let Ok(Some((_, scope))) = self.service.access.scope(&self.token).await else { return false };
        matches!(self.service.registry.may_read(scope, self.id).await, Ok(true))
    }
}
