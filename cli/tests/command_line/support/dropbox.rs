//! A Dropbox of a test's own, and a sandbox beside it.

use dropbox_simulator::{App, DEFAULT_APP, Options, Simulator};

use super::sandbox::Sandbox;

pub const ALL_SCOPES: [&str; 4] =
    ["account_info.read", "files.metadata.read", "files.content.read", "files.content.write"];

pub struct World {
    pub sandbox: Sandbox,
    pub dropbox: Simulator,
}

impl World {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let world = Self { sandbox: Sandbox::new(), dropbox: Simulator::start(options).unwrap() };
        world.has_app("appkey1", |_| {});
        world
    }

    /// An app as its developer set it up.
    pub fn has_app(&self, key: &str, set_up: impl FnOnce(&mut App)) {
        let scopes = ALL_SCOPES.map(str::to_owned).into_iter().collect();
        let mut app = App { key: key.to_owned(), secret: None, folder: None, scopes, redirect_uris: Vec::new() };
        set_up(&mut app);
        self.dropbox.add_app(app);
    }

    /// `line` with Dropbox elsewhere.
    pub fn line(&self, line: &str) -> String {
        format!("export LARDER_DROPBOX_ENDPOINT={}; {line}", self.dropbox.endpoint())
    }

    pub fn ok(&self, line: &str) -> String {
        self.sandbox.ok(&self.line(line))
    }

    #[track_caller]
    pub fn fails(&self, code: i32, line: &str) -> String {
        self.sandbox.fails(code, &self.line(line))
    }

    /// Nothing was sent that Dropbox would have refused as it stands.
    pub fn has_kept_the_rules(&self) {
        let violations = self.dropbox.violations();
        assert!(violations.is_empty(), "{violations:?}");
    }

    pub fn credentials(&self) -> Option<String> {
        let file = self.sandbox.path().join("home/.local/share/larder/credentials/dropbox-mydropbox.json");
        std::fs::read_to_string(file).ok()
    }

    /// A remote of rclone's whose access token ended long ago; its refresh token.
    pub fn rclone_has_it(&self) -> String {
        let refresh = self.dropbox.account().refresh_token();
        let token = format!(
            r#"{{"access_token":"sl.old","token_type":"bearer","refresh_token":"{refresh}","expiry":"2024-01-31T12:00:00Z"}}"#
        );
        let config = format!("[mydropbox]\ntype = dropbox\nclient_id = {DEFAULT_APP}\ntoken = {token}\n");
        std::fs::write(self.sandbox.work().join("rclone.conf"), config).unwrap();
        refresh
    }

    /// The source `@mydropbox`, by way of rclone, and a store.
    pub fn source(&self) -> String {
        let refresh = self.rclone_has_it();
        self.ok("larder source import mydropbox --config rclone.conf -q; larder at ./save create -q");
        refresh
    }

    /// The calls that a line makes, which has to succeed.
    #[track_caller]
    pub fn calls_of(&self, line: &str) -> usize {
        self.dropbox.reset_journal();
        self.ok(line);
        self.dropbox.total_calls()
    }
}
