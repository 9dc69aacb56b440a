//! What no HTTP client would send.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::served::{PATIENCE, Said, Served};

impl Said {
    /// An answer as it stood on the wire.
    pub(crate) fn parse(raw: &[u8]) -> Self {
        let text = String::from_utf8_lossy(raw);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status: status.unwrap_or_else(|| panic!("no answer: {text:?}")),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_owned(),
        }
    }
}

impl Served {
    /// A bare connection.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Asks by hand: `parts` are sent one after the other, and what comes back is read to its end.
    pub(crate) fn raw(&self, parts: &[&[u8]]) -> Said {
        self.try_raw(parts).unwrap_or_else(|| panic!("no answer\n{}", self.log()))
    }

    /// The same, where there may be no answer.
    pub(crate) fn try_raw(&self, parts: &[&[u8]]) -> Option<Said> {
        let mut stream = self.connect();
        for part in parts {
            // It may well have heard enough.
            if stream.write_all(part).is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        (!answer.is_empty()).then(|| Said::parse(&answer))
    }

    /// Whether the process is up.
    pub(crate) fn is_up(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }
}
