//! What could not be read, told once and not for every try: programs try again and again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use larder_model::{Problem, ProblemKind};

/// The same about the same item is told again only after this.
const PAUSE: Duration = Duration::from_secs(60);
/// Items that are remembered.
const REMEMBERED_MAX: usize = 10_000;

#[derive(Default)]
pub struct Troubles(Mutex<HashMap<String, Instant>>);

impl Troubles {
    /// Whether people should be told.
    pub fn is_news(&self, item: &str, problem: &Problem) -> bool {
        // What fails because the mount is being ended is none.
        if problem.is(ProblemKind::Interrupted) {
            return false;
        }
        // A store that cannot be reached is one trouble, however many items are in it.
        let key = if problem.is(ProblemKind::Unreachable) { "unreachable" } else { item };
        let now = Instant::now();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(key).is_some_and(|then| now.duration_since(*then) < PAUSE) {
            return false;
        }
        if told.len() >= REMEMBERED_MAX {
            told.clear();
        }
        told.insert(key.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_told_once_and_an_unreachable_store_once_for_all() {
        let troubles = Troubles::default();
        let (damaged, away) = (Problem::damaged("bad"), Problem::new(ProblemKind::Unreachable, "away"));
        assert!(troubles.is_news("a", &damaged) && troubles.is_news("b", &damaged));
        assert!(!troubles.is_news("a", &damaged));
        assert!(troubles.is_news("a", &away) && !troubles.is_news("b", &away));
        assert!(!troubles.is_news("c", &Problem::new(ProblemKind::Interrupted, "interrupted")));
    }
}
