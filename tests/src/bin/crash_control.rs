//! A stand-in for `foulee serve` whose store can be told to break its promises: the negative control of the crash test.
//!
//! `crash-control DATA_DIR full|off after|before PARTICIPANT...` serves the same ingest router over the same store as the
//! service does. With `full after` nothing differs from the service's own options; `off` leaves out the fsync, `before`
//! acknowledges before the commit. Every token may write for the participants given. The first line on standard output
//! is the address.
#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use foulee_contract::ParticipantId;
use foulee_ingest::{Authority, Denied, IngestMetrics, IngestState, WriteGrant, router};
use foulee_store::embedded::{Acknowledge, Options, Synchronous};
use foulee_store::{BoxFuture, EmbeddedStore};
use tokio::net::TcpListener;

/// Grants the same participants to everybody.
struct Everybody(Arc<HashSet<ParticipantId>>);

impl Authority for Everybody {
    fn write_grant<'a>(&'a self, _token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>> {
        let grant = WriteGrant::Some(Arc::clone(&self.0));
        Box::pin(async move { Ok(grant) })
    }

    fn fresh_write_grant<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>> {
        self.write_grant(token)
    }
}

/// What the command line asks for.
struct Asked {
    data_dir: PathBuf,
    options: Options,
    participants: HashSet<ParticipantId>,
}

fn asked() -> Result<Asked, Box<dyn Error>> {
    const USAGE: &str = "crash-control DATA_DIR full|off after|before PARTICIPANT...";
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().ok_or(USAGE);
    let data_dir = PathBuf::from(next()?);
    let synchronous = match next()?.as_str() {
        "full" => Synchronous::Full,
        "off" => Synchronous::Off,
        _ => return Err(USAGE.into()),
    };
    let acknowledge = match next()?.as_str() {
        "after" => Acknowledge::AfterCommit,
        "before" => Acknowledge::BeforeCommit,
        _ => return Err(USAGE.into()),
    };
    let participants = args.map(|id| id.parse()).collect::<Result<_, _>>()?;
    Ok(Asked { data_dir, options: Options { synchronous, acknowledge }, participants })
}

fn main() -> Result<(), Box<dyn Error>> {
    let Asked { data_dir, options, participants } = asked()?;
    // As many threads as the service has.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let store = Arc::new(EmbeddedStore::open_with(&data_dir, options)?);
    let clock = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    };
    let authority = Arc::new(Everybody(Arc::new(participants)));
    let state = IngestState::new(
        store,
        authority,
        Arc::new(clock),
        Arc::new(IngestMetrics::default()),
        Arc::default(),
    );
    runtime.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        axum::serve(listener, router(state)).await?;
        Ok(())
    })
}
