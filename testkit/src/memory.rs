//! How much memory a test has taken.

/// The most memory that this process has had so far, in MiB. `None` where the system does not say: then there is nothing to compare.
pub fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib / 1024)
}

/// # Panics
/// When this process has had more than `limit_mib` at any time. Tests that call it need a process of their own, as nextest gives them.
pub fn assert_peak_below(limit_mib: u64, what: &str) {
    if let Some(peak) = peak_mib() {
        assert!(peak < limit_mib, "{what}: {peak} MiB at the peak, {limit_mib} are allowed");
    }
}
