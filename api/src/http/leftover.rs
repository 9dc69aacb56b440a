use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// Most bytes of a body that nobody wanted which are read all the same. What a refused client sends is mostly less.
const MOST_BYTES: usize = 1 << 20;
/// How long they may take to come: the answer waits for them.
const LONGEST: Duration = Duration::from_secs(2);

/// What a handler leaves of a body. A connection that is closed with bytes unread is reset, and its client may see a cut
/// connection in place of the answer that says why it was refused.
pub(super) struct Leftover(Option<Receiver<Body>>);

impl Leftover {
    /// The request, with a body that comes back here once it is dropped. A client that waits to be told to send is not.
    pub(super) fn of(request: Request) -> (Request, Self) {
        if request.body().is_end_stream() || waits_for_leave(request.headers()) {
            return (request, Self(None));
        }
        let (back, left) = channel();
        let request = request.map(|body| Body::new(Lent { body, back: Some(back), ended: false }));
        (request, Self(Some(left)))
    }

    /// Reads what was left, within bounds, and keeps nothing of it.
    pub(super) async fn read_on(self) {
        // A body that is still held is read by who holds it.
        let Some(body) = self.0.and_then(|mut left| left.try_recv().ok()) else { return };
        if body.size_hint().lower() <= MOST_BYTES as u64 {
            let _ = tokio::time::timeout(LONGEST, discard(body)).await;
        }
    }
}

fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

async fn discard(mut body: Body) {
    let mut bytes = 0;
    while bytes <= MOST_BYTES
        && let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// A body that goes back when it is dropped before its end.
struct Lent {
    body: Body,
    back: Option<Sender<Body>>,
    ended: bool,
}

impl http_body::Body for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.ended |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(back) = self.back.take()
            && !self.ended
            && !self.body.is_end_stream()
        {
            // Nobody waits for it once the request was given up.
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}
