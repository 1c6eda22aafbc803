//! Keeps all calls of one token within what Dropbox allows.
//!
//! Dropbox counts calls by token, so there is one governor for all clones of a client. It holds the pace, the places for
//! parallel requests, the lock that each namespace takes for its commits, and the silence that a 429 asks for: while that
//! lasts, no call begins, whatever it is for. Which figures, and why: <https://www.dropbox.com/developers/reference/data-ingress-guide>
//! names no limits but the lock, so the pace starts low, rises slowly and is halved when Dropbox objects.

mod commits;
mod pace;
mod places;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use commits::CommitLock;
use pace::Pace;
use places::Places;

use crate::clock::Clock;
use crate::credentials::Keeper;
use crate::error::{Class, Error, Result};
use crate::http::{Http, TICK};

/// A wait that is longer than this is for another day.
pub(crate) const SILENCE_MAX: Duration = Duration::from_secs(15 * 60);

/// What chance may add to it.
pub(crate) const JITTER_MAX: Duration = Duration::from_secs(5);

/// Which places a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plane {
    /// Listings and look-ups.
    Metadata,
    /// Bytes going up.
    Up,
    /// Bytes coming down. Apart from those going up, so that whoever uploads what it is just downloading waits for no place
    /// that it holds itself.
    Down,
    /// Changes: as many as there are namespaces, each of which has a lock.
    Commit,
}

/// What bounds a governor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Calls a second that are never exceeded, and where to start.
    pub pace: Option<f64>,
    /// Data requests side by side, in each direction.
    pub threads: usize,
}

pub(crate) struct Governor {
    clock: Arc<dyn Clock>,
    /// Where other processes that use the same sign-in are heard.
    keeper: Option<Arc<dyn Keeper>>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    paused_until: Duration,
    /// When the figures were lowered last: what began before tells nothing new.
    slowed_at: Option<Duration>,
    pace: Pace,
    places: Places,
    commits: commits::Commits,
}

impl State {
    /// How long Dropbox still wants silence; an error if that is more than anybody should wait for.
    fn silence_left(&self, now: Duration) -> Result<Duration> {
        let left = self.paused_until.saturating_sub(now);
        if is_waited_for(left) { Ok(left) } else { Err(silence_too_long(left)) }
    }
}

fn is_waited_for(silence: Duration) -> bool {
    silence <= SILENCE_MAX + JITTER_MAX
}

/// Dropbox wants silence for longer than a call may wait.
pub(crate) fn silence_too_long(wait: Duration) -> Error {
    let what = format!("Dropbox asks to wait for {} minutes", wait.as_secs().div_ceil(60));
    Error::local(Class::Budget, what, "Start again after that; what is done stays done")
}

/// A place for one request; given back when dropped.
pub(crate) struct Permit {
    governor: Arc<Governor>,
    plane: Plane,
    began: Duration,
}

impl Governor {
    pub fn new(bounds: Bounds, clock: Arc<dyn Clock>, keeper: Option<Arc<dyn Keeper>>) -> Arc<Self> {
        let state = State {
            paused_until: Duration::ZERO,
            slowed_at: None,
            pace: Pace::new(bounds.pace),
            places: Places::new(bounds.threads),
            commits: commits::Commits::default(),
        };
        Arc::new(Self { clock, keeper, state: Mutex::new(state), changed: Condvar::new() })
    }

    /// Waits until a request may begin. It has to be sent at once.
    pub fn enter(self: &Arc<Self>, plane: Plane, http: &Http) -> Result<Permit> {
        loop {
            http.check()?;
            self.hear_others();
            let mut state = self.state();
            let now = self.clock.now();
            let silence = state.silence_left(now)?;
            let wait = if !silence.is_zero() {
                silence
            } else if !state.places.is_free(plane) {
                self.wait_for_change(state);
                continue;
            } else {
                match state.pace.begin(now) {
                    Some(wait) => wait,
                    None => {
                        state.places.take(plane);
                        return Ok(Permit { governor: self.clone(), plane, began: now });
                    }
                }
            };
            drop(state);
            self.clock.sleep(wait.min(TICK));
        }
    }

    /// Waits while Dropbox wants silence.
    pub fn keep_silence(&self, http: &Http) -> Result<()> {
        loop {
            http.check()?;
            self.hear_others();
            let left = self.state().silence_left(self.clock.now())?;
            if left.is_zero() {
                return Ok(());
            }
            self.clock.sleep(left.min(TICK));
        }
    }

    /// What another process was told goes for this one as well.
    fn hear_others(&self) {
        let until = self.keeper.as_ref().and_then(|keeper| keeper.silent_until());
        let left = until.and_then(|until| until.duration_since(self.clock.time_of_day()).ok());
        if let Some(left) = left.filter(|left| is_waited_for(*left)) {
            self.pause_here(left);
        }
    }

    /// No call begins for so long from now on, here and, where it is worth waiting for, in other processes. After a longer one whoever
    /// starts again means to ask.
    pub fn pause(&self, wait: Duration) {
        if let Some(keeper) = self.keeper.as_ref().filter(|_| is_waited_for(wait)) {
            keeper.keep_silent_until(self.clock.time_of_day() + wait);
        }
        self.pause_here(wait);
    }

    fn pause_here(&self, wait: Duration) {
        let mut state = self.state();
        let until = self.clock.now() + wait;
        state.paused_until = state.paused_until.max(until);
        state.pace.not_before(until);
    }

    /// Dropbox objected to a call that had this permit: fewer calls from now on, and fewer side by side.
    pub fn slow_down(&self, permit: &Permit) {
        let mut state = self.state();
        if state.slowed_at.is_some_and(|slowed| permit.began <= slowed) {
            return;
        }
        state.slowed_at = Some(self.clock.now());
        state.pace.halve();
        state.places.halve();
    }

    /// A call went well: a little more from now on.
    pub fn speed_up(&self, permit: &Permit) {
        let mut state = self.state();
        state.pace.raise();
        if matches!(permit.plane, Plane::Up | Plane::Down) {
            state.places.raise();
        }
    }

    /// Waits for so long.
    pub fn sleep(&self, wait: Duration, http: &Http) -> Result<()> {
        let until = self.clock.now() + wait;
        loop {
            http.check()?;
            let left = until.saturating_sub(self.clock.now());
            if left.is_zero() {
                return Ok(());
            }
            self.clock.sleep(left.min(TICK));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_change(&self, state: MutexGuard<'_, State>) {
        drop(self.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.governor.state().places.give_back(self.plane);
        self.governor.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
