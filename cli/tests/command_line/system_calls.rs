//! How many calls to the system a small file costs: seconds vary from machine to machine, this does not.

use crate::support::sandbox::Sandbox;

const FEW: u64 = 100;
const MANY: u64 = 1_100;

/// System calls of a line that are about files, as `strace` counts them.
fn counted(sandbox: &Sandbox, line: &str) -> u64 {
    // Those about files: how often threads wait for each other depends on what else the machine does.
    sandbox.ok(&format!("strace -f -c -e trace=%file,%desc -o counts larder at ./save --threads 1 {line} -q"));
    let table = sandbox.ok("cat counts");
    let total = table.lines().find(|line| line.ends_with(" total")).unwrap();
    // Percent, seconds, microseconds a call, calls.
    total.split_ascii_whitespace().nth(3).unwrap().parse().unwrap()
}

/// What each further file costs, in thousandths of a call.
fn cost(sandbox: &Sandbox, line: impl Fn(&str) -> String) -> u64 {
    let (few, many) = (counted(sandbox, &line("few")), counted(sandbox, &line("many")));
    many.saturating_sub(few) * 1000 / (MANY - FEW)
}

#[test]
fn a_small_file_costs_few_calls() {
    let sandbox = Sandbox::new();
    for (folder, files) in [("few", FEW), ("many", MANY)] {
        sandbox.ok(&format!("mkdir {folder}; for i in $(seq {files}); do echo $i > {folder}/$i; done"));
    }
    let (code, _, said) = sandbox.run("strace -o /dev/null true");
    if code != 0 {
        println!("skipped: strace is not there, or may not trace: {said}");
        return;
    }
    // Files that were just written are read again the next time.
    sandbox.ok("find few many -exec touch -d 2020-01-01 {} +; larder at ./save create -q; sleep 2.1");
    let first = cost(&sandbox, |folder| format!("backup {folder} --origin {folder}"));
    // statx, openat, pread, statx, flistxattr, close; a build with debug assertions asks once more before it closes.
    assert!((5_000..=7_200).contains(&first), "a file that is read costs {first} thousandths of a call");
    let again = cost(&sandbox, |folder| format!("backup {folder} --origin {folder}"));
    assert!((1_000..=1_200).contains(&again), "an unchanged file costs {again} thousandths of a call");
    let restored = cost(&sandbox, |folder| format!("restore -to ./there-{folder} latest@{folder}"));
    // statx (whether something stands there), openat, pwrite, statx, utimensat, linkat, close, and once more as above.
    assert!((6_000..=8_200).contains(&restored), "a file that is restored costs {restored} thousandths of a call");
}
