//! How much memory each flow takes, whatever there is to do: `--memory` bounds what is in flight.

use crate::{
    mount::Mount,
    support::{dropbox::World, sandbox::Sandbox},
    ui::Ui,
};

/// What is in flight, the program itself, and what it knows of the store. Opening a store with a passphrase takes 80 alone.
const PEAK_MAX_MIB: u64 = 64 + 40;

/// The same with Dropbox: packs there are long because calls cost, each thread reads 8 MiB at once, and files that are sent wait for their last
/// piece.
const PEAK_MAX_WITH_DROPBOX_MIB: u64 = 64 + 120;

/// Runs a line of the program; the largest resident memory of its process, in MiB.
fn peak(sandbox: &Sandbox, environment: &str, line: &str) -> u64 {
    const MEASURE: &str = "import resource, subprocess, sys
run = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(run.returncode)";
    let peak = sandbox.ok(&format!("{environment}python3 -c '{MEASURE}' larder --memory 64M {line}"));
    peak.trim().parse().unwrap()
}

fn on_four_threads(line: &str) -> String {
    if line.contains("--threads") { line.to_owned() } else { format!("--threads 4 {line}") }
}

#[track_caller]
fn is_within(peak_max_mib: u64, peak_mib: u64, line: &str) {
    println!("{peak_mib} MiB: {line}");
    assert!(peak_mib <= peak_max_mib, "{peak_mib} MiB: {line}");
}

#[test]
fn every_flow_stays_within_what_it_was_given() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir -p data/many; head -c 200M /dev/urandom > data/noise; head -c 60M /dev/zero > data/zeros");
    sandbox.ok("for i in $(seq 3000); do echo file $i > data/many/$i; done; find data -exec touch -d 2020-01-01 {} +");
    sandbox.ok("echo other > other; mkdir films; for i in $(seq 16); do head -c 12M /dev/urandom > films/$i; done");
    let lines = [
        "create -q",
        "key export spare",
        "key add --new-passphrase-file other",
        "key list",
        "backup data -q --origin files",
        "backup data -q --origin files",
        "backup data -q --origin files --rehash",
        "backup films -q --threads 16",
        "backup -q --stdin-command 'head -c 100M /dev/urandom' --origin stream",
        "ls",
        "ls latest@files -l -R",
        "find 1500",
        "find 1500 --index",
        "diff latest@files latest@stream",
        "diff latest@files ./data --stat",
        "check --quick -q",
        "check --data -q",
        "check --data -q --threads 16",
        "restore -to ./elsewhere latest@files -q --threads 16",
        "restore -to ./there latest@files -q",
        "restore -to ./there latest@files -q --delete --verify",
        "cat latest@files:noise",
        "rm latest@stream -apply -q",
        "gc -q",
        "info",
    ];
    for line in lines {
        is_within(PEAK_MAX_MIB, peak(&sandbox, "", &on_four_threads(&format!("at ./save {line}"))), line);
    }
}

#[test]
fn so_do_those_who_look_on() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir files; head -c 150M /dev/urandom > files/noise; seq 3000000 > files/numbers");
    sandbox.ok("larder at ./save create -q; larder at ./save backup files -q");
    if let Some(mount) = Mount::start(&sandbox, "latest --memory 64M --threads 4") {
        sandbox.ok("cmp files/noise mounted/noise & cmp files/numbers mounted/numbers && wait $!");
        is_within(PEAK_MAX_MIB, mount.peak_kib() >> 10, "mount");
        mount.end();
    }
    let ui = Ui::start(&sandbox, "--no-browser --memory 64M --threads 4");
    let cookie = ui.open();
    let at = sandbox.work().join("files").display().to_string();
    for name in ["noise", "numbers"] {
        let path = format!("/api/v1/snapshots/latest/content?path={at}/{name}");
        let answer = ui.get_bytes(&path, &cookie);
        let body = answer.windows(4).position(|end| end == b"\r\n\r\n").map(|head| &answer[head + 4..]);
        assert!(body.unwrap() == std::fs::read(sandbox.work().join("files").join(name)).unwrap(), "{name}");
    }
    is_within(PEAK_MAX_MIB, ui.status_line("VmHWM").unwrap() >> 10, "ui");
    assert_eq!(ui.end("TERM").0, Some(0));
}

#[test]
fn so_do_those_who_have_to_do_with_dropbox() {
    let world = World::new();
    world.source();
    world.store_place();
    world.ok("larder destination import mydropbox --config rclone.conf -q");
    world
        .sandbox
        .ok("mkdir files; head -c 120M /dev/urandom > files/noise; for i in $(seq 500); do echo $i > files/$i; done");
    // Mostly holes, which are told long before the data between them.
    world.sandbox.ok("mkdir sparse; for i in $(seq 0 40); do dd if=/dev/urandom of=sparse/disk bs=4k count=1 seek=$((i * 2048)) conv=notrunc; done");
    for number in 0..12 {
        world.dropbox.account().write(&format!("/Films/{number}"), &vec![number; 12 << 20]);
    }
    let lines = [
        "at ./save backup @mydropbox -q",
        "at ./save restore -to @mydropbox:/Back latest -q",
        "at ./save backup sparse -q --origin sparse",
        "at ./save restore -to @mydropbox:/Sparse latest@sparse -q",
        "at @mydropbox create -q",
        "at @mydropbox backup files -q",
        "at @mydropbox ls latest -R",
        "at @mydropbox check --quick -q",
        "at @mydropbox check --data -q",
        "at @mydropbox check --data -q --threads 16",
        "at @mydropbox restore -to there latest -q",
        "at @mydropbox restore -to elsewhere latest -q --threads 16",
        "at @mydropbox repair --undelete -q",
        "at @mydropbox gc -q",
    ];
    for line in lines {
        let peak = peak(&world.sandbox, &world.line(""), &on_four_threads(line));
        is_within(PEAK_MAX_WITH_DROPBOX_MIB, peak, line);
    }
    world.has_kept_the_rules();
}
