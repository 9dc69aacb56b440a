//! A proxy before the real service that cheats: what a judge must not believe.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foulee_contract::{Batch, Metric};
use serde_json::Value;

use crate::service::Service;

/// What it does to some of what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cheat {
    /// Nothing.
    Honest,
    /// Acknowledges a batch by itself and does not pass it on.
    Lose,
    /// Changes a value of a batch on its way in.
    Alter,
    /// Gives a reading back twice.
    Double,
    /// Says that something was accepted that was refused.
    SayYes,
    /// Takes no batch, and asks to come again.
    AlwaysBusy,
}

/// It cheats with one in so many.
const ONE_IN: u64 = 7;

#[derive(Debug)]
struct Inside {
    service: String,
    cheat: Cheat,
    seen: AtomicU64,
    cheated: AtomicU64,
    agent: ureq::Agent,
}

/// A proxy; its threads end with the test.
pub(crate) struct Proxy {
    address: String,
    inside: Arc<Inside>,
}

struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

impl Proxy {
    pub(crate) fn before(service: &Service, cheat: Cheat) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(60))).build().into();
        let (seen, cheated) = (AtomicU64::new(0), AtomicU64::new(0));
        let inside = Arc::new(Inside { service: service.url(), cheat, seen, cheated, agent });
        let shared = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inside = Arc::clone(&shared);
                std::thread::spawn(move || inside.serve(stream));
            }
        });
        Self { address, inside }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often it cheated.
    pub(crate) fn cheated(&self) -> u64 {
        self.inside.cheated.load(Ordering::SeqCst)
    }
}

impl Inside {
    /// One request a connection.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        let request = read(&mut reader)?;
        let answer = self.answer(request);
        let mut stream = stream;
        let head = format!(
            "HTTP/1.1 {} Said\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.status,
            answer.content_type,
            answer.body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&answer.body).ok()
    }

    /// Whether it is time to cheat again.
    fn turn(&self) -> bool {
        let turn = self.seen.fetch_add(1, Ordering::SeqCst) % ONE_IN == ONE_IN - 1;
        self.cheated.fetch_add(u64::from(turn), Ordering::SeqCst);
        turn
    }

    fn answer(&self, mut request: Request) -> Answer {
        let json = |status, value: &Value| Answer {
            status,
            content_type: "application/json".to_owned(),
            body: value.to_string().into_bytes(),
        };
        let yes = |accepted: usize| {
            let nothing: [u8; 0] = [];
            json(
                200,
                &serde_json::json!({ "accepted": accepted, "new": null, "duplicate": null, "rejected": nothing }),
            )
        };
        let is_batch = request.method == "POST" && request.path == "/v1/readings";
        let is_feed = request.method == "GET" && request.path.contains("/readings?");
        match self.cheat {
            Cheat::AlwaysBusy if is_batch => {
                self.cheated.fetch_add(1, Ordering::SeqCst);
                return json(503, &Value::Null);
            }
            Cheat::Lose if is_batch && self.turn() => {
                let batch = request.batch();
                let blocks = batch.series.iter();
                let points =
                    blocks.clone().flat_map(|block| block.points.iter()).map(|points| points.start.len());
                let grids = blocks.flat_map(|block| block.grid.iter().flat_map(|grid| &grid.value));
                return yes(points.sum::<usize>() + grids.flatten().count());
            }
            Cheat::Alter if is_batch && self.turn() => {
                let mut batch = request.batch();
                let steps = batch.series.iter_mut().filter(|block| block.metric == Metric::Steps);
                let points = steps.filter_map(|block| block.points.as_mut());
                let value = points.flat_map(|points| &mut points.value).flatten().next();
                *value.expect("a batch with steps") += 1;
                request.headers.retain(|(name, _)| name != "content-encoding");
                request.body = serde_json::to_vec(&batch).expect("a batch");
            }
            _ => {}
        }
        let answer = self.pass(&request);
        match self.cheat {
            Cheat::SayYes if is_batch && answer.status == 400 && self.turn() => yes(1),
            Cheat::Double if is_feed && answer.status == 200 => {
                let mut rows: Value = serde_json::from_slice(&answer.body).expect("rows");
                let items = rows["items"].as_array_mut().expect("rows");
                if let Some(row) = items.last().cloned()
                    && self.turn()
                {
                    items.push(row);
                }
                json(200, &rows)
            }
            _ => answer,
        }
    }

    fn pass(&self, request: &Request) -> Answer {
        let uri = format!("{}{}", self.service, request.path);
        let mut passed = ureq::http::Request::builder().method(request.method.as_str()).uri(uri);
        for (name, value) in &request.headers {
            if ["authorization", "content-type", "content-encoding"].contains(&name.as_str()) {
                passed = passed.header(name, value);
            }
        }
        let answer = if request.method == "GET" {
            self.agent.run(passed.body(()).expect("a request"))
        } else {
            self.agent.run(passed.body(request.body.clone()).expect("a request"))
        };
        let mut answer = answer.expect("the service answers");
        let content_type = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("text/plain").to_owned();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(256 << 20).read_to_vec().expect("a body");
        Answer { status, content_type, body }
    }
}

impl Request {
    fn batch(&self) -> Batch {
        let is_zstd = self.headers.iter().any(|(name, value)| name == "content-encoding" && value == "zstd");
        let body = if is_zstd {
            zstd::stream::decode_all(self.body.as_slice()).expect("a zstd frame")
        } else {
            self.body.clone()
        };
        serde_json::from_slice(&body).expect("a batch")
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(Some(0), |(_, value)| value.parse().ok())?];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body })
}
