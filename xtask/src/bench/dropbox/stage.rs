//! One account in one simulator, and the folders that both programs work in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Programs;
use super::account::Account;
use super::counts::Counts;
use super::simulator::Simulator;
use crate::bench::measure::{Figures, Stopwatch};
use crate::failure::{Context, Outcome};

pub struct Stage<'a> {
    pub simulator: Simulator,
    pub larder_program: &'a Path,
    /// rclone's configuration, which Larder imports.
    pub remotes: PathBuf,
    /// Larder's configuration, credentials and caches.
    pub home: PathBuf,
    pub store: PathBuf,
    pub key_file: PathBuf,
    pub restored: PathBuf,
    /// What rclone makes.
    pub copied: PathBuf,
    watch: Stopwatch,
}

impl<'a> Stage<'a> {
    /// Starts the simulator, without limits, and makes the account. What was in `folder` is gone.
    pub fn new(programs: &'a Programs, folder: &Path, account: &Account) -> Outcome<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).context(folder.display())?;
        }
        fs::create_dir_all(folder).context(folder.display())?;
        let simulator = Simulator::start(&programs.simulator, folder)?;
        simulator.fill(account)?;
        let remotes = folder.join("rclone.conf");
        fs::write(&remotes, &simulator.remote).context(remotes.display())?;
        Ok(Self {
            simulator,
            larder_program: &programs.larder,
            remotes,
            home: folder.join("home"),
            store: folder.join("store"),
            key_file: folder.join("key"),
            restored: folder.join("restored"),
            copied: folder.join("copied"),
            watch: Stopwatch::new(folder)?,
        })
    }

    /// Runs a program to its end, and counts what it asks of the simulator.
    pub fn measure(&self, program: &Command) -> Outcome<(Figures, Counts)> {
        self.simulator.forget_calls()?;
        let figures = self.watch.time(program)?;
        Ok((figures, self.simulator.counts()?))
    }

    /// Makes sure that nothing is at `path`.
    pub fn clear(&self, path: &Path) -> Outcome {
        if path.exists() { fs::remove_dir_all(path).context(path.display()) } else { Ok(()) }
    }
}
