//! Something on a port that answers as a test says, and keeps what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use foulee_contract::{Answer, Batch, Metric, Problem, Rejection};

/// A batch as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) at: Instant,
    /// What stood behind `Bearer`.
    pub(crate) token: String,
    /// Start and value of each reading, with where it stood.
    pub(crate) readings: Vec<Place>,
}

/// One reading of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) metric: Metric,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) value: i64,
    pub(crate) series: u32,
    pub(crate) index: u32,
}

/// What is said to a batch.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: String,
    body: String,
    /// Bytes of the whole answer after which the connection is cut.
    cut_at: Option<usize>,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: String::new(), body: body.into(), cut_at: None }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn cut_at(mut self, bytes: usize) -> Self {
        self.cut_at = Some(bytes);
        self
    }

    /// All of it is durable but for what is named.
    pub(crate) fn accepted(asked: &Asked, rejected: Vec<Rejection>) -> Self {
        let accepted = (asked.readings.len() - rejected.len()) as u64;
        let answer = Answer { accepted, new: Some(accepted), duplicate: Some(0), rejected };
        Self::new(200, serde_json::to_string(&answer).expect("JSON"))
    }

    pub(crate) fn problem(problem: &Problem) -> Self {
        Self::new(problem.status, serde_json::to_string(problem).expect("JSON"))
    }
}

/// Listens until the process ends.
pub(crate) struct Service {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Service {
    /// Says `reply(n, batch)` to the `n`th batch, from 0. What is no batch is answered 404 and not counted.
    pub(crate) fn start(reply: impl FnMut(usize, &Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (Arc::clone(&asked), Arc::new(Mutex::new(reply)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, reply) = (Arc::clone(&kept), Arc::clone(&reply));
                std::thread::spawn(move || {
                    // A client that goes away ends its own connection and nothing else.
                    let _ = converse(&stream, |asked| {
                        let mut kept = kept.lock().expect("no test panics here");
                        kept.push(asked.clone());
                        (reply.lock().expect("nor here"))(kept.len() - 1, &asked)
                    });
                });
            }
        });
        Self { url, asked }
    }

    /// What came so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics here").clone()
    }
}

fn converse(stream: &TcpStream, mut reply: impl FnMut(Asked) -> Reply) -> std::io::Result<()> {
    let mut input = BufReader::new(stream);
    loop {
        let (mut line, mut length, mut token) = (String::new(), 0, String::new());
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let is_batch = line.starts_with("POST /v1/readings ");
        loop {
            let mut header = String::new();
            input.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap_or(0),
                "authorization" => token = value.trim_start_matches("Bearer ").to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        let reply = if is_batch {
            reply(Asked { at: Instant::now(), token, readings: readings(&body) })
        } else {
            Reply::new(404, "")
        };
        let Reply { status, headers, body, cut_at } = reply;
        let answer = format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len());
        let mut output = stream;
        output.write_all(&answer.as_bytes()[..cut_at.unwrap_or(answer.len())])?;
        if cut_at.is_some() {
            return stream.shutdown(Shutdown::Both);
        }
    }
}

fn readings(body: &[u8]) -> Vec<Place> {
    let json = zstd::decode_all(body).expect("zstd");
    let batch: Batch = serde_json::from_slice(&json).expect("a batch");
    let blocks = (0..).zip(&batch.series);
    let places = blocks.flat_map(|(series, block)| {
        let points = block.points.as_ref().expect("points");
        let rows = (0..).zip(points.start.iter().zip(&points.value));
        rows.map(move |(index, (start_ms, value))| Place {
            metric: block.metric,
            start_ms: *start_ms,
            end_ms: points.end.as_ref().map_or(*start_ms, |ends| ends[index as usize]),
            value: value.expect("a value"),
            series,
            index,
        })
    });
    places.collect()
}
