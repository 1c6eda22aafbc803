//! rclone as it is told to copy the account, to copy into it, and to serve it to restic: through the simulator's proxy and over TLS,
//! the one way in that it knows.

use std::path::Path;
use std::process::Command;

use super::stage::Stage;
use crate::failure::Outcome;
use crate::program::{command, output};

const RCLONE: &str = "rclone";

/// A way to run rclone that has a column of its own.
pub struct Variant {
    pub name: &'static str,
    pub options: &'static [&'static str],
}

/// As it is, and told the limit of the account, which spares it refusals.
pub const VARIANTS: &[Variant] = &[
    Variant { name: "rclone", options: &[] },
    Variant { name: "rclone --tpslimit 12", options: &["--tpslimit", "12"] },
];

impl Stage<'_> {
    /// Everything in the account to this machine.
    pub fn rclone_copy(&self, options: &[&str]) -> Command {
        let mut rclone = self.rclone(&["copy", "bench:"]);
        rclone.arg(&self.copied).args(["--transfers", "16"]).args(options);
        rclone
    }

    /// A folder of the account to this machine.
    pub fn rclone_fetch(&self, folder: &str) -> Command {
        let mut rclone = self.rclone(&["copy", &format!("bench:{folder}")]);
        rclone.arg(&self.copied).args(["--transfers", "16"]);
        rclone
    }

    /// A folder of this machine into the account.
    pub fn rclone_send(&self, folder: &Path, options: &[&str]) -> Command {
        let mut rclone = self.rclone(&["copy"]);
        rclone.arg(folder).arg("bench:/Back").args(["--transfers", "16"]).args(options);
        rclone
    }

    /// A folder of the account as a place for restic, at an address of this machine, until it is stopped.
    pub fn rclone_serve(&self, address: &str) -> Command {
        self.rclone(&["serve", "restic", "bench:/Restic", "--addr", address])
    }

    fn rclone(&self, words: &[&str]) -> Command {
        let mut rclone = command(RCLONE, words);
        rclone.arg("--config").arg(&self.remotes).arg("--ca-cert").arg(&self.simulator.authority);
        for name in ["HTTPS_PROXY", "https_proxy"] {
            rclone.env(name, &self.simulator.proxy);
        }
        // This machine's own ways out are not to be taken.
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
            rclone.env(name, "");
        }
        rclone
    }

    pub fn rclone_version(&self) -> Outcome<String> {
        let said = output(&mut command(RCLONE, ["version"]))?;
        Ok(said.lines().next().unwrap_or_default().to_owned())
    }
}
