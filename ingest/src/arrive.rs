use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use foulee_contract::MAX_WIRE_BYTES;

use crate::budget::Share;

/// A body that brings nothing for this long is ended: what it has brought so far is memory that others wait for.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// Memory is taken in steps of at most this, so that a body holds little more than it has brought.
const STEP_BYTES: usize = 1 << 20;

/// Why a body is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArriveError {
    /// Larger than 8 MiB.
    #[error("the body is larger than 8 MiB; send it in parts")]
    TooLarge,
    /// The connection ended within it; a client that was cut off no longer reads.
    #[error("the body was cut off; send it again")]
    CutOff,
    /// Nothing came for too long.
    #[error("nothing of the body came for {} s; send it again without a pause", LONGEST_SILENCE.as_secs())]
    Silent,
    /// The memory for it is not left.
    #[error("too much arrives at once; try again later")]
    Busy,
}

/// The body, whole. Memory is reserved as its bytes arrive and not as they are announced: an announcement costs its
/// sender nothing.
pub(crate) async fn arrive(mut body: Body, share: &mut Share) -> Result<Vec<u8>, ArriveError> {
    let mut bytes = Vec::new();
    loop {
        let Some(data) = next_piece(&mut body).await? else { return Ok(bytes) };
        let length = bytes.len() + data.len();
        if length > MAX_WIRE_BYTES {
            return Err(ArriveError::TooLarge);
        }
        if let Some(missing) = length.checked_sub(bytes.capacity()).filter(|missing| *missing > 0) {
            let step = missing.max(bytes.len().min(STEP_BYTES));
            if !share.grow(step) {
                return Err(ArriveError::Busy);
            }
            bytes.reserve_exact(bytes.capacity() - bytes.len() + step);
        }
        bytes.extend_from_slice(&data);
    }
}

/// The next piece of a body; `None` at its end.
pub(crate) async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, ArriveError> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::time::timeout(LONGEST_SILENCE, frame).await.map_err(|_| ArriveError::Silent)?;
        let Some(frame) = frame else { return Ok(None) };
        // Trailers say nothing that is wanted here.
        if let Ok(data) = frame.map_err(|_| ArriveError::CutOff)?.into_data() {
            return Ok(Some(data));
        }
    }
}
