//! Who is let in: a one-time token or a password is swapped for a session, which a cookie names.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroizing;

use crate::random::{is_same, token};

/// A session that nobody used for this long has ended.
pub const IDLE_SECS_MAX: i64 = 12 * 3600;
/// With more, the one that was idle longest ends.
const SESSIONS_MAX: usize = 64;
/// Ended sessions that are still told apart from ones that never were.
const ENDED_MAX: usize = 256;

/// How somebody gets a session.
#[derive(Debug)]
pub enum Entrance {
    /// By the token of the opening address, once.
    Token,
    Password(Zeroizing<String>),
}

#[derive(Debug)]
pub struct Sessions {
    password: Option<Zeroizing<String>>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    token: Option<String>,
    /// By the cookie's value.
    open: HashMap<String, Session>,
    ended: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Session {
    /// What requests that change something have to carry.
    pub csrf: String,
    /// When it was last used, in Unix seconds.
    used: i64,
}

impl Session {
    /// When it ends unless it is used, in Unix seconds.
    pub fn expires(&self) -> i64 {
        self.used.saturating_add(IDLE_SECS_MAX)
    }
}

/// What became of a cookie.
#[derive(Clone, Debug)]
pub enum Known {
    Open(Session),
    Expired,
    Never,
}

impl Sessions {
    /// Also gives the token, where there is one.
    pub fn new(entrance: Entrance) -> (Self, Option<String>) {
        let (password, token) = match entrance {
            Entrance::Token => (None, Some(token())),
            Entrance::Password(password) => (Some(password), None),
        };
        let inner = Mutex::new(Inner { token: token.clone(), ..Inner::default() });
        (Self { password, inner }, token)
    }

    pub fn needs_password(&self) -> bool {
        self.password.is_some()
    }

    /// Swaps the token for a session's cookie. It is used up by that.
    pub fn open_by_token(&self, given: &str, now: i64) -> Option<String> {
        let mut inner = self.lock();
        inner.token.take_if(|token| is_same(given.as_bytes(), token.as_bytes()))?;
        Some(inner.open(now))
    }

    pub fn open_by_password(&self, given: &str, now: i64) -> Option<String> {
        let password = self.password.as_ref()?;
        is_same(given.as_bytes(), password.as_bytes()).then(|| self.lock().open(now))
    }

    /// The session of a cookie, which is used by that.
    pub fn known(&self, cookie: &str, now: i64) -> Known {
        let mut inner = self.lock();
        let Some(session) = inner.open.get_mut(cookie) else {
            let has_ended = inner.ended.iter().any(|ended| ended == cookie);
            return if has_ended { Known::Expired } else { Known::Never };
        };
        if session.expires() > now {
            session.used = session.used.max(now);
            return Known::Open(session.clone());
        }
        inner.end(cookie);
        Known::Expired
    }

    pub fn end(&self, cookie: &str) {
        self.lock().end(cookie);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn open(&mut self, now: i64) -> String {
        if self.open.len() >= SESSIONS_MAX
            && let Some(oldest) = self.open.iter().min_by_key(|(_, session)| session.used).map(|it| it.0.clone())
        {
            self.end(&oldest);
        }
        let cookie = token();
        self.open.insert(cookie.clone(), Session { csrf: token(), used: now });
        cookie
    }

    fn end(&mut self, cookie: &str) {
        if self.open.remove(cookie).is_some() {
            self.ended.push(cookie.to_owned());
            let surplus = self.ended.len().saturating_sub(ENDED_MAX);
            self.ended.drain(..surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_once_and_a_session_for_half_a_day() {
        let (sessions, token) = Sessions::new(Entrance::Token);
        let token = token.unwrap();
        assert!(sessions.open_by_token("wrong", 0).is_none());
        let cookie = sessions.open_by_token(&token, 0).unwrap();
        assert!(sessions.open_by_token(&token, 0).is_none());
        assert!(sessions.open_by_password("", 0).is_none());
        assert!(matches!(sessions.known(&cookie, IDLE_SECS_MAX - 1), Known::Open(_)));
        assert!(matches!(sessions.known(&cookie, 2 * IDLE_SECS_MAX - 2), Known::Open(_)));
        assert!(matches!(sessions.known(&cookie, 9 * IDLE_SECS_MAX), Known::Expired));
        assert!(matches!(sessions.known(&cookie, 0), Known::Expired));
        assert!(matches!(sessions.known("other", 0), Known::Never));
    }

    #[test]
    fn there_is_a_bound_to_sessions() {
        let (sessions, token) = Sessions::new(Entrance::Password(Zeroizing::new("open sesame".to_owned())));
        assert!(token.is_none());
        assert!(sessions.open_by_password("Open sesame", 0).is_none());
        let cookies: Vec<_> = (0..100).map(|now| sessions.open_by_password("open sesame", now).unwrap()).collect();
        assert!(matches!(sessions.known(&cookies[0], 100), Known::Expired));
        assert!(matches!(sessions.known(&cookies[99], 100), Known::Open(_)));
        sessions.end(&cookies[99]);
        assert!(matches!(sessions.known(&cookies[99], 100), Known::Expired));
    }
}
