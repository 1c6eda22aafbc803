//! Sends a call until it is done, refused for good, or has been tried often enough.
//!
//! What Dropbox asks to wait is waited, by all calls of the token, and counts as no try. A change whose answer was lost is
//! never sent again: it may have been made.

use std::time::Duration;

use super::attempt::Outcome;
use super::{Call, Client, Repeat, Reply};
use crate::counts::EventKind;
use crate::error::{Class, Error, Result};
use crate::governor::{JITTER_MAX, SILENCE_MAX, silence_too_long};
use crate::secret::Secret;
use crate::sign_in::{TOKEN_ROUTE, TokenAnswer, refresh};

/// What chance adds to a wait at least, if it adds all it can.
const JITTER_MIN: Duration = Duration::from_millis(250);

/// The first wait for a namespace that others change; each further one is twice as long, up to sixteen times.
const CONTENTION: Duration = Duration::from_secs(1);

const SECOND: Duration = Duration::from_secs(1);

/// So long one call may be told to wait in all.
const WAITS_MAX: Duration = Duration::from_secs(60 * 60);

/// The first wait after a failure; each further one is twice as long.
const BACKOFF: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// So often a call gets a new token because the last one ended on its way.
const RENEWALS_MAX: u32 = 5;

/// What a call has been through.
pub(super) struct Tries {
    failures: u32,
    waits: u32,
    waited: Duration,
    stale: Option<Secret>,
    renewals: u32,
    /// Whether an earlier answer was lost, so that the call may have been done already.
    pub was_lost: bool,
}

impl Client {
    /// Sends a call as often as it takes.
    pub(crate) fn run(&self, call: &Call) -> Result<Reply> {
        self.run_noting_loss(call).1
    }

    /// The same, and whether an answer was lost on the way.
    pub(crate) fn run_noting_loss(&self, call: &Call) -> (bool, Result<Reply>) {
        let mut tries =
            Tries { failures: 0, waits: 0, waited: Duration::ZERO, stale: None, renewals: 0, was_lost: false };
        let result = self.run_with_lock(call, &mut tries);
        (tries.was_lost, result.map_err(|error| error.at(call.route.name).about(call.item)))
    }

    fn run_with_lock(&self, call: &Call, tries: &mut Tries) -> Result<Reply> {
        let _alone = match call.route.is_commit() && !call.is_locked {
            true => Some(self.lock_commits()?),
            false => None,
        };
        loop {
            let (outcome, token) = self.attempt(call, tries)?;
            match outcome {
                Outcome::Done(reply) => return Ok(reply),
                Outcome::Refused(error) => self.after_refusal(call, error, token, tries)?,
                Outcome::NotSent(why) => self.after_failure(call, unreachable(&why), tries)?,
                Outcome::Lost(why) | Outcome::Silence(why) if call.route.repeat == Repeat::Never => {
                    return Err(unclear(&why));
                }
                // The same again would take as many minutes; the caller has another way.
                Outcome::Silence(why) if call.route.has_other_way => return Err(unreachable(&why)),
                Outcome::Lost(why) | Outcome::Silence(why) => {
                    tries.was_lost = true;
                    self.after_failure(call, unreachable(&why), tries)?;
                }
            }
        }
    }

    /// Waits or renews, if that can help; gives the error back otherwise.
    fn after_refusal(&self, call: &Call, error: Error, token: Secret, tries: &mut Tries) -> Result<()> {
        match error.class() {
            Class::RateLimited => self.wait_as_told(call, error, tries),
            Class::Retry if error.has_tag("too_many_write_operations") => self.wait_as_told(call, error, tries),
            // One that ended on its way says nothing against the sign-in.
            Class::Refresh if tries.renewals == 0 || tries.renewals < RENEWALS_MAX && self.has_ended(&token) => {
                tries.renewals += 1;
                tries.stale = Some(token);
                Ok(())
            }
            Class::Refresh => Err(error.with_class(Class::Credentials)),
            Class::Retry if is_unclear(call, &error) => {
                if let Some(wait) = error.retry_after() {
                    self.pause(call, wait);
                }
                Err(unclear(error.what()).like(&error))
            }
            Class::Retry => {
                tries.was_lost |= error.status().is_some_and(|status| status >= 500);
                self.keep_silence_for(call, &error)?;
                self.after_failure(call, error, tries)
            }
            _ => Err(error),
        }
    }

    /// All calls of the token keep silence, and this one waits longer when it was told so without a figure again.
    fn wait_as_told(&self, call: &Call, error: Error, tries: &mut Tries) -> Result<()> {
        let chance = self.shared.clock.random();
        let (silence, more) = match error.retry_after() {
            Some(wait) if wait > SILENCE_MAX => return Err(self.give_up(wait, &error)),
            Some(wait) => {
                // Whoever says "at once" again and again does not mean it.
                let wait = wait.max(SECOND * tries.waits.min(15));
                (wait + JITTER_MAX.min(wait / 10).max(JITTER_MIN).mul_f64(chance), Duration::ZERO)
            }
            None if error.has_tag("too_many_write_operations") => {
                let silence = CONTENTION.mul_f64(1.0 + 0.5 * chance);
                (silence, silence * ((1 << tries.waits.min(4)) - 1))
            }
            None => (Duration::from_secs_f64(5.0 + 10.0 * chance), Duration::ZERO),
        };
        tries.waits += 1;
        tries.waited += silence + more;
        self.pause(call, silence);
        if tries.waited > WAITS_MAX {
            return Err(error.with_class(Class::RateLimited));
        }
        if more.is_zero() { Ok(()) } else { self.sleep(silence + more) }
    }

    /// A failing server may ask for silence as well.
    fn keep_silence_for(&self, call: &Call, error: &Error) -> Result<()> {
        match error.retry_after() {
            Some(wait) if wait > SILENCE_MAX => Err(self.give_up(wait, error)),
            Some(wait) => {
                self.pause(call, wait);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Keeps all calls of the token from being sent, and has each fail instead.
    fn give_up(&self, wait: Duration, error: &Error) -> Error {
        self.shared.governor.pause(wait + JITTER_MAX + SECOND);
        silence_too_long(wait).like(error)
    }

    fn pause(&self, call: &Call, wait: Duration) {
        self.shared.governor.pause(wait);
        self.shared.counters.happened(call.route.name, EventKind::Paused { wait });
    }

    fn after_failure(&self, call: &Call, error: Error, tries: &mut Tries) -> Result<()> {
        if tries.failures >= self.shared.retries {
            return Err(error);
        }
        tries.failures += 1;
        self.back_off(call.route.name, tries.failures)
    }

    /// Waits before something is sent again, the longer the more often it failed: 0.5 s, 1 s, 2 s …, up to half less.
    pub(crate) fn back_off(&self, route: &'static str, failures: u32) -> Result<()> {
        let longest = BACKOFF.saturating_mul(1 << (failures - 1).min(16)).min(BACKOFF_MAX);
        let wait = longest.mul_f64(0.5 + 0.5 * self.shared.clock.random());
        self.shared.counters.happened(route, EventKind::Retried { wait });
        self.sleep(wait)
    }

    /// By our own clock.
    fn has_ended(&self, token: &Secret) -> bool {
        !self.shared.tokens.is_fresh(token)
    }

    pub(super) fn token(&self, tries: &mut Tries) -> Result<Secret> {
        let shared = &self.shared;
        let exchange = |kept: &_, refresh_token: &_| self.renew(kept, refresh_token);
        match tries.stale.take() {
            Some(stale) => shared.tokens.access_after(&stale, &shared.http, &exchange),
            None => shared.tokens.access(&shared.http, &exchange),
        }
    }

    /// Renewing changes nothing, so it is tried as often as any read.
    fn renew(&self, kept: &crate::credentials::Credentials, refresh_token: &Secret) -> Result<TokenAnswer> {
        let shared = &self.shared;
        let mut failures = 0;
        loop {
            shared.governor.keep_silence(&shared.http)?;
            shared.counters.called(TOKEN_ROUTE);
            let error = match refresh(&shared.http, &shared.endpoint, kept, refresh_token) {
                Ok(answer) => {
                    shared.counters.happened(TOKEN_ROUTE, EventKind::Renewed);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let may_pass = matches!(error.class(), Class::Retry | Class::RateLimited | Class::Unreachable);
            if !may_pass || failures >= shared.retries {
                return Err(error);
            }
            if let Some(wait) = error.retry_after() {
                if wait > SILENCE_MAX {
                    return Err(self.give_up(wait, &error));
                }
                shared.governor.pause(wait);
            }
            failures += 1;
            self.back_off(TOKEN_ROUTE, failures)?;
        }
    }
}

/// Whether a change that failed on Dropbox's side may have been made all the same.
fn is_unclear(call: &Call, error: &Error) -> bool {
    let is_vague =
        error.status().is_none_or(|status| status >= 500 || status == 408) || error.has_tag("internal_error");
    call.route.repeat == Repeat::Never && is_vague
}

fn unclear(why: &str) -> Error {
    let what = format!("The change was sent, and its answer was lost: {why}");
    Error::local(Class::Unclear, what, "Look whether it was made before making it again")
}

fn unreachable(why: &str) -> Error {
    let what = format!("Dropbox could not be reached: {why}");
    Error::local(Class::Unreachable, what, "Check the network and try again")
}
