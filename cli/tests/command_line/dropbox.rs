//! A Dropbox account as a source, from the import of what rclone has to the restored files.

mod endings;
mod secrets;
mod stopped;

use crate::support::dropbox::World;

const BACKUP: &str = "larder at ./save backup @mydropbox";

/// What people keep in Dropbox.
fn with_files() -> World {
    let world = World::new();
    let account = world.dropbox.account();
    account.write_at("/Letters/aunt.txt", b"Dear aunt", 1_700_000_000);
    account.write("/Letters/uncle.txt", b"Dear uncle");
    account.write("/Photos/2026/beach.jpg", &[7; 100_000]);
    account.write("/Photos/2026/notes.txt", b"sand");
    account.make_folder("/Empty");
    world.source();
    world
}

/// The commands of Plakar's documentation, with this program's name.
#[test]
fn the_words_of_plakar_s_users_work() {
    let world = World::new();
    world.rclone_has_it();
    world.sandbox.ok("mkdir bin; printf '#!/bin/sh\\ncat rclone.conf\\n' > bin/rclone; chmod +x bin/rclone");
    let account = world.dropbox.account();
    account.write("/path/to/file", b"hello");
    let line = |line: &str| world.ok(&format!("PATH=$PWD/bin:$PATH; {line}"));
    let version = line("larder version");
    for role in ["sources: fs, stdin, dropbox", "destinations: fs, dropbox", "stores: fs, dropbox"] {
        assert!(version.contains(role), "{version}");
    }
    assert_eq!(line("rclone config show | larder source import mydropbox"), "source: imported mydropbox (dropbox:/)\n");
    for role in ["destination", "store"] {
        let said = line(&format!("rclone config show | larder {role} import mydropbox"));
        assert!(said.starts_with(&format!("{role}: imported mydropbox")), "{said}");
    }
    line("larder at ./save create");
    let printed = line(BACKUP);
    let id = printed.lines().last().unwrap();
    assert_eq!((printed.lines().count(), id.len()), (1, 64), "{printed}");
    let listed = line("larder at ./save ls");
    assert!(listed.contains(&id[..8]) && listed.contains("1 file   ann@example.com:/\n"), "{listed}");
    assert_eq!(line(&format!("larder at ./save cat {id}:/path/to/file")), "hello");
    assert_eq!(line(&format!("larder at ./save ls -R {id}")), "/path/\n/path/to/\n/path/to/file\n");
    account.delete("/path");
    line(&format!("larder at ./save restore -to @mydropbox {id}"));
    assert_eq!(account.read("/path/to/file").as_deref(), Some(&b"hello"[..]));
    line("larder at @mydropbox create");
    line("larder store add mystore dropbox: account=mydropbox");
    let printed = line("larder at @mystore backup @mydropbox");
    let id = printed.lines().last().unwrap();
    assert!(line("larder at @mystore ls").contains(&id[..8]));
    assert_eq!(line(&format!("larder at @mystore cat {id}:/path/to/file")), "hello");
    world.has_kept_the_rules();
}

#[test]
fn a_rerun_asks_twice_and_fetches_nothing() {
    let world = with_files();
    world.ok(BACKUP);
    assert_eq!(world.dropbox.calls("users/get_current_account"), 1);
    assert_eq!(world.calls_of(BACKUP), 2);
    assert_eq!(world.dropbox.calls("files/list_folder/continue"), 2);
    // A token that has ended by the clock is renewed first, and one that Dropbox says has ended is asked with once.
    let file = "~/.local/share/larder/credentials/dropbox-mydropbox.json";
    world.sandbox.ok(&format!(r#"sed -i 's/"access_ends": *[0-9]*/"access_ends":1/' {file}"#));
    assert_eq!(world.calls_of(BACKUP), 3);
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    world.dropbox.expire_tokens();
    assert_eq!(world.calls_of(BACKUP), 4);
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    world.dropbox.account().write("/Letters/aunt.txt", b"Dear aunt!");
    world.calls_of(BACKUP);
    assert_eq!(world.ok("larder at ./save cat latest:/Letters/aunt.txt"), "Dear aunt!");
    assert_eq!(world.dropbox.calls("files/list_folder"), 0, "a change is no reason to list everything");
    world.has_kept_the_rules();
}

/// An account that moves to another team sees other things, and its paths begin elsewhere. That is asked for once.
#[test]
fn another_root_is_remembered() {
    let world = with_files();
    let home = world.dropbox.account().home_namespace();
    world.dropbox.account().join_team_space(None);
    world.ok(BACKUP);
    let root = world.dropbox.account().join_team_space(None);
    world.ok(BACKUP);
    assert_eq!(world.ok("larder at ./save ls -R latest | grep aunt"), "/Ann Example/Letters/aunt.txt\n");
    assert_eq!(world.calls_of(BACKUP), 2);
    // Paths can begin at the account's own folder all the same.
    world.ok(&format!("larder source set mydropbox root_namespace={home}; {BACKUP}"));
    assert!(world.ok("larder at ./save ls latest").contains("Letters/\n"));
    let said = world.fails(66, &format!("larder source set mydropbox root_namespace=999; {BACKUP}"));
    assert!(said.contains("does not see the namespace 999") && said.contains(&format!("to {root} for")), "{said}");
    world.ok(&format!("larder source unset mydropbox root_namespace; {BACKUP}"));
    assert_eq!(world.calls_of(BACKUP), 2);
}

/// A shared folder, say, that is mounted nowhere: rclone's `root_namespace` can name it.
#[test]
fn any_namespace_that_the_account_sees_is_a_source() {
    let world = with_files();
    let space = world.dropbox.account().share("/Letters");
    let root = format!("larder source set mydropbox root_namespace={space}");
    let checked = world.ok(&format!("{root} && larder source check"));
    assert!(checked.contains("good  path        the whole account"), "{checked}");
    world.ok(BACKUP);
    assert_eq!(world.ok("larder at ./save ls latest"), "aunt.txt\nuncle.txt\n");
    assert_eq!(world.calls_of(BACKUP), 2);
    let listed = world.ok("larder at ./save ls");
    assert!(listed.contains(&format!("ann@example.com:ns-{space}/\n")), "{listed}");
    world.ok(&format!("larder source unset mydropbox root_namespace; {BACKUP}"));
    let all = world.ok("larder at ./save ls -R latest");
    assert!(all.contains("/Photos/2026/beach.jpg") && all.contains("/Letters/aunt.txt"), "{all}");
    world.has_kept_the_rules();
}

#[test]
fn an_account_is_called_by_address_or_name_where_it_is_known() {
    let world = with_files();
    world.ok(&format!("{BACKUP}; echo x > file; larder at ./save backup file"));
    let id = world.dropbox.account().id();
    for origin in ["ann@example.com", "ann@example.com:/", "mydropbox", &id] {
        assert_eq!(
            world.ok(&format!("larder at ./save cat latest@{origin}:/Letters/aunt.txt")),
            "Dear aunt",
            "{origin}"
        );
    }
    world.fails(66, "larder at ./save cat latest@bob@example.com:/Letters/aunt.txt");
    let shown = world.ok("larder at ./save info latest@mydropbox | grep Origin");
    assert_eq!(shown, format!("Origin:       {id}:/ (ann@example.com)\n"));
    let json = world.ok("larder at ./save ls --json");
    assert!(json.contains(&format!("\"origin\":\"{id}:/\"")) && !json.contains("ann@"), "{json}");
    // Elsewhere the id is all that there is.
    let elsewhere = "export XDG_DATA_HOME=$PWD/elsewhere;";
    let listed = world.ok(&format!("{elsewhere} larder at ./save ls"));
    assert!(listed.contains(&format!("{id}:/\n")), "{listed}");
}

#[test]
fn what_is_restored_is_what_was_there() {
    let world = with_files();
    world.dropbox.account().add_symlink("/link", "Letters/aunt.txt");
    world.ok(BACKUP);
    world.ok("larder at ./save restore -to back latest");
    assert_eq!(
        world.sandbox.ok("cd back; find . | LC_ALL=C sort"),
        concat!(
            "./Empty\n./Letters\n./Letters/aunt.txt\n./Letters/uncle.txt\n",
            "./Photos\n./Photos/2026\n./Photos/2026/beach.jpg\n./Photos/2026/notes.txt\n./link\n",
        )
        .replacen("./Empty", ".\n./Empty", 1)
    );
    assert_eq!(world.sandbox.ok("cat back/link; stat -c %Y back/Letters/aunt.txt"), "Dear aunt1700000000\n");
    let beach = std::fs::read(world.sandbox.work().join("back/Photos/2026/beach.jpg")).unwrap();
    assert_eq!(beach, [7; 100_000]);
    let long = world.ok("larder at ./save ls -l latest:/Letters");
    assert_eq!(long.lines().next().unwrap(), "-????????? -        -              9 B 2023-11-14T22:13:20Z aunt.txt");
    world.has_kept_the_rules();
}

/// Dropbox counts letters of a name, and disks count bytes.
#[test]
fn a_name_that_the_disk_refuses_is_shortened_and_told() {
    let world = with_files();
    let name = "字".repeat(100);
    world.dropbox.account().write(&format!("/Letters/{name}"), b"x");
    world.ok(BACKUP);
    let (code, _, said) = world.sandbox.run(&world.line("larder at ./save restore -to back latest -v"));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&name), "{said}");
    assert_eq!(world.sandbox.ok("find back -type f | wc -l; cat back/Letters/字*"), "5\nx");
}

#[test]
fn a_folder_of_an_account_is_a_source_of_its_own() {
    let world = with_files();
    world.ok("larder at ./save backup @mydropbox:/Photos --tag below");
    assert_eq!(
        world.ok("larder at ./save ls -R latest"),
        "/Photos/2026/\n/Photos/2026/beach.jpg\n/Photos/2026/notes.txt\n"
    );
    world.ok("larder at ./save backup dropbox:/Letters --exclude 'uncle*'");
    assert_eq!(world.ok("larder at ./save ls latest"), "aunt.txt\n");
    world.ok("larder at ./save backup @mydropbox --include '*.jpg' --include Letters/ --exclude-larger-than 1M");
    let listed = world.ok("larder at ./save ls -R latest");
    assert!(listed.contains("aunt.txt") && listed.contains("beach.jpg") && !listed.contains("notes.txt"), "{listed}");
    world.ok("larder at ./save backup @mydropbox --exclude-larger-than 1K");
    let listed = world.ok("larder at ./save ls -R latest");
    assert!(listed.contains("notes.txt") && !listed.contains("beach.jpg"), "{listed}");
}

#[test]
fn a_rehearsal_tells_the_cost_and_a_run_what_it_was() {
    let world = with_files();
    let (code, _, said) = world.sandbox.run(&world.line(&format!("{BACKUP} --dry-run")));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("dry run: a backup would fetch 97.7 KiB of 4 files with "), "{said}");
    assert_eq!(world.dropbox.bytes_out_of("files/download") + world.dropbox.bytes_out_of("files/download_zip"), 0);
    let last = |line: &str| {
        let printed = world.ok(line);
        serde_json::from_str::<serde_json::Value>(printed.lines().last().unwrap()).unwrap()
    };
    let told = last(&format!("{BACKUP} --dry-run --json"));
    assert_eq!((&told["forecast"]["files"], &told["forecast"]["bytes"]), (&4.into(), &100_023.into()), "{told}");
    world.dropbox.reset_journal();
    let told = last(&format!("{BACKUP} --json"));
    assert_eq!(told["usage"]["calls"], world.dropbox.total_calls());
    assert!(told["usage"]["bytes_fetched"].as_u64() >= Some(100_023), "{told}");
    let (_, _, said) = world.sandbox.run(&world.line(BACKUP));
    assert!(said.contains("backup: 2 calls made, 0 B fetched\n"), "{said}");
}

#[test]
fn items_are_told_one_by_one() {
    let world = with_files();
    let (_, _, said) = world.sandbox.run(&world.line(&format!("{BACKUP} -v")));
    for line in ["larder: list\n", "larder: download\n", "larder: backup\n", "new: /Letters/aunt.txt\n"] {
        assert!(said.contains(line), "{line}: {said}");
    }
    let (_, _, said) = world.sandbox.run(&world.line(&format!("{BACKUP} -v --exclude '*.txt' --exclude /Photos/")));
    for path in ["/Letters/aunt.txt", "/Letters/uncle.txt", "/Photos"] {
        assert!(said.contains(&format!("left out: {path}\n")), "{path}: {said}");
    }
    assert!(!said.contains("left out: /Photos/"), "{said}");
    let events = world.ok(&format!("{BACKUP} -v --json"));
    assert!(events.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{events}");
}

#[test]
fn options_for_files_alone_are_refused() {
    let world = with_files();
    for option in [
        "--one-file-system",
        "--gitignore",
        "--exclude-caches",
        "--exclude-if-present .nobackup",
        "--ignore-ctime",
        "--ignore-inode",
    ] {
        let said = world.fails(64, &format!("{BACKUP} {option}"));
        let name = option.split(' ').next().unwrap();
        assert!(said.contains(&format!("{name} is for files of this machine, and @mydropbox is not")), "{said}");
    }
    let said = world.fails(64, &format!("{BACKUP} --include '[a'"));
    assert!(said.contains("the pattern \"[a\" is of no use"), "{said}");
    let said = world.fails(64, &format!("{BACKUP} ."));
    assert!(said.contains("do not go into one snapshot"), "{said}");
    assert_eq!(world.dropbox.total_calls(), 0);
}
