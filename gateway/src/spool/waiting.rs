use foulee_journal::Position;

use super::Aside;
use crate::clock::stretch::Correction;
use crate::frame::{self, Group};

/// One frame that waits to be sent.
#[derive(Debug)]
pub struct Waiting {
    pub(super) groups: Vec<Group>,
    pub(super) bytes: Vec<u8>,
}

/// Frames that wait to be sent, and what to release when they were.
#[derive(Debug)]
pub struct Batched {
    pub(super) frames: Vec<Waiting>,
    pub(super) next: Position,
    pub(super) moved: bool,
}

impl Batched {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && !self.moved
    }

    /// Corrects what the gateway's own clock stamped wrong. What nobody knows the time of is taken out, to be set aside
    /// once the rest was sent.
    ///
    /// # Errors
    /// That of `correct`; then nothing may be sent.
    pub fn put_right<E>(
        &mut self,
        mut correct: impl FnMut(u32) -> Result<Correction, E>,
    ) -> Result<Vec<Aside>, E> {
        let mut unknown = Vec::new();
        for group in self.frames.iter_mut().flat_map(|frame| &mut frame.groups) {
            match correct(group.stretch)? {
                Correction::Add(0) => {}
                Correction::Add(ms) => {
                    for tuple in &mut group.tuples {
                        tuple.start_ms = tuple.start_ms.saturating_add(ms);
                        tuple.end_ms = tuple.end_ms.saturating_add(ms);
                    }
                }
                Correction::NotKnown => unknown.push(group.clone()),
            }
        }
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        for frame in &mut self.frames {
            frame.groups.retain(|group| !unknown.contains(group));
        }
        let fix = "its times contradict what came before or after".to_owned();
        let frame = Some(frame::encode(&unknown));
        Ok(vec![Aside { code: "clock_not_known".to_owned(), fix, batch: None, frame }])
    }

    /// The frames.
    #[must_use]
    pub fn frames(&self) -> Vec<&Waiting> {
        self.frames.iter().collect()
    }
}
