//! What the Open Wearables SDK sends from a phone, in the SDK's own form.
//!
//! A body's journey: `arriving` reads it while it comes, `mending` takes out of it what would cost all of it, `body` takes it apart record by record, `record` says what each is
//! by the rules of the importers, `origin` names its source, `keep` hands batches of the contract to the store, `answer`
//! says what became of each.
//!
//! Invariants:
//! - Good records of a bad body are kept; every record of a body is counted once: accepted, rejected or not kept.
//! - What is kept depends on the records, never on their order, their ids or how a body was cut.
//! - The answer follows the last commit.
//! - Memory is bounded by the readings of a body, whatever else is in it.
//!
//! What the SDK does with an answer decides what it is: on 2xx it goes on, on 401 it refreshes its token and sends once
//! more, on anything else it gives up until its next run; early versions then skip what was refused for ever. So whatever
//! can be read at all is answered with 200, and a body is read to its end before it is refused: who answers in the midst
//! of a body breaks the connection, and the phone never sees the 401 on which it would refresh its token.

mod answer;
mod arriving;
mod body;
mod keep;
mod loose;
mod mending;
mod origin;
mod record;
mod routes;

pub use routes::phone_token;
pub(crate) use routes::routes;
