use std::io::{self, Read};

/// How much is read at a time, bytes.
const BLOCK: usize = 1 << 16;

/// Bytes one after the other, the next one known before it is taken.
pub(crate) struct Bytes<R> {
    input: R,
    block: Box<[u8]>,
    at: usize,
    len: usize,
    /// Whether the next byte begins a line.
    line: bool,
}

impl<R: Read> Bytes<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, block: vec![0; BLOCK].into_boxed_slice(), at: 0, len: 0, line: true }
    }

    /// The next byte, which stays; none at the end.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        while self.at == self.len {
            match self.input.read(&mut self.block) {
                Ok(0) => return Ok(None),
                Ok(len) => (self.at, self.len) = (0, len),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(self.block[self.at]))
    }

    /// Takes the next byte.
    pub(crate) fn take(&mut self) -> io::Result<Option<u8>> {
        let next = self.peek()?;
        if let Some(byte) = next {
            self.at += 1;
            self.line = byte == b'\n';
        }
        Ok(next)
    }

    /// Whether the next byte begins a line.
    pub(crate) fn at_line(&self) -> bool {
        self.line
    }
}
