//! A proxy before a server that fails on request.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use tokio::net::TcpSocket;

use super::forward::{Upstream, whole};
use super::serve::{Line, Serving, hold, lock};

/// How long what was passed on of a cut answer has to leave before the connection ends.
const LEAVES_WITHIN: Duration = Duration::from_millis(50);

/// What the proxy does to a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Passes it on, and the answer back, both as they come.
    #[default]
    Pass,
    /// The port refuses connections and those that were open are cut. It holds for every path.
    Closed,
    /// Takes it all, answers with this status, passes nothing on.
    Answer(u16),
    /// The server takes it; the client is told this status instead of the answer.
    ForwardThenAnswer(u16),
    /// The server takes it and answers; the connection is cut before the client hears of it.
    ForwardThenCut,
    /// Waits so long before it passes it on.
    Slow(Duration),
    /// Passes the answer's status, headers and so many bytes of its body back, then cuts the connection.
    CutAnswer(usize),
    /// Takes it all, answers 429 with `Retry-After: 1`, passes nothing on.
    RetryAfter429,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    inside: Arc<Inside>,
    front: Front,
}

#[derive(Debug)]
enum Front {
    Open(Serving),
    /// The port is held, so that nobody else listens there meanwhile.
    Closed(Option<TcpSocket>),
}

#[derive(Debug)]
struct Inside {
    upstream: Upstream,
    mode: Mutex<(String, Mode)>,
    requests: AtomicU64,
    faults: AtomicU64,
}

impl FaultProxy {
    /// Before the server at `HOST:PORT`, in mode [`Mode::Pass`].
    ///
    /// # Errors
    /// There is no port or thread to be had.
    pub fn start(upstream_address: &str) -> io::Result<Self> {
        let inside = Arc::new(Inside {
            upstream: Upstream::new(upstream_address),
            mode: Mutex::default(),
            requests: AtomicU64::new(0),
            faults: AtomicU64::new(0),
        });
        let (socket, address) = hold(0)?;
        let front = Front::Open(Serving::start(socket, router(&inside))?);
        Ok(Self { address, inside, front })
    }

    /// As `127.0.0.1:PORT`; the same for good.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// What happens to all requests that arrive from now on.
    ///
    /// # Errors
    /// The port cannot be opened again.
    pub fn set_mode(&mut self, mode: Mode) -> io::Result<()> {
        self.set_mode_below("/", mode)
    }

    /// What happens to requests whose path starts with this, such as `/write`; others pass.
    ///
    /// # Errors
    /// The port cannot be opened again.
    pub fn set_mode_below(&mut self, path: &str, mode: Mode) -> io::Result<()> {
        *lock(&self.inside.mode) = (path.to_owned(), mode);
        match (&mut self.front, mode) {
            (Front::Open(serving), Mode::Closed) => {
                serving.close();
                self.front = Front::Closed(None);
                self.front = Front::Closed(Some(hold(self.address.port())?.0));
            }
            (Front::Closed(held), mode) if mode != Mode::Closed => {
                let held = held.take().map_or_else(|| hold(self.address.port()).map(|(held, _)| held), Ok);
                self.front = Front::Open(Serving::start(held?, router(&self.inside))?);
            }
            _ => {}
        }
        Ok(())
    }

    /// How many requests arrived.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.inside.requests.load(Ordering::SeqCst)
    }

    /// How many of them were not simply passed.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.inside.faults.load(Ordering::SeqCst)
    }
}

fn router(inside: &Arc<Inside>) -> Router {
    Router::new().fallback(answer).with_state(Arc::clone(inside))
}

async fn answer(
    State(inside): State<Arc<Inside>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    inside.requests.fetch_add(1, Ordering::SeqCst);
    let mode = inside.mode(request.uri().path());
    if !matches!(mode, Mode::Pass | Mode::Closed) {
        inside.faults.fetch_add(1, Ordering::SeqCst);
    }
    // A server that is gone, or a client: as without a proxy, the connection ends.
    inside.fail(mode, &line, request).await.unwrap_or_else(|_| {
        line.cut();
        StatusCode::BAD_GATEWAY.into_response()
    })
}

impl Inside {
    fn mode(&self, path: &str) -> Mode {
        let mode = lock(&self.mode);
        if path.starts_with(&mode.0) { mode.1 } else { Mode::Pass }
    }

    async fn fail(&self, mode: Mode, line: &Line, request: Request) -> io::Result<Response> {
        match mode {
            Mode::Pass | Mode::Closed => self.upstream.forward(request).await,
            Mode::Answer(status) => {
                whole(request.into_body()).await?;
                refusal(status)
            }
            Mode::ForwardThenAnswer(status) => {
                whole(self.upstream.forward(request).await?.into_body()).await?;
                refusal(status)
            }
            Mode::ForwardThenCut => {
                whole(self.upstream.forward(request).await?.into_body()).await?;
                line.cut();
                refusal(502)
            }
            Mode::Slow(wait) => {
                tokio::time::sleep(wait).await;
                self.upstream.forward(request).await
            }
            Mode::CutAnswer(bytes) => {
                let answer = self.upstream.forward(request).await?;
                let (parts, body) = answer.into_parts();
                Ok(Response::from_parts(parts, cut_after(body, bytes, line.clone())))
            }
            Mode::RetryAfter429 => {
                whole(request.into_body()).await?;
                let mut answer = refusal(429)?;
                answer.headers_mut().insert(header::RETRY_AFTER, 1.into());
                Ok(answer)
            }
        }
    }
}

/// In the shape of the errors of 2.x, which 1.x's clients read as text.
fn refusal(status: u16) -> io::Result<Response> {
    let status = StatusCode::from_u16(status).map_err(io::Error::other)?;
    let body = serde_json::json!({ "code": "internal error", "message": "the proxy says no" });
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(answer)
}

/// An answer that is shorter than this is cut at its end.
fn cut_after(body: Body, bytes: usize, line: Line) -> Body {
    let pieces =
        stream::unfold((body.into_data_stream(), bytes, line), |(mut body, left, line)| async move {
            let piece = if left == 0 { None } else { body.next().await };
            if let Some(Ok(mut piece)) = piece {
                piece.truncate(left);
                let left = left - piece.len();
                return Some((Ok::<Bytes, io::Error>(piece), (body, left, line)));
            }
            tokio::time::sleep(LEAVES_WITHIN).await;
            line.cut();
            Some((Err(io::ErrorKind::ConnectionAborted.into()), (body, 0, line)))
        });
    Body::from_stream(pieces)
}
