//! The one suite that every engine passes.

use std::path::Path;
use std::sync::Arc;

use foulee_store::conformance::{Engine, run};
use foulee_store::{BoxFuture, EmbeddedStore, MemoryStore, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    let open = |_: &Path| -> BoxFuture<'static, Arc<dyn Store>> {
        Box::pin(async { Arc::new(MemoryStore::new()) as Arc<dyn Store> })
    };
    let folder = tempfile::tempdir().unwrap();
    run(Engine { open: &open, durable: false }, folder.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    let open = |folder: &Path| -> BoxFuture<'static, Arc<dyn Store>> {
        let folder = folder.to_owned();
        Box::pin(
            async move { Arc::new(EmbeddedStore::open(&folder).expect("the store opens")) as Arc<dyn Store> },
        )
    };
    let folder = tempfile::tempdir().unwrap();
    run(Engine { open: &open, durable: true }, folder.path()).await;
}
