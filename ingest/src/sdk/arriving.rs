use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use axum::body::{Body, Bytes};
use tokio::sync::mpsc::{Receiver, Sender};

use crate::arrive::{ArriveError, next_piece};

/// What a request holds of its body while it is read: the piece that is read and those that wait, bytes.
pub(super) const UNDER_WAY_BYTES: usize = 512 << 10;
/// Most bytes that are read on behind the point at which a body was given up, so that its sender reads the answer.
const MOST_DRAINED_BYTES: usize = 64 << 20;

/// A body while it arrives, for a thread that may block.
pub(super) struct Arriving {
    pieces: Receiver<Result<Bytes, ArriveError>>,
    piece: Bytes,
    at: usize,
}

impl Arriving {
    /// One that is fed by [`feed`].
    pub(super) fn new(pieces: Receiver<Result<Bytes, ArriveError>>) -> Self {
        Self { pieces, piece: Bytes::new(), at: 0 }
    }
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            match self.pieces.blocking_recv() {
                None => return Ok(0),
                Some(Ok(piece)) => (self.piece, self.at) = (piece, 0),
                Some(Err(error)) => return Err(io::Error::other(error)),
            }
        }
        let left = &self.piece[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Hands a body on, piece by piece, and reads it to its end also when nobody wants it any more.
pub(super) async fn feed(mut body: Body, to: Sender<Result<Bytes, ArriveError>>) {
    loop {
        match next_piece(&mut body).await {
            Ok(None) => return,
            Ok(Some(piece)) => {
                if to.send(Ok(piece)).await.is_err() {
                    return drain(body).await;
                }
            }
            Err(error) => {
                let _ = to.send(Err(error)).await;
                return;
            }
        }
    }
}

/// Reads what is left of a body, and keeps nothing of it.
pub(super) async fn drain(mut body: Body) {
    let mut bytes = 0;
    while let Ok(Some(piece)) = next_piece(&mut body).await {
        bytes += piece.len();
        if bytes > MOST_DRAINED_BYTES {
            return;
        }
    }
}

/// A body, or a part of it, that is longer than any may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooLong {
    /// All of it, whatever it was packed to.
    #[error("the body is larger than {most_mib} MiB once unpacked; send it in parts")]
    Body { most_mib: u64 },
    /// One of its records.
    #[error("a record of the body is larger than {most_mib} MiB; leave it out")]
    Record { most_mib: u64 },
}

/// Bytes that a body may hold, and a part of it.
pub(super) struct Bounded<R> {
    input: R,
    most: u64,
    left: u64,
    of_part: Part,
}

/// What a part of a body may still hold, set anew at the beginning of each.
#[derive(Clone)]
pub(super) struct Part(Rc<Cell<u64>>);

impl Part {
    /// Most bytes of one record: a long walk with its route has two million.
    const MOST_BYTES: u64 = 8 << 20;

    pub(super) fn begins(&self) {
        self.0.set(Self::MOST_BYTES);
    }
}

impl<R: Read> Bounded<R> {
    /// A reader that gives up after `most` bytes, or within a part that never ends.
    pub(super) fn new(input: R, most: u64) -> Self {
        Self { input, most, left: most, of_part: Part(Rc::new(Cell::new(Part::MOST_BYTES))) }
    }

    pub(super) fn part(&self) -> Part {
        self.of_part.clone()
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        let (of_part, bytes) = (self.of_part.0.get(), length as u64);
        if bytes > self.left {
            return Err(io::Error::other(TooLong::Body { most_mib: self.most >> 20 }));
        }
        if bytes > of_part {
            return Err(io::Error::other(TooLong::Record { most_mib: Part::MOST_BYTES >> 20 }));
        }
        self.left -= bytes;
        self.of_part.0.set(of_part - bytes);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_never_ends_is_given_up() {
        let mut bounded = Bounded::new(io::repeat(b'x'), u64::MAX);
        let part = bounded.part();
        let mut buffer = vec![0; 1 << 20];
        for _ in 0..20 {
            part.begins();
            assert_eq!(bounded.read(&mut buffer).unwrap(), buffer.len(), "each is short enough");
        }
        part.begins();
        let taken = (0..20).take_while(|_| bounded.read(&mut buffer).is_ok()).count();
        assert_eq!(taken as u64, Part::MOST_BYTES >> 20);
        let mut bounded = Bounded::new(io::repeat(b'x'), 10);
        assert!(bounded.read(&mut buffer[..10]).is_ok() && bounded.read(&mut buffer[..1]).is_err());
    }
}
