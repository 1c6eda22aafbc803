//! A moment as file systems keep it.

/// Seconds since 1970-01-01T00:00:00Z, and nanoseconds that always count forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time {
    pub secs: i64,
    /// 0 to 999,999,999.
    pub nanos: u32,
}

impl Time {
    pub const fn new(secs: i64, nanos: u32) -> Self {
        Self { secs, nanos }
    }

    /// The system clock. Only composition roots and connectors call this; the engine takes its clock as an argument.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self::new(since.as_secs() as i64, since.subsec_nanos())
    }

    /// Seconds from `earlier` to `self`, negative when clocks went back.
    pub fn secs_since(self, earlier: Self) -> f64 {
        (self.secs - earlier.secs) as f64 + (f64::from(self.nanos) - f64::from(earlier.nanos)) * 1e-9
    }

    /// Nanoseconds since 1970; those of the years before 1678 and after 2262 are of the nearest that fits.
    pub fn unix_nanos(self) -> i64 {
        self.secs.saturating_mul(1_000_000_000).saturating_add(self.nanos.into())
    }

    /// This moment, moved by whole seconds.
    pub fn plus_secs(self, secs: i64) -> Self {
        Self::new(self.secs.saturating_add(secs), self.nanos)
    }
}
