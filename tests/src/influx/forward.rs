//! Passing a request on to the server behind, and its answer back, both as they come.

use std::io::{self, Read};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, header};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use tokio::sync::{mpsc, oneshot};
use ureq::config::AutoHeaderValue;
use ureq::{Agent, SendBody};

/// What belongs to one connection and not to the request or answer on it.
const OF_A_CONNECTION: [HeaderName; 5] =
    [header::CONNECTION, header::EXPECT, header::HOST, header::TE, header::TRANSFER_ENCODING];
/// Bytes of an answer that are passed on at once.
const PIECE: usize = 64 << 10;
/// Pieces that may wait on either way: a slow reader slows the writer.
const WAITING: usize = 4;

/// The server behind.
#[derive(Clone, Debug)]
pub(super) struct Upstream {
    agent: Agent,
    address: String,
}

impl Upstream {
    /// At `HOST:PORT`.
    pub(super) fn new(address: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.max_redirects_will_error(false).accept(AutoHeaderValue::None);
        let config = config.accept_encoding(AutoHeaderValue::None).user_agent(AutoHeaderValue::None);
        Self { agent: config.build().into(), address: address.to_owned() }
    }

    /// Passes a request on as it comes. The answer's body comes as the server sends it, and breaks where that breaks.
    pub(super) async fn forward(&self, request: Request) -> io::Result<Response> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let outgoing = if [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method) {
            let (sender, pieces) = mpsc::channel(WAITING);
            tokio::spawn(async move {
                let mut body = body.into_data_stream();
                while let Some(piece) = body.next().await {
                    if sender.send(piece.map_err(io::Error::other)).await.is_err() {
                        break;
                    }
                }
            });
            Outgoing::Streamed(Pieces { pieces, piece: Bytes::new() })
        } else {
            Outgoing::Nothing
        };
        self.run(parts.method, path, &parts.headers, outgoing).await
    }

    /// Sends bytes with these headers.
    pub(super) async fn post(&self, path: &str, headers: &HeaderMap, body: Vec<u8>) -> io::Result<Response> {
        self.run(Method::POST, path, headers, Outgoing::Whole(body)).await
    }

    /// Asks for something.
    pub(super) async fn get(&self, path: &str) -> io::Result<Response> {
        self.run(Method::GET, path, &HeaderMap::new(), Outgoing::Nothing).await
    }

    async fn run(
        &self,
        method: Method,
        path: &str,
        headers: &HeaderMap,
        body: Outgoing,
    ) -> io::Result<Response> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers.iter().filter(|(name, _)| !OF_A_CONNECTION.contains(name)) {
            request = request.header(name, value);
        }
        let request = request.body(()).map_err(io::Error::other)?;
        let agent = self.agent.clone();
        let (head, answered) = oneshot::channel();
        let (sender, pieces) = mpsc::channel(WAITING);
        tokio::task::spawn_blocking(move || {
            let answer = match body {
                Outgoing::Nothing => agent.run(request),
                Outgoing::Whole(bytes) => agent.run(request.map(|()| bytes)),
                Outgoing::Streamed(pieces) => {
                    agent.run(request.map(|()| SendBody::from_owned_reader(pieces)))
                }
            };
            match answer {
                Err(error) => drop(head.send(Err(error.into_io()))),
                Ok(answer) => {
                    let (parts, body) = answer.into_parts();
                    if head.send(Ok((parts.status, parts.headers))).is_ok() {
                        relay(body.into_reader(), &sender);
                    }
                }
            }
        });
        let (status, headers) = answered.await.map_err(io::Error::other)??;
        let body = stream::unfold(pieces, |mut pieces| async {
            let piece: Option<io::Result<Bytes>> = pieces.recv().await;
            piece.map(|piece| (piece, pieces))
        });
        let mut answer = Response::new(Body::from_stream(body));
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        for name in OF_A_CONNECTION {
            answer.headers_mut().remove(name);
        }
        Ok(answer)
    }
}

enum Outgoing {
    Nothing,
    Whole(Vec<u8>),
    Streamed(Pieces),
}

/// What arrives in an async task, for a thread that reads.
struct Pieces {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.piece = piece?,
            }
        }
        let now = self.piece.split_to(buffer.len().min(self.piece.len()));
        buffer[..now.len()].copy_from_slice(&now);
        Ok(now.len())
    }
}

/// Until the end, an error, or nobody reads any more.
fn relay(mut body: impl Read, sender: &mpsc::Sender<io::Result<Bytes>>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let piece = match body.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => Ok(Bytes::copy_from_slice(&buffer[..count])),
            Err(error) => Err(error),
        };
        let is_last = piece.is_err();
        if sender.blocking_send(piece).is_err() || is_last {
            return;
        }
    }
}

/// The whole body of a request or an answer, however long.
pub(super) async fn whole(body: Body) -> io::Result<Bytes> {
    axum::body::to_bytes(body, usize::MAX).await.map_err(io::Error::other)
}
