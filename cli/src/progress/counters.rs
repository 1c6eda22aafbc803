//! What workers count, and what can be said from it.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use larder_engine::Amount;
use larder_model::TreePath;

#[derive(Default)]
pub struct Counters {
    files: AtomicU64,
    bytes: AtomicU64,
    phase: Mutex<Phase>,
    /// Set while somebody looks for the current item; making its path costs more than counting.
    wants_item: AtomicBool,
    item: Mutex<String>,
}

#[derive(Clone, Default)]
struct Phase {
    name: String,
    total: Option<Amount>,
    started: Option<Instant>,
}

/// What the counters said at one moment.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub phase: String,
    pub done: Amount,
    pub total: Option<Amount>,
    pub elapsed: Duration,
    pub item: String,
}

impl Counters {
    pub fn start_phase(&self, name: &str, total: Option<Amount>) {
        let started = Some(Instant::now());
        *self.phase.lock().unwrap_or_else(PoisonError::into_inner) = Phase { name: name.to_owned(), total, started };
        self.files.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.item.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.wants_item.store(true, Relaxed);
    }

    /// What a phase that has begun will amount to, found out meanwhile.
    pub fn learn_total(&self, name: &str, total: Amount) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if phase.name == name && phase.total.is_none() {
            phase.total = Some(total);
        }
    }

    pub fn advance(&self, amount: Amount) {
        self.files.fetch_add(amount.files, Relaxed);
        self.bytes.fetch_add(amount.bytes, Relaxed);
    }

    pub fn item(&self, path: &dyn Fn() -> TreePath) {
        if self.wants_item.load(Relaxed) && self.wants_item.swap(false, Relaxed) {
            *self.item.lock().unwrap_or_else(PoisonError::into_inner) = path().to_string();
        }
    }

    pub fn look(&self) -> State {
        self.wants_item.store(true, Relaxed);
        let phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner).clone();
        State {
            phase: phase.name,
            done: Amount { files: self.files.load(Relaxed), bytes: self.bytes.load(Relaxed) },
            total: phase.total,
            elapsed: phase.started.map_or(Duration::ZERO, |started| started.elapsed()),
            item: self.item.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl State {
    /// How much is done, from 0 to 1: by bytes, or by files where there are no bytes.
    pub fn share(&self) -> Option<f64> {
        let total = self.total?;
        let (done, all) = if total.bytes > 0 { (self.done.bytes, total.bytes) } else { (self.done.files, total.files) };
        (all > 0).then(|| (done as f64 / all as f64).min(1.0))
    }

    pub fn bytes_per_second(&self) -> u64 {
        let secs = self.elapsed.as_secs_f64();
        if secs < 0.1 { 0 } else { (self.done.bytes as f64 / secs) as u64 }
    }

    /// Estimated from the average so far; nothing is said on less than a second, or on less than a hundredth.
    pub fn left(&self) -> Option<Duration> {
        let share = self.share().filter(|share| *share >= 0.01)?;
        let left = self.elapsed.as_secs_f64() * (1.0 - share) / share;
        (self.elapsed.as_secs() >= 1).then(|| Duration::from_secs_f64(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated_from_the_average() {
        let total = Some(Amount { files: 10, bytes: 1_000 });
        let done = Amount { files: 1, bytes: 250 };
        let state = State { total, done, elapsed: Duration::from_secs(10), ..State::default() };
        assert_eq!(state.share(), Some(0.25));
        assert_eq!(state.left(), Some(Duration::from_secs(30)));
        assert_eq!(state.bytes_per_second(), 25);
        assert_eq!(State { total: None, ..state }.left(), None);
    }

    #[test]
    fn what_a_phase_amounts_to_may_be_known_later() {
        let counters = Counters::default();
        let total = Amount { files: 4, bytes: 0 };
        counters.start_phase("backup", None);
        counters.advance(Amount { files: 1, bytes: 0 });
        assert_eq!(counters.look().share(), None);
        counters.learn_total("list", total);
        assert_eq!(counters.look().share(), None);
        counters.learn_total("backup", total);
        counters.learn_total("backup", Amount { files: 40, bytes: 0 });
        assert_eq!(counters.look().share(), Some(0.25));
        // Another phase knows nothing of it.
        counters.start_phase("verify", None);
        assert_eq!(counters.look().total, None);
    }

    #[test]
    fn a_path_is_made_only_when_somebody_looked() {
        let counters = Counters::default();
        counters.item(&|| unreachable!("nobody looked"));
        counters.look();
        counters.item(&|| TreePath::new("/a"));
        counters.item(&|| unreachable!("one is enough"));
        assert_eq!(counters.look().item, "/a");
    }
}
