use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

/// Most bytes of one tag or text; what is longer is no export, and would be held in memory as a whole.
const MOST_BYTES: u64 = 1 << 22;

/// A reader that gives up on a part of a document that never ends.
pub(super) struct Watched<R> {
    input: R,
    left: Rc<Cell<u64>>,
}

/// Says that a part is done.
pub(super) struct Mark(Rc<Cell<u64>>);

impl Mark {
    pub(super) fn set(&self) {
        self.0.set(MOST_BYTES);
    }
}

impl<R: BufRead> Watched<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, left: Rc::new(Cell::new(MOST_BYTES)) }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(Rc::clone(&self.left))
    }
}

impl<R: BufRead> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a tag or text of more than 4 MiB"));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount as u64));
        self.input.consume(amount);
    }
}
