//! How a simulator behaves, as far as it can be chosen. All but port, seed and TLS can be changed while it runs.

use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Options {
    /// 0 for a free port.
    pub port: u16,
    /// Steers every random choice: the same calls in the same order are answered alike.
    pub seed: u64,
    /// How long access tokens live.
    pub token_life: Duration,
    /// What an account may hold, unless it is told otherwise.
    pub quota: u64,
    pub listing: Listing,
    /// How long reads by path do not find what was written.
    pub read_lag: Duration,
    pub limits: Limits,
    pub jobs: Jobs,
    pub zip: Zip,
    /// Refuse names outside of the Basic Multilingual Plane.
    pub only_basic_plane: bool,
    /// Report the parents in `path_display` in another case than they have.
    pub miscased_parents: bool,
    /// Serve TLS, and a CONNECT proxy that leads Dropbox's hosts to it.
    #[cfg(feature = "tls")]
    pub tls: bool,
}

/// How listings come.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Entries of a page where the caller names no limit, and at most.
    pub page: usize,
    /// Probability that a page is cut short.
    pub short_pages: f64,
    /// Probability that a page is empty although more follows.
    pub empty_pages: f64,
    /// Probability that an entry of a page stands on the next one again.
    pub repeated: f64,
    /// How long listings and cursors lag behind writes.
    pub lag: Duration,
}

/// What slows callers down.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Calls a second for each token; none for no limit.
    pub calls_per_second: Option<f64>,
    /// Calls that may come at once.
    pub burst: f64,
    /// What a refused caller is told to wait.
    pub retry_after: Duration,
    /// Refuse in plain text instead of JSON.
    pub plain_text: bool,
    /// Calls that were on their way when the refusal was sent are no violation for this long.
    pub grace: Duration,
    /// Added to every call.
    pub latency: Duration,
    /// For bodies, in each direction, shared by all connections.
    pub megabits_per_second: Option<f64>,
    /// How long a commit holds its namespace's lock.
    pub write_hold: Duration,
    /// Added for each entry of a batch.
    pub write_hold_entry: Duration,
    /// The most entries of an `append_batch`.
    pub append_batch: usize,
    /// The largest body that is taken, in bytes.
    pub body: u64,
    /// The largest head of a request. Proxies before the real one have such a limit; theirs is not published.
    pub header_bytes: usize,
}

/// When batches become jobs that are polled.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// Batches of more entries than this; none for never.
    pub above: Option<usize>,
    /// So many polls say `in_progress` before the job is complete.
    pub polls: u32,
    /// So many of the next jobs end as `failed`, although all of it was done.
    pub failing: u32,
}

/// How `download_zip` answers, and misbehaves.
#[derive(Clone, Debug)]
pub struct Zip {
    /// Compress instead of storing.
    pub deflate: bool,
    /// Names begin with the name of the folder.
    pub top_folder: bool,
    /// Probability that a file is missing.
    pub missing: f64,
    /// Probability that a byte of a file is another, with a checksum that fits.
    pub flipped: f64,
    /// Entries, including the top folder, must be fewer.
    pub entries: usize,
    /// Bytes of one file, and of all.
    pub file_bytes: u64,
    pub total_bytes: u64,
}

impl Limits {
    /// What a refused caller is told to wait: headers know whole seconds only.
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.retry_after.as_secs().max(1))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            token_life: Duration::from_secs(14_400),
            quota: 2 << 40,
            listing: Listing { page: 2000, short_pages: 0.0, empty_pages: 0.0, repeated: 0.0, lag: Duration::ZERO },
            read_lag: Duration::ZERO,
            limits: Limits::default(),
            jobs: Jobs { above: Some(100), polls: 1, failing: 0 },
            zip: Zip::default(),
            only_basic_plane: false,
            miscased_parents: false,
            #[cfg(feature = "tls")]
            tls: false,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_second: None,
            burst: 20.0,
            retry_after: Duration::from_secs(1),
            plain_text: false,
            grace: Duration::from_millis(300),
            latency: Duration::ZERO,
            megabits_per_second: None,
            write_hold: Duration::ZERO,
            write_hold_entry: Duration::ZERO,
            append_batch: 500,
            body: 150 << 20,
            header_bytes: 60 << 10,
        }
    }
}

impl Default for Zip {
    fn default() -> Self {
        Self {
            deflate: false,
            top_folder: true,
            missing: 0.0,
            flipped: 0.0,
            entries: 10_000,
            file_bytes: 4 << 30,
            total_bytes: 20 << 30,
        }
    }
}
