//! Taking a mount away, also one that is in use.

use std::{path::Path, process::Command, thread, time::Duration};

use larder_model::{Problem, Result};
use rustix::{
    io::Errno,
    mount::{UnmountFlags, unmount},
};

use crate::place;

/// Somebody who has just looked may need a moment to let go.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(50);

/// How a mount went away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    Whole,
    /// It was in use: nobody finds it any more, and those who have it open get errors from now on.
    Detached,
}

/// Unmounts; detaches what is in use.
pub fn take_away(place: &Path) -> Result<Gone> {
    for _ in 0..TRIES {
        match unmount(place, UnmountFlags::NOFOLLOW) {
            // Somebody else was faster.
            Ok(()) | Err(Errno::INVAL) => return Ok(Gone::Whole),
            Err(Errno::PERM) => return by_helper(place),
            Err(Errno::BUSY) => thread::sleep(PAUSE),
            Err(error) => return Err(not_unmounted(place, &error.to_string())),
        }
    }
    match unmount(place, UnmountFlags::NOFOLLOW | UnmountFlags::DETACH) {
        Ok(()) | Err(Errno::INVAL) => Ok(Gone::Detached),
        Err(error) => Err(not_unmounted(place, &error.to_string())),
    }
}

fn by_helper(place: &Path) -> Result<Gone> {
    let Some(helper) = place::helper() else { return Err(not_unmounted(place, "there is no fusermount3")) };
    let run = |options: &[&str]| Command::new(helper).args(options).arg("--").arg(place).output();
    for _ in 0..TRIES {
        if run(&["-u", "-q"]).is_ok_and(|output| output.status.success()) {
            return Ok(Gone::Whole);
        }
        thread::sleep(PAUSE);
    }
    match run(&["-u", "-z"]) {
        Ok(output) if output.status.success() => Ok(Gone::Detached),
        Ok(output) => Err(not_unmounted(place, String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(not_unmounted(place, &error.to_string())),
    }
}

fn not_unmounted(place: &Path, why: &str) -> Problem {
    let shown = place::shown(place);
    Problem::failed(format!("cannot unmount {shown}: {why}")).hint(format!("umount {shown}, or fusermount3 -u {shown}"))
}
