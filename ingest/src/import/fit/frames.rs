use std::fmt;
use std::io::{self, BufRead};

use crc::{CRC_16_ARC, Crc, Digest};
use fitparser::de::{FitObject, FitStreamProcessor};

use super::definition::{DEFINES, Definition, FIELD_BYTES};
use super::message::Message;
use super::{MARK, MARK_AT};

/// What comes next in a chain of FIT files; most are a chain of one.
pub(super) enum Frame {
    /// A file begins.
    File,
    /// A message of it.
    Message(Message),
    /// The rest of it is lost.
    Damaged(Damage),
    /// The chain is at its end.
    End,
}

/// What is wrong with a file.
#[derive(Debug)]
pub(super) enum Damage {
    Unreadable(io::Error),
    Truncated,
    NeverClosed,
    Undefined(u8),
    Definition,
    PastEnd,
    Undecoded,
    Checksum,
    Behind,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "{error}"),
            Self::Truncated => f.write_str("the end is missing"),
            Self::NeverClosed => f.write_str("the device never closed it"),
            Self::Undefined(local) => write!(f, "kind {local} is not defined"),
            Self::Definition => f.write_str("a definition that is none"),
            Self::PastEnd => f.write_str("a message goes on beyond it"),
            Self::Undecoded => f.write_str("a message cannot be decoded"),
            Self::Checksum => f.write_str("its checksum does not fit"),
            Self::Behind => f.write_str("what is behind it is no FIT file"),
        }
    }
}

impl From<io::Error> for Damage {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Unreadable(error) }
    }
}

/// Length of a header without its own checksum, bytes; the least that there is. [FIT protocol, file header]
const LEAST_HEADER: u8 = 12;
/// Length of a file's checksum, bytes. [FIT protocol, CRC]
const CHECKSUM_BYTES: usize = 2;

static CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_ARC);

/// Splits a stream of bytes into messages.
///
/// The fields of a message are fitparser's business, where a message begins and ends is not: it reads nothing behind a
/// message that it cannot decode, panics on headers and developers' fields of odd sizes, and refuses each message of a
/// developer that was not introduced. So it is given one message at a time, without developers' fields, and a header of
/// a file that never ends.
pub(super) struct Frames<'a> {
    input: &'a mut dyn BufRead,
    state: State,
    /// Bytes of the file's messages that are still to come.
    left: u64,
    /// Whether the header gave no size.
    is_open_ended: bool,
    checksum: Digest<'static, u16>,
    definitions: [Option<Definition>; 16],
    decoder: FitStreamProcessor,
    buffer: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Within,
    Done,
}

impl<'a> Frames<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self {
            input,
            state: State::Between,
            left: 0,
            is_open_ended: false,
            checksum: CHECKSUM.digest(),
            definitions: Default::default(),
            decoder: FitStreamProcessor::new(),
            buffer: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Frame {
        loop {
            let step = match self.state {
                State::Done => return Frame::End,
                State::Between => self.begin(),
                State::Within if self.left == 0 => self.end(),
                State::Within => self.message(),
            };
            match step {
                Ok(Some(frame)) => return frame,
                Ok(None) => {}
                Err(damage) => {
                    self.pass_over(&damage);
                    return Frame::Damaged(damage);
                }
            }
        }
    }

    /// Reads a header.
    fn begin(&mut self) -> Result<Option<Frame>, Damage> {
        if self.input.fill_buf()?.is_empty() {
            self.state = State::Done;
            return Ok(None);
        }
        self.checksum = CHECKSUM.digest();
        self.buffer.clear();
        self.read(usize::from(LEAST_HEADER)).map_err(|damage| match damage {
            Damage::Truncated => Damage::Behind,
            other => other,
        })?;
        let &[bytes, _, _, _, s0, s1, s2, s3, ..] = self.buffer.as_slice() else {
            return Err(Damage::Behind);
        };
        let more = bytes.checked_sub(LEAST_HEADER).ok_or(Damage::Behind)?;
        if &self.buffer[MARK_AT..] != MARK {
            return Err(Damage::Behind);
        }
        self.read(usize::from(more))?;
        let size = u32::from_le_bytes([s0, s1, s2, s3]);
        // A device writes the size when it closes the file: without one its battery ran out, and the messages are there.
        self.is_open_ended = size == 0;
        self.left = u64::from(if self.is_open_ended { u32::MAX } else { size });
        self.definitions = Default::default();
        self.decoder = decoder()?;
        self.state = State::Within;
        Ok(Some(Frame::File))
    }

    /// Reads a message; nothing comes of one that defines others.
    fn message(&mut self) -> Result<Option<Frame>, Damage> {
        if self.is_open_ended && self.input.fill_buf()?.is_empty() {
            return Err(Damage::NeverClosed);
        }
        self.buffer.clear();
        self.read_message(1)?;
        let header = self.buffer[0];
        // [FIT protocol, record header]: bit 7 is a compressed timestamp, bits 5 and 6 its local number.
        let is_compressed = header & 0x80 != 0;
        let local = if is_compressed { (header >> 5) & 0x3 } else { header & 0x0f };
        if !is_compressed && header & DEFINES != 0 {
            // Bit 5: developers' fields come behind the profile's.
            self.define(local, header & 0x20 != 0)?;
            return Ok(None);
        }
        let definition = self.definitions[usize::from(local)].clone().ok_or(Damage::Undefined(local))?;
        self.read_message(definition.profile_bytes + definition.developer_bytes)?;
        let plain = &self.buffer[..1 + definition.profile_bytes];
        match self.decoder.deserialize_next(plain) {
            Ok((_, FitObject::DataMessage(data))) => {
                Ok(Some(Frame::Message(Message::new(&definition, data))))
            }
            _ => Err(Damage::Undecoded),
        }
    }

    fn define(&mut self, local: u8, with_developers: bool) -> Result<(), Damage> {
        self.buffer.clear();
        self.read_message(5)?;
        let &[b0, b1, b2, b3, count] = self.buffer.as_slice() else { return Err(Damage::Definition) };
        self.buffer.clear();
        let fields = usize::from(count) * FIELD_BYTES;
        self.read_message(fields)?;
        if with_developers {
            self.read_message(1)?;
            let developer_fields = usize::from(self.buffer[fields]) * FIELD_BYTES;
            self.read_message(developer_fields)?;
        }
        let (fields, developers) = self.buffer.split_at(fields);
        let developers = developers.get(1..).unwrap_or_default();
        let (definition, plain) =
            Definition::read(local, [b0, b1, b2, b3, count], fields, developers).ok_or(Damage::Definition)?;
        self.decoder.deserialize_next(&plain).map_err(|_| Damage::Definition)?;
        self.definitions[usize::from(local)] = Some(definition);
        Ok(())
    }

    /// Reads the checksum of a file.
    fn end(&mut self) -> Result<Option<Frame>, Damage> {
        self.state = State::Between;
        let expected = self.checksum.clone().finalize();
        self.buffer.clear();
        self.read(CHECKSUM_BYTES)?;
        if self.buffer == expected.to_le_bytes() { Ok(None) } else { Err(Damage::Checksum) }
    }

    /// Goes on behind a damaged file, if anything can be behind it.
    fn pass_over(&mut self, damage: &Damage) {
        let can_go_on = match damage {
            Damage::Undefined(_) | Damage::Definition | Damage::PastEnd | Damage::Undecoded => {
                !self.is_open_ended && self.skip(self.left + CHECKSUM_BYTES as u64).is_ok()
            }
            Damage::Checksum => true,
            Damage::Unreadable(_) | Damage::Truncated | Damage::NeverClosed | Damage::Behind => false,
        };
        self.state = if can_go_on { State::Between } else { State::Done };
    }

    fn skip(&mut self, mut bytes: u64) -> io::Result<()> {
        while bytes > 0 {
            let here = self.input.fill_buf()?.len();
            if here == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let step = here.min(usize::try_from(bytes).unwrap_or(usize::MAX));
            self.input.consume(step);
            bytes -= step as u64;
        }
        Ok(())
    }

    /// Reads on within the file's messages.
    fn read_message(&mut self, bytes: usize) -> Result<(), Damage> {
        self.left = self.left.checked_sub(bytes as u64).ok_or(Damage::PastEnd)?;
        self.read(bytes)
    }

    /// Reads on, behind what the buffer holds; no part of the format is longer than 130 kB.
    fn read(&mut self, bytes: usize) -> Result<(), Damage> {
        let from = self.buffer.len();
        self.buffer.resize(from + bytes, 0);
        self.input.read_exact(&mut self.buffer[from..])?;
        self.checksum.update(&self.buffer[from..]);
        Ok(())
    }
}

/// A decoder that expects messages, as many as come: it counts to the end of the file in a `usize`.
fn decoder() -> Result<FitStreamProcessor, Damage> {
    let mut header = vec![LEAST_HEADER, 0x10, 0, 0];
    header.extend((u32::MAX - u32::from(LEAST_HEADER)).to_le_bytes());
    header.extend(MARK);
    let mut decoder = FitStreamProcessor::new();
    decoder.deserialize_next(&header).map_err(|_| Damage::Undecoded)?;
    Ok(decoder)
}
