//! Who answers for the user when a device pairs.

use std::collections::BTreeMap;

/// Registered agents, by the D-Bus name of who registered them.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    paths: BTreeMap<String, String>,
    default: Option<String>,
}

/// An agent on D-Bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) client: String,
    pub(crate) path: String,
}

impl Agents {
    /// A client's agent; false where it has one already.
    pub(crate) fn register(&mut self, client: &str, path: &str) -> bool {
        let new = !self.paths.contains_key(client);
        if new {
            self.paths.insert(client.to_owned(), path.to_owned());
        }
        new
    }

    /// Makes a client's agent the one that is asked for everybody; false where it has none.
    pub(crate) fn make_default(&mut self, client: &str) -> bool {
        let known = self.paths.contains_key(client);
        if known {
            self.default = Some(client.to_owned());
        }
        known
    }

    /// Forgets a client's agent; false where it has none.
    pub(crate) fn unregister(&mut self, client: &str) -> bool {
        if self.default.as_deref() == Some(client) {
            self.default = None;
        }
        self.paths.remove(client).is_some()
    }

    /// Who answers when this client pairs: its own agent, else the default one.
    pub(crate) fn of(&self, client: &str) -> Option<Agent> {
        let client = if self.paths.contains_key(client) { client } else { self.default.as_deref()? };
        let path = self.paths.get(client)?;
        Some(Agent { client: client.to_owned(), path: path.clone() })
    }
}
