use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::fault::Fault;
use crate::ApiError;
use crate::feed::{ReadingFeed, ReadingRow};

/// Who takes nothing for this long is given up, and so is what was held for them.
const LONGEST_STALL: Duration = Duration::from_secs(30);

/// Some of a body, or the rest of it.
enum Part {
    More(Bytes),
    Last(Bytes),
}

/// A body that is made as it is read. One that ends before its last part is an error, so that nobody takes half of it for
/// the whole.
struct MadeAsRead {
    parts: Receiver<Part>,
    ended: bool,
}

/// Why a body ended before its end: it could not be made, or was not read.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off")]
struct CutOff;

impl http_body::Body for MadeAsRead {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = ready!(self.parts.poll_recv(context));
        self.ended = !matches!(part, Some(Part::More(_)));
        Poll::Ready(Some(match part {
            Some(Part::More(bytes) | Part::Last(bytes)) => Ok(Frame::data(bytes)),
            None => Err(CutOff),
        }))
    }
}

/// The rows of a feed as one JSON document, `{"items": [...]}`, a part made when the one before it has been taken. `place`
/// is held until the last.
pub(super) async fn rows_as_read(
    mut feed: ReadingFeed,
    place: OwnedSemaphorePermit,
) -> Result<Response, Fault> {
    // What fails at once is still a problem of its own, and not half an answer.
    let first = feed.next().await?;
    let (sender, parts) = channel(1);
    tokio::spawn(async move {
        if let Err(error) = send(feed, first, &sender).await {
            tracing::error!(error = &error as &dyn std::error::Error, "a feed of readings ended early");
        }
        drop(place);
    });
    let body = Body::new(MadeAsRead { parts, ended: false });
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

async fn send(
    mut feed: ReadingFeed,
    mut next: Option<Vec<ReadingRow>>,
    sender: &Sender<Part>,
) -> Result<(), ApiError> {
    let mut text = b"{\"items\":[".to_vec();
    let mut is_first = true;
    while let Some(rows) = next {
        for row in rows {
            if !std::mem::take(&mut is_first) {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, &row)?;
        }
        if !pass(sender, Part::More(std::mem::take(&mut text).into())).await {
            return Ok(());
        }
        next = feed.next().await?;
    }
    text.extend_from_slice(b"]}");
    pass(sender, Part::Last(text.into())).await;
    Ok(())
}

/// Whether it was taken.
async fn pass(sender: &Sender<Part>, part: Part) -> bool {
    matches!(tokio::time::timeout(LONGEST_STALL, sender.send(part)).await, Ok(Ok(())))
}
