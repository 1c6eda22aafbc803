//! restic with its repository in the account, which it reaches through `rclone serve restic`: the way its manual shows.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::stage::Stage;
use crate::bench::peer::{self, Peer, Place, Slot, Work};

use crate::failure::{Context, Failure, Outcome};
use crate::program::{output, shown};

pub const RESTIC: &str = "restic, rclone serve";

/// How long rclone may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ends with this value.
pub struct Served {
    rclone: Child,
    restic: Peer,
    place: Place,
}

impl Served {
    /// Lets rclone serve the account, and makes a repository in it.
    pub fn start(stage: &Stage, peers: &Path, folder: &Path) -> Outcome<Self> {
        let restic = peer::named("restic", Path::new("larder"), peers).context("restic is no peer")?;
        let address = free_address()?;
        let mut command = stage.rclone_serve(&address.to_string());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let rclone = command.spawn().context(shown(&command))?;
        let served = Self { rclone, restic, place: place(address, folder) };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            if began.elapsed() > PATIENCE {
                return Err(Failure::new("`rclone serve restic` does not listen"));
            }
            thread::sleep(Duration::from_millis(100));
        }
        output(&mut served.command(Work::Create)?)?;
        Ok(served)
    }

    pub fn backup(&self, folder: &Path) -> Outcome<Command> {
        self.command(Work::Backup(folder))
    }

    fn command(&self, work: Work) -> Outcome<Command> {
        let mut command = self.restic.command(work, &self.place).context("restic cannot do that")?;
        command.stdin(Stdio::null());
        Ok(command)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.rclone.kill();
        let _ = self.rclone.wait();
    }
}

fn place(address: SocketAddr, folder: &Path) -> Place {
    Place {
        store: format!("rest:http://{address}/").into(),
        cache: folder.join("restic-cache"),
        key_file: folder.join("no-key"),
        restored: folder.join("no-folder"),
        slot: Slot::Passphrase,
        snapshot: String::new(),
    }
}

/// A port that nobody listens at.
fn free_address() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("a port of this machine")?;
    listener.local_addr().context("a port of this machine")
}
