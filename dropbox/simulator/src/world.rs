//! Everything a simulator knows, behind one lock.
//!
//! One lock is enough here: what takes long (bodies, waiting, hashing what was sent) happens outside of it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::cursors::Cursors;
use crate::drive::{Account, AccountId, Drive};
use crate::fault::Faults;
use crate::jobs::JobTable;
use crate::journal::Journal;
use crate::oauth::OAuth;
use crate::options::Options;
use crate::pace::Pace;
use crate::random::Random;
use crate::sessions::Sessions;

#[derive(Debug)]
pub struct World {
    pub options: Options,
    pub clock: Clock,
    pub random: Random,
    pub drive: Drive,
    pub oauth: OAuth,
    pub cursors: Cursors,
    pub sessions: Sessions,
    pub jobs: JobTable,
    pub journal: Journal,
    pub faults: Faults,
    pub pace: Pace,
    /// When the line is free again, inwards and outwards.
    line_free_at: [Option<Instant>; 2],
    /// `/sim/edit` and every write of a call make it larger; long polls watch it.
    pub edits: watch::Sender<u64>,
}

/// The world as connections and handles share it.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
}

impl Shared {
    pub fn new(options: Options) -> Self {
        let seed = options.seed;
        let world = World {
            clock: Clock::default(),
            random: Random::new(seed),
            drive: Drive::new(options.only_basic_plane, options.miscased_parents),
            oauth: OAuth::default(),
            cursors: Cursors::default(),
            sessions: Sessions::default(),
            jobs: JobTable::default(),
            journal: Journal::default(),
            faults: Faults::new(seed),
            pace: Pace::default(),
            line_free_at: [None; 2],
            edits: watch::Sender::new(0),
            options,
        };
        Self { world: Mutex::new(world) }
    }

    /// A panic elsewhere must not hide the failure that a test is about.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// A person with a home of their own, which is their root too.
    pub fn add_account(&mut self, name: &str, email: &str) -> AccountId {
        let home = self.drive.add_space(name);
        let letters = self.random.letters(35);
        self.drive.accounts.push(Account {
            name: name.to_owned(),
            email: email.to_owned(),
            id: format!("dbid:{letters}"),
            home,
            root: home,
            quota: self.options.quota,
            team_room: None,
            is_suspended: false,
        });
        self.drive.accounts.len() - 1
    }

    pub fn note_edit(&self) {
        self.edits.send_modify(|count| *count += 1);
    }

    /// When so many bytes of a request's body have come in; nothing without a limit.
    pub fn bandwidth_in(&mut self, bytes: usize) -> Option<Instant> {
        self.use_line(0, bytes)
    }

    /// When so many bytes of an answer's body may go out.
    pub fn bandwidth_out(&mut self, bytes: usize) -> Option<Instant> {
        self.use_line(1, bytes)
    }

    fn use_line(&mut self, direction: usize, bytes: usize) -> Option<Instant> {
        let megabits = self.options.limits.megabits_per_second?;
        let time = Duration::from_secs_f64(bytes as f64 * 8.0 / (megabits.max(0.001) * 1e6));
        let now = Instant::now();
        let start = self.line_free_at[direction].map_or(now, |free| free.max(now));
        self.line_free_at[direction] = Some(start + time);
        Some(start + time)
    }
}
