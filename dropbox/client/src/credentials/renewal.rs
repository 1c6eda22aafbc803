//! The access token that calls carry, renewed once for all who need it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use super::{Credentials, Keeper, KeeperLock};
use crate::client::Access;
use crate::clock::Clock;
use crate::error::{Class, Error, Result};
use crate::http::Http;
use crate::secret::Secret;
use crate::sign_in::TokenAnswer;

/// How often to look whether somebody else has renewed.
const TICK: Duration = Duration::from_millis(20);

/// Gives out access tokens.
pub(crate) struct Tokens {
    access: Access,
    clock: Arc<dyn Clock>,
    current: Mutex<Option<Credentials>>,
    /// Held by the thread that renews.
    renewing: Mutex<()>,
}

/// Asks Dropbox for a new access token.
pub(crate) type Exchange<'a> = &'a dyn Fn(&Credentials, &Secret) -> Result<TokenAnswer>;

impl Tokens {
    pub fn new(access: Access, clock: Arc<dyn Clock>) -> Self {
        Self { access, clock, current: Mutex::new(None), renewing: Mutex::new(()) }
    }

    /// An access token that will last for a while.
    pub fn access(&self, http: &Http, exchange: Exchange) -> Result<Secret> {
        let keeper = match &self.access {
            Access::Token(token) => return Ok(token.clone()),
            Access::Kept(keeper) => keeper,
        };
        if let Some(token) = self.fresh(None) {
            return Ok(token);
        }
        self.renew(keeper.as_ref(), None, http, exchange)
    }

    /// A token other than this one, which Dropbox no longer takes.
    pub fn access_after(&self, stale: &Secret, http: &Http, exchange: Exchange) -> Result<Secret> {
        match &self.access {
            Access::Token(_) => Err(ended()),
            Access::Kept(keeper) => self.renew(keeper.as_ref(), Some(stale), http, exchange),
        }
    }

    fn renew(&self, keeper: &dyn Keeper, stale: Option<&Secret>, http: &Http, exchange: Exchange) -> Result<Secret> {
        let _alone_here = self.lock_threads(http)?;
        if let Some(token) = self.fresh(stale) {
            return Ok(token);
        }
        // Another process may have renewed; reading needs no lock, since files are replaced as a whole.
        self.read(keeper)?;
        if let Some(token) = self.fresh(stale) {
            return Ok(token);
        }
        let _alone_anywhere = self.lock_processes(keeper, http)?;
        let kept = self.read(keeper)?;
        if let Some(token) = self.fresh(stale) {
            return Ok(token);
        }
        let refresh = kept.refresh_token.clone().ok_or_else(ended)?;
        let renewed = exchange(&kept, &refresh)?.renew(kept, self.clock.time_of_day());
        keeper.store(&renewed)?;
        let token = renewed.access_token.clone();
        *self.current() = Some(renewed);
        token.ok_or_else(ended)
    }

    fn read(&self, keeper: &dyn Keeper) -> Result<Credentials> {
        let kept = keeper.load()?.ok_or_else(|| {
            Error::local(Class::Credentials, "There is no sign-in for this Dropbox account", "Sign in first")
        })?;
        *self.current() = Some(kept.clone());
        Ok(kept)
    }

    fn fresh(&self, stale: Option<&Secret>) -> Option<Secret> {
        let now: SystemTime = self.clock.time_of_day();
        let current = self.current();
        let token = current.as_ref()?.fresh_access(now)?;
        (stale != Some(token)).then(|| token.clone())
    }

    /// Whether this token should still be taken.
    pub fn is_fresh(&self, token: &Secret) -> bool {
        match &self.access {
            Access::Token(_) => true,
            Access::Kept(_) => {
                let now = self.clock.time_of_day();
                self.current().as_ref().and_then(|current| current.fresh_access(now)) == Some(token)
            }
        }
    }

    fn lock_threads(&self, http: &Http) -> Result<MutexGuard<'_, ()>> {
        loop {
            match self.renewing.try_lock() {
                Ok(guard) => return Ok(guard),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => self.wait(http)?,
            }
        }
    }

    fn lock_processes(&self, keeper: &dyn Keeper, http: &Http) -> Result<KeeperLock> {
        loop {
            match keeper.try_lock()? {
                Some(lock) => return Ok(lock),
                None => self.wait(http)?,
            }
        }
    }

    fn wait(&self, http: &Http) -> Result<()> {
        http.check()?;
        self.clock.sleep(TICK);
        Ok(())
    }

    fn current(&self) -> MutexGuard<'_, Option<Credentials>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended() -> Error {
    Error::local(Class::Credentials, "The access token ended and cannot be renewed", "Sign in again")
}
