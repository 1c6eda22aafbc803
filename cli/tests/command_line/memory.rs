//! How much memory each flow takes, whatever there is to do: `--memory` bounds what is in flight.

use crate::support::sandbox::Sandbox;

/// What is in flight, the program itself, and what it knows of the store. Opening a store with a passphrase takes 80 alone.
const PEAK_MAX_MIB: u64 = 64 + 40;

/// Runs a line; the largest resident memory of its process, in MiB.
fn peak(sandbox: &Sandbox, line: &str) -> u64 {
    const MEASURE: &str = "import resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(run.returncode)";
    sandbox.ok(&format!("python3 -c '{MEASURE}' {line}")).trim().parse().unwrap()
}

#[test]
fn every_flow_stays_within_what_it_was_given() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir -p data/many; head -c 200M /dev/urandom > data/noise; head -c 60M /dev/zero > data/zeros");
    sandbox.ok("for i in $(seq 3000); do echo file $i > data/many/$i; done; find data -exec touch -d 2020-01-01 {} +");
    sandbox.ok("mkdir films; for i in $(seq 16); do head -c 12M /dev/urandom > films/$i; done");
    sandbox.ok("larder at ./save create -q");
    let lines = [
        "backup data -q --origin files",
        "backup data -q --origin files",
        "backup data -q --origin files --rehash",
        "backup films -q --threads 16",
        "backup -q --stdin-command 'head -c 100M /dev/urandom' --origin stream",
        "ls",
        "ls latest@files -l -R",
        "find 1500",
        "diff latest@files latest@stream",
        "check --data -q",
        "restore -to ./there latest@files -q",
        "restore -to ./there latest@files -q --delete --verify",
        "cat latest@files:noise",
        "rm latest@stream -apply -q",
        "gc -q",
        "info",
    ];
    for line in lines {
        let threads = if line.contains("--threads") { "" } else { "--threads 4" };
        let peak = peak(&sandbox, &format!("larder at ./save --memory 64M {threads} {line}"));
        println!("{peak} MiB: {line}");
        assert!(peak <= PEAK_MAX_MIB, "{peak} MiB: {line}");
    }
}
