//! A Dropbox account as a destination, from the signed-in name to the restored files.

use std::{
    os::unix::process::CommandExt,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use dropbox_simulator::{DEFAULT_APP, Fault, FaultKind, Options, When};

use crate::support::dropbox::World;

const RESTORE: &str = "larder at ./save restore -to @mydropbox";

/// A store with a snapshot of files, and the destination `@mydropbox`.
fn with_snapshot() -> World {
    with_options(Options::default())
}

fn with_options(options: Options) -> World {
    let world = World::with(options);
    world.rclone_has_it();
    world.ok("larder destination import mydropbox --config rclone.conf -q; larder at ./save create -q");
    world.sandbox.ok("mkdir -p files/deep/er files/empty; printf one > files/one.txt; printf two > files/deep/two.txt");
    world
        .sandbox
        .ok("touch -d 2001-02-03T04:05:06Z files/one.txt files/deep/two.txt; printf three > files/deep/er/three");
    world.ok("larder at ./save backup files -q");
    world
}

#[test]
fn files_go_into_an_account_and_nothing_goes_twice() {
    let world = with_snapshot();
    let printed = world.ok(&format!("{RESTORE}:/Back latest"));
    assert_eq!(
        printed,
        "restore: restored 3 files, 3 folders, 11 B to dropbox:/Back; 4 kept differently (-v names them)\n"
    );
    let account = world.dropbox.account();
    assert_eq!(
        account.paths(),
        [
            "/Back/",
            "/Back/deep/",
            "/Back/deep/er/",
            "/Back/deep/er/three",
            "/Back/deep/two.txt",
            "/Back/empty/",
            "/Back/one.txt",
        ]
    );
    assert_eq!(account.read("/Back/deep/two.txt").unwrap(), b"two");
    world.dropbox.reset_journal();
    let again = world.ok(&format!("{RESTORE}:/Back latest"));
    assert_eq!(again, "restore: restored 0 files, 0 folders, 0 B to dropbox:/Back; 3 there already\n");
    let log = world.dropbox.log();
    assert!(log.iter().all(|call| !call.route.contains("upload") && !call.route.contains("create")), "{log:?}");
    // And from there to a disk, with the times.
    world.ok("larder source import mydropbox --config rclone.conf -q; larder at ./save backup @mydropbox:/Back -q");
    world.ok("larder at ./save restore -to back latest && diff -r files back");
    assert_eq!(world.sandbox.ok("stat -c %Y back/one.txt"), "981173106\n");
    world.has_kept_the_rules();
}

#[test]
fn parts_and_single_files_go_where_they_are_told() {
    let world = with_snapshot();
    world.ok(&format!("{RESTORE} latest:deep/two.txt -q"));
    world.ok(&format!("{RESTORE}:/Parts latest:deep --include three -q"));
    world.ok("larder at ./save restore -to dropbox:/Dry latest --dry-run -q");
    assert_eq!(world.dropbox.account().paths(), ["/Parts/", "/Parts/er/", "/Parts/er/three", "/two.txt"]);
    let told = world.ok(&format!("{RESTORE}:/Dry latest --dry-run --json | tail -1"));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["files"], &told["folders"], &told["bytes"]), (&3.into(), &3.into(), &11.into()), "{told}");
    world.has_kept_the_rules();
}

#[test]
fn conflicts_deletions_and_verification_are_as_everywhere() {
    let world = with_snapshot();
    world.ok(&format!("{RESTORE}:/Back latest -q"));
    let account = world.dropbox.account();
    account.write("/Back/one.txt", b"mine");
    account.write("/Back/more.txt", b"surplus");
    let said = world.fails(1, &format!("{RESTORE}:/Back latest"));
    assert!(said.contains("one.txt") && said.contains("nothing was written"), "{said}");
    let printed = world.ok(&format!("{RESTORE}:/Back latest --on-conflict overwrite --delete --verify"));
    assert!(printed.contains("restored 1 file, 0 folders, 3 B") && printed.contains("1 removed"), "{printed}");
    assert_eq!((account.read("/Back/one.txt").unwrap(), account.read("/Back/more.txt")), (b"one".to_vec(), None));
    let said = world.fails(1, &format!("{RESTORE}:/Back/one.txt latest"));
    assert!(said.contains("it is a file"), "{said}");
    world.sandbox.ok("ln -s one.txt files/link; ");
    world.ok("larder at ./save backup files -q");
    let (code, printed, _) = world.sandbox.run(&world.line(&format!("{RESTORE}:/Back latest")));
    assert_eq!(code, 3, "{printed}");
    assert!(printed.contains("1 missing"), "{printed}");
    world.has_kept_the_rules();
}

#[test]
fn what_cannot_be_a_destination_says_why() {
    let world = with_snapshot();
    // An account without room.
    world.dropbox.account().set_quota(5);
    let said = world.fails(73, &format!("{RESTORE}:/Back latest"));
    assert!(said.contains("no room"), "{said}");
    world.dropbox.account().set_quota(1 << 30);
    // A sign-in that may only read.
    let scopes = ["account_info.read", "files.metadata.read", "files.content.read"];
    let token = world.dropbox.account().token_of(DEFAULT_APP, Some(&scopes));
    take_over(&world, DEFAULT_APP, &token);
    let said = world.fails(77, "larder at ./save restore -to @other:/Back latest");
    assert!(said.contains("files.content.write"), "{said}");
    // A namespace that is somebody else's.
    let bob = world.dropbox.add_account("Bob Example", "bob@example.com");
    world.ok(&format!("larder destination set mydropbox root_namespace={} -q", bob.home_namespace()));
    let said = world.fails(1, &format!("{RESTORE}:/Back latest"));
    assert!(said.contains("cannot list /Back") && said.contains("root_namespace"), "{said}");
    world.ok("larder destination unset mydropbox root_namespace -q");
    // An app that sees its own folder only.
    world.has_app("folderapp", |app| app.folder = Some("Folder".to_owned()));
    take_over(&world, "folderapp", &world.dropbox.account().token_of("folderapp", None));
    let said = world.fails(77, "larder at ./save restore -to @other:/Other latest");
    assert!(said.contains("App folder") && said.contains("Full Dropbox"), "{said}");
    assert!(world.dropbox.log().iter().all(|call| call.status != 200 || !call.route.contains("upload")));
    let said = world.fails(64, "larder at ./save restore -to here latest --by-revision");
    assert!(said.contains("--by-revision is for Dropbox"), "{said}");
}

/// Dropbox asks for a longer silence than anybody should wait for.
#[test]
fn a_wait_that_is_too_long_ends_a_restore_with_75() {
    for route in ["files/list_folder", "files/upload_session/start_batch", "files/upload_session/finish_batch_v2"] {
        let world = with_snapshot();
        world.dropbox.configure(|options| options.limits.retry_after = Duration::from_secs(16 * 60));
        world.dropbox.add_fault(Fault { route: route.to_owned(), when: When::First(1), kind: FaultKind::Json429 });
        let began = Instant::now();
        let said = world.fails(75, &format!("{RESTORE}:/Back latest"));
        assert!(said.contains("16 minutes") && said.contains("hint:"), "{route}: {said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{route}: {:?}", began.elapsed());
        world.dropbox.clear_faults();
        world.ok(&format!("{RESTORE}:/Back latest"));
    }
}

#[test]
fn a_dropbox_that_is_not_there_is_69() {
    let world = with_snapshot();
    world.ok("larder destination set mydropbox retries=0 -q; larder source import mydropbox --config rclone.conf -q");
    world.ok("larder source set mydropbox retries=0 -q; larder store import mydropbox --config rclone.conf -q");
    world.ok("larder store set mydropbox retries=0 -q; larder at @mydropbox create -q");
    for line in [
        "larder at ./save restore -to @mydropbox:/Back latest",
        "larder at ./save backup @mydropbox",
        "larder at @mydropbox backup files",
        "larder at @mydropbox ls",
        "larder at @mydropbox check",
        "larder at @mydropbox gc",
    ] {
        let said = world.sandbox.fails(69, &format!("export LARDER_DROPBOX_ENDPOINT=http://127.0.0.1:9; {line}"));
        assert!(said.contains("could not be reached") && said.contains("hint:"), "{line}: {said}");
        assert!(!said.contains("damaged"), "{line}: {said}");
    }
}

/// The destination `@other`, with an access token alone.
fn take_over(world: &World, app: &str, token: &str) {
    let token = format!(r#"{{"access_token":"{token}","token_type":"bearer","expiry":"2099-01-31T12:00:00Z"}}"#);
    let config = format!("[other]\ntype = dropbox\nclient_id = {app}\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("other.conf"), config).unwrap();
    world.ok("larder destination rm other -q 2>/dev/null; larder auth rm other -q 2>/dev/null; true");
    world.ok("larder destination import other --config other.conf -q");
}

const LARGE: u64 = 60 << 20;

/// Killed in the middle, with large files on their way and small ones behind them: the next run goes on.
#[test]
fn a_killed_restore_goes_on_where_it_was() {
    let mut options = Options::default();
    options.limits.megabits_per_second = Some(100.0);
    let world = with_options(options);
    world.sandbox.ok(&format!(
        "mkdir many; head -c {LARGE} /dev/urandom > many/large; for i in $(seq 300); do echo $i > many/$i; done"
    ));
    world.ok("larder at ./save backup many -q");
    let line = format!("exec {RESTORE}:/Back latest -q");
    let mut command = world.sandbox.shell(&world.line(&line));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    let sent = |world: &World| world.dropbox.bytes_in();
    while sent(&world) < LARGE / 2 && Instant::now() < end {
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed before it was done");
    let notes = world.sandbox.ok("stat -c %a ~/.local/share/larder/uploads/*.upload");
    assert_eq!(notes, "600\n");
    let before = sent(&world);
    world.ok(&format!("{RESTORE}:/Back latest -q"));
    // Six pieces of 8 MiB may have been on their way.
    assert!(sent(&world) - before < LARGE - (8 << 20), "{} after {before} of {LARGE}", sent(&world) - before);
    let there = world.dropbox.account().read("/Back/large").unwrap();
    assert!(there == std::fs::read(world.sandbox.work().join("many/large")).unwrap());
    assert_eq!(world.dropbox.account().paths().len(), 302);
    world.sandbox.ok("test -z \"$(ls ~/.local/share/larder/uploads/*.upload 2>/dev/null)\"");
    world.has_kept_the_rules();
}

/// Killed at moments that nobody chose.
#[test]
fn whatever_is_killed_can_be_run_again() {
    let world = with_snapshot();
    world.sandbox.ok("mkdir many; for i in $(seq 2000); do echo $i > many/$i; done");
    world.ok("larder at ./save backup many -q");
    for life in [40, 130, 250, 400, 700] {
        let mut command = world.sandbox.shell(&world.line(&format!("exec {RESTORE}:/Back latest -q")));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
        thread::sleep(Duration::from_millis(life));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    world.ok(&format!("{RESTORE}:/Back latest -q --verify"));
    let paths = world.dropbox.account().paths();
    assert_eq!(paths.len(), 2001, "nothing twice, nothing missing");
    for number in [1, 999, 2000] {
        let there = world.dropbox.account().read(&format!("/Back/{number}")).unwrap();
        assert_eq!(there, format!("{number}\n").into_bytes());
    }
    world.has_kept_the_rules();
}

/// What ransomware, or a slip, took away comes back from a snapshot of the account.
#[test]
fn an_account_comes_back_from_its_own_snapshot() {
    let world = with_snapshot();
    let account = world.dropbox.account();
    for number in 0..800 {
        account.write_at(
            &format!("/Files/{}/{number}", number % 20),
            format!("file {number}").as_bytes(),
            1_600_000_000,
        );
    }
    account.write("/Films/large", &vec![7; 5 << 20]);
    world.ok("larder source import mydropbox --config rclone.conf -q; larder at ./save backup @mydropbox -q");
    let before = account.paths();
    account.delete("/Files");
    account.write("/Films/large", b"encrypted");
    world.dropbox.reset_journal();
    let line = format!("{RESTORE} latest --on-conflict overwrite");
    let printed = world.ok(&line);
    assert!(printed.starts_with("restore: restored 801 files, 21 folders"), "{printed}");
    assert!(world.dropbox.total_calls() <= 44, "{}", world.dropbox.summary());
    assert!(world.dropbox.bytes_in() < 1 << 20, "the large one came back by its revision");
    assert_eq!(account.paths(), before);
    world.has_kept_the_rules();
}

#[test]
fn check_tells_whether_it_can_be_written_to() {
    let world = with_snapshot();
    let told = world.ok("larder destination check mydropbox");
    assert!(told.contains("space") && told.contains("the whole account") && told.contains("it may write"), "{told}");
    let scopes = ["account_info.read", "files.metadata.read", "files.content.read"];
    take_over(&world, DEFAULT_APP, &world.dropbox.account().token_of(DEFAULT_APP, Some(&scopes)));
    let told = world.sandbox.run(&world.line("larder destination check other"));
    assert!(told.0 == 77 && told.1.contains("files.content.write"), "{told:?}");
}
