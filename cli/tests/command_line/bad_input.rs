//! What bad input gets: a clear error, the exit code of the design, and nothing lost. What a line of text can show is in
//! `transcripts/bad_input.txt`; here is what needs more.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::sandbox::Sandbox;

/// A store with one snapshot of `files`.
fn with_snapshot() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; printf one > files/one; larder at ./save backup files -q");
    sandbox
}

fn objects(sandbox: &Sandbox, folder: &str) -> Vec<PathBuf> {
    files_below(&sandbox.work().join("save").join(folder))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// Changes a byte of an object; with `mend` the hash at its end fits again.
fn change(file: &Path, at: usize, mend: bool) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] = bytes[at].wrapping_add(1);
    if mend {
        let end = bytes.len() - 32;
        let hash = blake3::hash(&bytes[..end]);
        bytes[end..].copy_from_slice(hash.as_bytes());
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_newer_store_is_left_alone() {
    let sandbox = with_snapshot();
    for file in objects(&sandbox, "keys") {
        change(&file, 7, true);
    }
    let said = sandbox.fails(78, "larder at ./save ls");
    assert!(said.contains("newer"), "{said}");
    sandbox.fails(78, "larder at ./save backup files");
}

#[test]
fn a_damaged_store_is_called_damaged() {
    let sandbox = with_snapshot();
    for file in objects(&sandbox, "config") {
        change(&file, 20, false);
    }
    let said = sandbox.fails(65, "larder at ./save ls");
    assert!(said.contains("hint: "), "{said}");
    fs::remove_dir_all(sandbox.work().join("save/keys")).unwrap();
    sandbox.fails(65, "larder at ./save ls");
}

#[test]
fn one_damaged_copy_of_the_keys_is_no_harm() {
    let sandbox = with_snapshot();
    for folder in ["keys", "config"] {
        let mut files = objects(&sandbox, folder);
        files.sort();
        change(&files[0], 20, false);
    }
    sandbox.ok("larder at ./save cat latest:one");
}

#[test]
fn damaged_content_is_named() {
    let sandbox = with_snapshot();
    for file in objects(&sandbox, "packs") {
        change(&file, 60, false);
    }
    sandbox.fails(65, "larder at ./save cat latest:one");
    sandbox.fails(65, "larder at ./save restore -to back latest");
    let said = sandbox.fails(65, "larder at ./save check --data");
    assert!(said.contains("back up again"), "{said}");
}

#[test]
fn a_damaged_snapshot_can_be_removed_and_then_holds_nothing_up() {
    let sandbox = with_snapshot();
    sandbox.ok("echo two > files/two; larder at ./save backup files -q");
    sandbox.ok("echo three > files/three; larder at ./save backup files -q");
    let oldest = sandbox.ok("larder at ./save ls -q | head -1 | cut -c24-31");
    let oldest = oldest.trim();
    let object = objects(&sandbox, "snapshots")
        .into_iter()
        .find(|file| file.file_name().unwrap().to_str().unwrap().starts_with(oldest));
    change(&object.unwrap(), 60, false);
    sandbox.fails(65, "larder at ./save check");
    sandbox.fails(65, "larder at ./save gc");
    let said = sandbox.ok(&format!("larder at ./save rm {oldest}"));
    assert!(said.contains("is damaged and cannot be read"), "{said}");
    sandbox.fails(65, "larder at ./save gc");
    sandbox.ok(&format!("larder at ./save rm -apply {oldest}"));
    sandbox.ok("larder at ./save gc; larder at ./save check --data");
}

#[test]
fn an_ambiguous_id_is_a_question() {
    let sandbox = with_snapshot();
    let name = objects(&sandbox, "snapshots").remove(0);
    let text = name.file_name().unwrap().to_str().unwrap().to_owned();
    let other = format!("{}{}", &text[..8], "0".repeat(56));
    fs::copy(&name, name.with_file_name(&other)).unwrap();
    let said = sandbox.fails(64, &format!("larder at ./save ls {}", &text[..6]));
    assert!(said.contains("2 snapshots"), "{said}");
    sandbox.ok(&format!("larder at ./save ls {text}"));
}

#[test]
fn a_file_that_cannot_be_read_is_missing_and_the_rest_is_there() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; printf one > files/one; printf two > files/two");
    sandbox.ok("chmod 0 files/two; chmod -R a+rwX ../home . ..");
    sandbox.ok("chmod 0 files/two; chmod -R go+rwX save");
    let plain_user = if is_root(&sandbox) { "setpriv --reuid 65534 --regid 65534 --clear-groups " } else { "" };
    if sandbox.run(&format!("{plain_user}larder version")).0 != 0 {
        eprintln!("nobody else may run programs from here: not tested");
        return;
    }
    let (code, stdout, stderr) = sandbox.run(&format!("{plain_user}larder at ./save backup files"));
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("missing: ") && stderr.contains("files/two"), "{stderr}");
    let id = stdout.lines().last().unwrap();
    assert_eq!(id.len(), 64, "{stdout}");
    assert_eq!(sandbox.ok("larder at ./save cat latest:one"), "one");
    let ledger = sandbox.ok("larder at ./save info latest --ledger");
    assert!(ledger.starts_with("missing unreadable  EACCES "), "{ledger}");
    assert!(sandbox.ok("larder at ./save ls").contains("(1 missing)"));
}

#[test]
fn a_folder_that_cannot_be_read_at_all_is_no_snapshot_and_says_why() {
    let sandbox = Sandbox::new();
    sandbox.ok("larder at ./save create -q; mkdir files; printf one > files/one; chmod -R a+rwX ../home . ..");
    sandbox.ok("chmod 700 files; chown -R 0:0 files 2>/dev/null || chmod 0 files");
    let plain_user = if is_root(&sandbox) { "setpriv --reuid 65534 --regid 65534 --clear-groups " } else { "" };
    if sandbox.run(&format!("{plain_user}larder version")).0 != 0 {
        eprintln!("nobody else may run programs from here: not tested");
        return;
    }
    let said =
        sandbox.fails(1, &format!("{plain_user}larder at ./save backup files; code=$?; chmod 700 files; exit $code"));
    assert!(said.contains("can be read, so there is no snapshot"), "{said}");
    assert!(said.contains("permission denied") && said.contains("hint: "), "{said}");
    let said = sandbox.fails(1, &format!("chmod 500 save/runs; {plain_user}larder at ./save backup ."));
    assert!(said.contains("permission denied") && said.contains("hint: change its permissions"), "{said}");
}

fn is_root(sandbox: &Sandbox) -> bool {
    sandbox.ok("id -u").trim() == "0"
}

#[test]
fn names_that_no_terminal_should_see_come_back_whole() {
    let sandbox = Sandbox::new();
    sandbox.ok(r#"larder at ./save create -q; mkdir files; printf x > "files/$(printf 'a\033]0;b\a\001')""#);
    sandbox.ok("larder at ./save backup files -q; larder at ./save restore -to back latest; diff -r files back");
    let listed =
        sandbox.ok("larder at ./save ls -R latest; larder at ./save find '*'; larder at ./save ls latest --json");
    assert!(!listed.chars().any(|c| c.is_control() && c != '\n'), "{listed:?}");
}

#[test]
fn snapshots_that_were_seen_and_are_gone_are_missed() {
    let sandbox = with_snapshot();
    let before = fs::read(objects(&sandbox, "snapshots").remove(0)).unwrap();
    sandbox.ok("printf two > files/two; larder at ./save backup files -q");
    for file in objects(&sandbox, "snapshots") {
        if fs::read(&file).unwrap() != before {
            fs::remove_file(&file).unwrap();
        }
    }
    for _ in 0..2 {
        let (code, _, stderr) = sandbox.run("larder at ./save check");
        assert!(code == 65 && stderr.contains("number 2 of"), "{code}: {stderr}");
    }
    // Removed on purpose is another thing, also for a machine that did not do it.
    sandbox.ok("larder at ./save backup files -q; HOME=$PWD/elsewhere larder at ./save rm latest -apply; larder at ./save check");
}

#[test]
fn a_store_is_not_made_among_other_files() {
    let sandbox = Sandbox::new();
    sandbox.ok("mkdir taken; printf x > taken/file");
    let (code, _, stderr) = sandbox.run("larder at ./taken create");
    assert!(code == 1 && stderr.contains("is not empty"), "{code}: {stderr}");
    assert_eq!(sandbox.ok("ls taken"), "file\n");
}

#[test]
fn a_bad_copy_of_config_or_key_is_written_anew() {
    for folder in ["config", "keys"] {
        let sandbox = with_snapshot();
        let copies = objects(&sandbox, folder);
        let before: Vec<_> = copies.iter().map(|copy| fs::read(copy).unwrap()).collect();
        for copy in &copies {
            for damage in ["lost", "flipped"] {
                match damage {
                    "lost" => fs::remove_file(copy).unwrap(),
                    _ => fs::write(copy, b"LARDER\0 not any more").unwrap(),
                }
                assert_eq!(sandbox.run("larder at ./save check").0, 65, "{copy:?} {damage}");
                sandbox.ok("larder at ./save check");
            }
        }
        let after: Vec<_> = copies.iter().map(|copy| fs::read(copy).unwrap()).collect();
        assert_eq!(before, after);
    }
}
