//! A mount, from when it can be used to when it is gone.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use fuser::{BackgroundSession, Config, MountOption, Session, SessionACL};
use larder_engine::Reader;
use larder_model::{Problem, Result, reason};

use crate::{
    MountOptions, Surroundings, What, place,
    serve::Served,
    unmount::{Gone, take_away},
    world::World,
    xattrs::Xattrs,
};

/// Threads that take requests. They hand them on and never wait.
const RECEIVERS: usize = 2;
/// What the kernel asks for ahead of those who read on, where it lets itself be told.
const READ_AHEAD_KIB: u32 = 512;

/// What is mounted. Dropping it unmounts it.
pub struct Mounted {
    session: Option<BackgroundSession>,
    place: PathBuf,
}

/// How a mount ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// It was unmounted, here or by somebody else.
    Unmounted,
    /// Somebody was using it. It was detached, and they get errors from now on.
    Detached,
}

/// Mounts, and returns when the mount can be used.
pub fn mount(
    reader: Reader,
    what: What,
    place: &Path,
    options: MountOptions,
    around: Arc<dyn Surroundings>,
) -> Result<Mounted> {
    let whole = place::check(place)?;
    place::check_machine()?;
    let xattrs = Xattrs::of(&reader, &what, options.leaves_xattrs_out);
    let served = Served::new(World::open(reader, what, around)?, xattrs);
    let mut config = Config::default();
    let named = |name: &str| name.to_owned();
    config.mount_options =
        vec![MountOption::RO, MountOption::FSName(named("larder")), MountOption::Subtype(named("larder"))];
    config.n_threads = Some(RECEIVERS);
    if options.allow_other {
        config.acl = SessionACL::All;
        // Else anybody could read what only root may: the kernel has to look at modes.
        config.mount_options.push(MountOption::DefaultPermissions);
    }
    let session = Session::new(served, &whole, &config).map_err(|error| place::not_mounted(place, &error))?;
    let session = session.spawn().map_err(|error| place::not_mounted(place, &error))?;
    ask_for_more(&whole);
    Ok(Mounted { session: Some(session), place: whole })
}

/// Lets the kernel ask for half a mebibyte at once when somebody reads on, in place of 128 KiB: fewer requests for the same bytes. Only
/// root may say so, and it works without.
fn ask_for_more(place: &Path) {
    let Ok(device) = std::fs::metadata(place).map(|found| found.dev()) else { return };
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let _ = std::fs::write(format!("/sys/class/bdi/{major}:{minor}/read_ahead_kb"), READ_AHEAD_KIB.to_string());
}

impl Mounted {
    /// Whether somebody else has unmounted it.
    pub fn is_over(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.guard.is_finished())
    }

    /// Unmounts, if that was not done yet.
    pub fn end(mut self) -> Result<Ended> {
        let Some(session) = self.session.take() else { return Ok(Ended::Unmounted) };
        if !session.guard.is_finished() {
            match take_away(&self.place) {
                Ok(Gone::Whole) => {}
                Ok(Gone::Detached) => {
                    // Those who still have it open keep its threads; they end with the program.
                    std::mem::forget(session);
                    return Ok(Ended::Detached);
                }
                Err(problem) => {
                    std::mem::forget(session);
                    return Err(problem);
                }
            }
        }
        session.join().map_err(|error| Problem::failed(format!("the mount ended badly: {}", reason(&error))))?;
        Ok(Ended::Unmounted)
    }
}
