//! A headless Chromium, driven over the WebDriver protocol that `chromedriver` speaks.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Where the programs are looked for besides `PATH`.
const FOLDERS: [&str; 3] = ["/usr/bin", "/usr/lib/chromium", "/usr/local/bin"];

/// A program by one of its names.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from)).collect();
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file()))
}

/// A running `chromedriver`; ended when dropped.
pub(crate) struct Driver {
    child: Child,
    base: String,
    chromium: PathBuf,
    agent: ureq::Agent,
}

impl Driver {
    /// Starts it on a free port.
    pub(crate) fn start(chromedriver: &PathBuf, chromium: PathBuf) -> Self {
        let mut command = Command::new(chromedriver);
        let mut child = command
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.find_map(|line| {
            let line = line.expect("a line");
            let port = line.split(" on port ").nth(1)?.trim_end_matches('.').to_owned();
            line.contains("successfully").then_some(port)
        });
        // Somebody has to read what it says further.
        std::thread::spawn(move || lines.for_each(drop));
        let base = format!("http://127.0.0.1:{}", port.expect("chromedriver says its port"));
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(Duration::from_secs(120))).build().into();
        Self { child, base, chromium, agent }
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.base);
        let answer = match method {
            "GET" => self.agent.get(url).call(),
            "DELETE" => self.agent.delete(url).call(),
            _ => self.agent.post(url).send_json(body),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = answer.body_mut().with_config().limit(256 << 20).read_to_string().expect("an answer");
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(answer.status().is_success(), "{method} {path}: {}", value["value"]["message"]);
        value["value"].take()
    }

    /// A window of its own, with a fresh profile, on a screen of this size in CSS pixels.
    pub(crate) fn window(&self, width: u32, height: u32, phone: bool, lang: &str) -> Window<'_> {
        let profile = tempfile::tempdir().expect("a folder");
        let args = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={width},{height}"),
            format!("--accept-lang={lang}"),
        ];
        let mut options = json!({"binary": self.chromium, "args": args});
        // A window's size holds its frame too; the emulated one is the page's own.
        let metrics =
            json!({"width": width, "height": height, "pixelRatio": 1, "touch": phone, "mobile": phone});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
        let body = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session =
            self.command("POST", "/session", &body)["sessionId"].as_str().expect("a session").to_owned();
        Window { driver: self, path: format!("/session/{session}"), _profile: profile }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser's window.
pub(crate) struct Window<'a> {
    driver: &'a Driver,
    path: String,
    _profile: tempfile::TempDir,
}

impl Window<'_> {
    fn post(&self, what: &str, body: &Value) -> Value {
        self.driver.command("POST", &format!("{}/{what}", self.path), body)
    }

    /// Opens an address and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        self.post("url", &json!({"url": url}));
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        self.driver
            .command("GET", &format!("{}/url", self.path), &Value::Null)
            .as_str()
            .expect("a URL")
            .to_owned()
    }

    /// What a script returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    /// What a script gives to its last argument.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.post("execute/async", &json!({"script": script, "args": []}))
    }

    /// Presses a key: a WebDriver code point, or a character.
    pub(crate) fn press(&self, key: char) {
        let key = key.to_string();
        let presses = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": presses}]}));
    }

    /// What the console said since it was last asked: errors alone.
    pub(crate) fn console_errors(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({"type": "browser"}));
        let severe = entries.as_array().into_iter().flatten().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    /// Asks for light or dark colours, as the reader's system would.
    pub(crate) fn prefer(&self, scheme: &str) {
        let parameters = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.post("goog/cdp/execute", &json!({"cmd": "Emulation.setEmulatedMedia", "params": parameters}));
    }

    /// The whole page as a PNG, in base64.
    pub(crate) fn picture(&self) -> String {
        let parameters = json!({"format": "png", "captureBeyondViewport": true});
        let body = json!({"cmd": "Page.captureScreenshot", "params": parameters});
        self.post("goog/cdp/execute", &body)["data"].as_str().expect("a picture").to_owned()
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.driver.command("DELETE", &self.path, &Value::Null);
        }
    }
}
