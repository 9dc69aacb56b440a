//! The real `foulee-gateway` with readings that wait, and whom it trusts.

use std::process::{Command, Stdio};

use foulee_contract::ParticipantId;

use crate::foulee::{Done, Folder, binary, finish};
use crate::offline::{Offline, fill};
use crate::people;

/// A gateway in a folder of its own: it was offline for ten minutes.
pub(crate) struct Gateway {
    folder: Folder,
    pub(crate) offline: Offline,
}

impl Gateway {
    /// With the readings of the people `numbers`.
    pub(crate) fn of(numbers: [usize; 2], token: &str) -> Self {
        let folder = Folder::new();
        let ids = numbers.map(|number| people::id(number).parse::<ParticipantId>().expect("an id"));
        let offline = fill(&folder.file("spool"), ids, 600);
        folder.write("token", token);
        Self { folder, offline }
    }

    /// Another token in the same file.
    pub(crate) fn replace_token(&self, token: &str) {
        self.folder.write("token", token);
    }

    /// Where it sends, and whom it trusts: a PEM, or the world's own authorities.
    pub(crate) fn configure(&self, url: &str, authority: Option<&str>) {
        let ca_file = authority.map_or(String::new(), |pem| {
            format!("ca_file = \"{}\"\n", self.folder.write("ca.pem", pem).display())
        });
        let config = format!(
            "[uplink]\nurl = \"{url}\"\ntoken_file = \"{}\"\n{ca_file}[spool]\nfolder = \"{}\"\n",
            self.folder.file("token").display(),
            self.folder.file("spool").display(),
        );
        self.folder.write("gateway.toml", config);
    }

    pub(crate) fn say(&self, words: &[&str]) -> Done {
        let mut program = Command::new(binary().with_file_name("foulee-gateway"));
        program.env_clear().args(words).arg("--config").arg(self.folder.file("gateway.toml"));
        finish(program.stdin(Stdio::null()))
    }

    /// Sends what waits; whether all of it went, and the log. A token that is refused is 2, a service that is not reached 4.
    pub(crate) fn drain(&self) -> (bool, String) {
        let done = self.say(&["spool", "drain", "--log", "text"]);
        assert!([0, 2, 4].contains(&done.code), "{done:?}");
        (done.code == 0, done.stderr)
    }

    /// Commits that wait, and readings that were set aside.
    pub(crate) fn waiting(&self) -> (u64, u64) {
        let inspect = self.say(&["spool", "inspect", "--json"]).json();
        let reasons = inspect["set_aside"].as_object().expect("reasons");
        let aside = reasons.values().filter_map(serde_json::Value::as_u64).sum();
        (inspect["spool"]["waiting_commits"].as_u64().expect("a number"), aside)
    }
}
