//! The same session into either engine, in this process, by a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use foulee_api::http::{Service, router};
use foulee_api::people::{NewPerson, add, enrol};
use foulee_api::registry::{ACCESS_SECONDS, PhoneTokens, Registry};
use foulee_store::{Digest, EmbeddedStore, MemoryStore, Store};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::chance::Chance;
use crate::people;
use crate::phone::Sums;
use crate::session::{Fate, bodies, count, session};

/// 2026-04-01T00:00:00Z, after the session.
const NOW_MS: i64 = 1_775_001_600_000;

/// A service in this process, and a phone that is let in.
struct Here {
    runtime: Runtime,
    store: Arc<dyn Store>,
    now_ms: Arc<AtomicI64>,
    base: String,
    agent: ureq::Agent,
    phone: PhoneTokens,
}

impl Here {
    fn start(folder: &std::path::Path, store: Arc<dyn Store>) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let registry = runtime.block_on(Registry::open(folder)).expect("a registry");
        let now_ms = Arc::new(AtomicI64::new(NOW_MS));
        let phone = runtime.block_on(async {
            let id = people::id(1).parse().expect("an id");
            let person = NewPerson { id: Some(id), ..NewPerson::default() };
            add(&registry, &person, NOW_MS).await.expect("somebody");
            let (code, _) = enrol(&registry, id, 7, NOW_MS).await.expect("a code");
            registry
                .redeem(code.reveal(), [[1; 32], [2; 32]], NOW_MS)
                .await
                .expect("tokens")
                .expect("a phone")
        });
        let clock = {
            let now_ms = Arc::clone(&now_ms);
            Arc::new(move || now_ms.load(Ordering::Relaxed))
        };
        let service = Service::new(Arc::clone(&store), registry, clock, None);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, router(service)).await });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { runtime, store, now_ms, base, agent, phone }
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> (u16, String) {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("Authorization", format!("Bearer {token}"));
        let mut answer = request.content_type("application/json").send(body.to_string()).expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a text"))
    }

    fn sync(&self, token: &str, body: &Value) -> (u16, String) {
        self.post(&format!("/api/v1/sdk/users/{}/sync", self.phone.participant), token, body)
    }

    fn digest(&self) -> Digest {
        self.runtime.block_on(self.store.digest()).expect("a digest")
    }
}

#[test]
fn one_digest_on_either_engine() {
    let rows = session();
    let good = count(&rows, Fate::Accepted);
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let embedded = EmbeddedStore::open(folders[1].path()).expect("a store");
    let engines: [Arc<dyn Store>; 2] = [Arc::new(MemoryStore::default()), Arc::new(embedded)];
    let digests = [0, 1].map(|at| {
        let here = Here::start(folders[at].path(), Arc::clone(&engines[at]));
        let mut shuffled = rows.clone();
        let mut first = None;
        for round in 0..4 {
            let mut sums = Sums::default();
            for (body, rows) in bodies(&shuffled, 300 + 71 * at, round) {
                let (status, said) = here.sync(here.phone.access.reveal(), &body);
                assert_eq!(status, 200, "{said}");
                sums.add(&serde_json::from_str(&said).expect("JSON"), &rows);
            }
            assert_eq!((sums.accepted, sums.new), (good, if round == 0 { good } else { 0 }), "round {round}");
            assert_eq!(*first.get_or_insert(here.digest()), here.digest(), "round {round}");
            Chance(u64::from(round) + at as u64).shuffle(&mut shuffled);
        }
        here.digest()
    });
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn an_access_token_ends_after_an_hour_and_the_next_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = Here::start(folder.path(), Arc::new(MemoryStore::default()));
    let body = json!({"provider": "google", "data": {"records": []}});
    let access = here.phone.access.reveal().to_owned();
    assert_eq!(here.sync(&access, &body).0, 200);
    here.now_ms.fetch_add(ACCESS_SECONDS * 1_000, Ordering::Relaxed);
    assert_eq!(here.sync(&access, &body).0, 401);
    let refresh = json!({"refresh_token": here.phone.refresh.reveal()});
    let (status, said) = here.post("/api/v1/token/refresh", &access, &refresh);
    assert_eq!(status, 200, "{said}");
    let tokens: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(here.sync(tokens["access_token"].as_str().expect("a token"), &body).0, 200);
}
