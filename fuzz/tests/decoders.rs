//! Every target on its stored cases, and on a fixed number of random ones: what `cargo nextest run` does of fuzzing.

use std::{env, fs, path::PathBuf};

use larder_fuzz::{
    Target,
    cases::{Random, case},
    targets::ALL,
};

/// Random cases a target, the same at every run: a few seconds for all targets. `LARDER_FUZZ_CASES` asks for more.
const CASES: usize = 50_000;
/// The highest that memory may rise to: a frame of 16 MiB twice over, and the program.
const MEMORY_MAX_KIB: u64 = 160 << 10;

macro_rules! targets {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )*

        #[test]
        fn every_target_has_its_test_its_cases_and_its_binary() {
            let names: Vec<_> = ALL.iter().map(|target| target.name).collect();
            assert_eq!([$(stringify!($name)),*].as_slice(), names);
            for name in names {
                assert!(!stored(name).is_empty(), "corpus/{name} is empty");
                assert!(folder("libfuzzer/fuzz_targets").join(name).with_extension("rs").is_file(), "{name}");
            }
        }
    };
}

targets! {
    block checkpoint config container directory escaped frame ids intent item ledger marks object_name page
    rclone_encrypted rclone_ini record refusal retry_after ring slot snapshot start statistics tail tree_path
    zip
}

fn run(name: &str) {
    let target = ALL.iter().find(|target| target.name == name).expect("the macro names targets that exist");
    let stored = stored(name);
    let taken = stored.iter().filter(|case| checked(target, case)).count();
    assert!(taken > 0, "no stored case reaches the decoder");
    let mut random = Random::new(first_seed(name));
    let cases = env::var("LARDER_FUZZ_CASES").map_or(CASES, |cases| cases.parse().expect("a number"));
    let taken = (0..cases).filter(|_| checked(target, &case(&mut random, &stored))).count();
    assert!(taken > 0 && taken < cases, "{taken} of {cases} random cases were taken");
    assert!(memory_peak_kib().is_none_or(|peak| peak < MEMORY_MAX_KIB), "too much memory: {:?} KiB", memory_peak_kib());
}

fn checked(target: &Target, case: &[u8]) -> bool {
    let shown = ShownOnPanic { target: target.name, case };
    let taken = (target.run)(case);
    std::mem::forget(shown);
    taken
}

/// Prints the case when the target panics on it, so that it can be stored.
struct ShownOnPanic<'a> {
    target: &'a str,
    case: &'a [u8],
}

impl Drop for ShownOnPanic<'_> {
    fn drop(&mut self) {
        let hex: String = self.case.iter().map(|byte| format!("{byte:02x}")).collect();
        eprintln!("target {}, the case in hex: {hex}", self.target);
    }
}

/// Stored cases, in order of their names.
fn stored(name: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder("corpus").join(name)) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the corpus can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("the corpus can be read")).collect()
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Each target starts elsewhere in the sequence of random numbers.
fn first_seed(name: &str) -> u64 {
    u64::from_le_bytes(*blake3::hash(name.as_bytes()).as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// What Linux says that the process has used at most; elsewhere nothing is known.
fn memory_peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
