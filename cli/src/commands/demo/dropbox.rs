//! The tour of Dropbox: a made-up account in a Dropbox on loopback that is part of this program, so that nobody needs an account, and
//! every call can be counted.

mod account;

use std::{collections::BTreeMap, fs, path::Path};

use dropbox_simulator::{DEFAULT_APP, Options, Simulator};
use larder_model::{Problem, Result};

use super::{
    cannot,
    stage::{PASSPHRASE, Stage},
};
use crate::{context::Context, text};

pub fn run(context: &Context, folder: &Path) -> Result<()> {
    let simulator = Simulator::start(Options::default())
        .map_err(|error| Problem::failed(format!("the demo cannot start its Dropbox: {error}")))?;
    let tour = Tour { stage: Stage::new(context, folder)?, simulator };
    account::fill(&tour.simulator);
    tour.sign_in()?;
    let first = tour.first()?;
    tour.changed()?;
    tour.look(&first)?;
    tour.restore()?;
    tour.restore_to_dropbox()?;
    tour.store_in_dropbox()?;
    tour.stage.say("All is well. The Dropbox of this demo is gone now.")
}

struct Tour<'a> {
    stage: Stage<'a>,
    simulator: Simulator,
}

impl Tour<'_> {
    fn sign_in(&self) -> Result<()> {
        let stage = &self.stage;
        stage.say(
            "This demo brings its own Dropbox, with the made-up account of Ann Example. All calls go there; without this \
             line they go to Dropbox:",
        )?;
        stage.export("LARDER_DROPBOX_ENDPOINT", &self.simulator.endpoint())?;
        stage.say(
            "Sign in. The first line is an address that you would open in a browser; there you would allow access, and be \
             given a code to paste. Here the demo does both:",
        )?;
        let approve = |address: &str| {
            let refused = |why: String| Problem::failed(format!("the demo's Dropbox gave no code: {why}"));
            self.simulator.approve(address).map_err(refused)
        };
        stage.larder_asks(&format!("auth dropbox --name mydropbox --app-key {DEFAULT_APP} --no-browser"), &approve)?;
        stage.say("Whose account is it, and may Larder read all of it?")?;
        stage.larder("source check mydropbox").map(drop)
    }

    fn first(&self) -> Result<String> {
        let stage = &self.stage;
        stage
            .say("A store for the backups. Its passphrase comes from the environment here; else Larder asks for it.")?;
        stage.export("LARDER_PASSPHRASE", PASSPHRASE)?;
        stage.larder("at ./save create")?;
        stage.say(&format!(
            "The first backup: {} in {}. Larder lists the account, and fetches whole folders of small files with one call \
             each:",
            text::count(account::files(&self.simulator) as u64, "file"),
            text::count(account::folders(&self.simulator) as u64, "folder"),
        ))?;
        let first = self.counted("at ./save backup @mydropbox", 3)?;
        stage.say("Exit code 3: an item is missing. The ledger in the snapshot says which, and why:")?;
        stage.larder("at ./save info latest --ledger")?;
        Ok(first.trim().to_owned())
    }

    fn changed(&self) -> Result<()> {
        let stage = &self.stage;
        stage.say(&format!("Then life goes on in the account: {}.", account::change(&self.simulator)))?;
        stage.say(
            "The second backup asks for what has changed, and fetches only content that is not in the store yet; that a \
             folder was renamed costs nothing. What is missing is tried again, and stays in the ledger:",
        )?;
        self.counted("at ./save backup @mydropbox", 3)?;
        stage.say(
            "Nothing changed any more? Two calls say so, however large the account is, and one tries what is missing:",
        )?;
        self.counted("at ./save backup @mydropbox", 3).map(drop)
    }

    fn look(&self, first: &str) -> Result<()> {
        let stage = &self.stage;
        stage.say(
            "The snapshots, what differs between the first and the newest, and the Paper document, which was exported:",
        )?;
        stage.larder("at ./save ls")?;
        stage.larder(&format!("at ./save diff {} latest", first.get(..8).unwrap_or(first)))?;
        stage.larder("at ./save cat latest:/Plans/Trip.paper.md").map(drop)
    }

    fn restore(&self) -> Result<()> {
        let stage = &self.stage;
        stage.say("Bring everything back, to this disk:")?;
        self.simulator.reset_journal();
        stage.larder("at ./save restore -to ./back latest")?;
        let (files, bytes) = self.same(&stage.folder.join("back"))?;
        stage.say(&format!(
            "(The demo compared ./back with the account itself: {} with {} are the same, byte for byte. Dropbox counted {}.)",
            text::count(files, "file"),
            text::size(bytes),
            text::count(self.simulator.total_calls() as u64, "call"),
        ))?;
        stage.say("Is the store whole, each byte of it? And how large is it?")?;
        stage.larder("at ./save check --data")?;
        stage.larder("at ./save info").map(drop)
    }

    /// Some files are lost at Dropbox, and come back into it.
    fn restore_to_dropbox(&self) -> Result<()> {
        let stage = &self.stage;
        stage.say(&format!(
            "Then a mishap: {}. Bring back what is missing, into Dropbox:",
            account::lose(&self.simulator)
        ))?;
        self.counted("at ./save restore -to @mydropbox latest", 0)?;
        stage.say(
            "What was there with the same content was not sent again. Nothing is missing now, and nothing is sent:",
        )?;
        self.counted("at ./save restore -to @mydropbox latest", 0)?;
        let (files, bytes) = self.same(&stage.folder.join("back"))?;
        stage.say(&format!(
            "(The demo compared the account with ./back: {} with {} are the same, byte for byte.)",
            text::count(files, "file"),
            text::size(bytes),
        ))
    }

    /// Dropbox holds a store, too.
    fn store_in_dropbox(&self) -> Result<()> {
        let stage = &self.stage;
        stage.say("A store can lie in Dropbox itself, for anything: here for the files of this disk.")?;
        stage.larder("at @mydropbox create")?;
        self.counted("at @mydropbox backup ./back", 0)?;
        stage.larder("at @mydropbox ls")?;
        stage.say(
            "Dropbox tells the hash of each pack, so that one listing proves the store whole; no pack is fetched:",
        )?;
        self.counted("at @mydropbox check --quick", 0).map(drop)
    }

    /// Runs a line, and says what Dropbox had to answer for it.
    fn counted(&self, line: &str, code: i32) -> Result<String> {
        self.simulator.reset_journal();
        let printed = self.stage.larder_ends(line, code)?;
        let mut routes: BTreeMap<String, u64> = BTreeMap::new();
        for call in self.simulator.log() {
            *routes.entry(call.route).or_default() += 1;
        }
        let each: Vec<_> = routes.iter().map(|(route, calls)| format!("{calls} {route}")).collect();
        let (calls, bytes) = (self.simulator.total_calls() as u64, self.simulator.bytes_out());
        self.stage.say(&format!(
            "(Dropbox counted {}: {}. It sent {}.)",
            text::count(calls, "call"),
            each.join(", "),
            text::size(bytes)
        ))?;
        Ok(printed)
    }

    /// Compares what was restored with the account; returns how many files and bytes are the same.
    fn same(&self, back: &Path) -> Result<(u64, u64)> {
        let account = self.simulator.account();
        let (mut files, mut bytes) = (0, 0);
        for path in account::with_content(&self.simulator) {
            let restored = back.join(path.trim_start_matches('/'));
            let content = fs::read(&restored).map_err(|error| cannot("read", &restored, &error))?;
            if account.read(&path).as_ref() != Some(&content) {
                return Err(Problem::damaged(format!("{path} came back different")));
            }
            (files, bytes) = (files + 1, bytes + content.len() as u64);
        }
        Ok((files, bytes))
    }
}
