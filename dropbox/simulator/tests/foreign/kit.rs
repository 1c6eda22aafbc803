//! Foreign programs: found or not, run, and heard.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dropbox_simulator::{Options, Simulator};
use tempfile::TempDir;

/// A simulator that speaks TLS, and a folder with its authority's certificate.
pub struct Stage {
    pub simulator: Simulator,
    pub folder: TempDir,
}

impl Stage {
    pub fn new() -> Self {
        let simulator = Simulator::start(Options { tls: true, ..Options::default() }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        simulator.write_authority(&folder.path().join("ca.pem")).unwrap();
        Self { simulator, folder }
    }

    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The program's way to Dropbox leads to the simulator, whatever proxies this machine has.
    pub fn lead(&self, command: &mut Command) {
        let proxy = self.simulator.proxy().unwrap();
        command.env("HTTPS_PROXY", &proxy).env("https_proxy", &proxy);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
        command.env("NO_PROXY", "").env("no_proxy", "");
        command.env("SSL_CERT_FILE", self.authority()).env("REQUESTS_CA_BUNDLE", self.authority());
        command.env_remove("CURL_CA_BUNDLE");
    }
}

/// The interpreter of `cargo xtask ci`'s environment, where Dropbox's SDK is.
pub fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent()?;
    let python = target.join("ci-venv/bin/python");
    works(Command::new(&python).args(["-c", "import dropbox"])).then_some(python)
}

pub fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// The output of a program that succeeded.
pub fn heard(output: &Output) -> String {
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{errors}", output.status);
    format!("{out}{errors}")
}
