//! Stores that lie in Dropbox, on a Dropbox of the test's own.

mod calls;
mod full;
mod killed;
mod refused;

use std::fs;

use dropbox_simulator::{Fault, FaultKind, When};

use crate::support::dropbox::World;

impl World {
    /// The store `@mydropbox`, by way of rclone, not made yet. What is written there is seen at once, so that gc waits for nobody.
    pub fn store_place(&self) {
        self.rclone_has_it();
        self.ok("larder store import mydropbox --config rclone.conf -q; larder store set mydropbox visibility=0 -q");
    }

    /// A world with a store, and with files to put into it.
    pub fn with_store() -> Self {
        let world = Self::new();
        world.store_place();
        world.ok("larder at @mydropbox create -q");
        world.has_files(40);
        world
    }

    pub fn has_files(&self, count: u32) {
        for number in 0..count {
            let folder = self.sandbox.work().join(format!("files/{}", number % 7));
            fs::create_dir_all(&folder).unwrap();
            let body: Vec<u8> = (0..5_000 * (number + 1) % 70_000).map(|byte| (byte * number % 251) as u8).collect();
            fs::write(folder.join(format!("{number}.txt")), body).unwrap();
        }
        self.ok("touch -d '1 hour ago' $(find files)");
    }

    pub fn packs(&self) -> Vec<String> {
        let paths = self.dropbox.account().paths();
        paths.into_iter().filter(|path| path.starts_with("/Larder/packs/") && !path.ends_with('/')).collect()
    }

    /// Restores the newest snapshot and compares.
    #[track_caller]
    pub fn restores(&self) {
        self.ok("rm -rf back; larder at @mydropbox restore -to back latest -q && diff -r files back");
    }
}

#[test]
fn every_command_works_on_a_store_in_dropbox() {
    let world = World::new();
    world.store_place();
    let said = world.fails(66, "larder at @mydropbox ls");
    assert!(said.contains("there is no store at @mydropbox"), "{said}");
    let (code, out, said) = world.sandbox.run(&world.line("larder at @mydropbox create"));
    assert_eq!(code, 0, "{said}");
    assert!(out.contains("at dropbox:/Larder"), "it says where the store lies: {out}");
    assert!(said.contains("online-only"), "{said}");
    world.has_files(40);
    let id = world.ok("larder at @mydropbox backup files -q").trim().to_owned();
    assert_eq!(id.len(), 64);
    assert!(world.ok("larder at @mydropbox ls").contains(&id[..8]));
    assert!(world.ok("larder at @mydropbox ls latest:1").contains("1.txt"));
    world.ok("larder at @mydropbox cat latest:1/1.txt | cmp - files/1/1.txt");
    assert!(world.ok("larder at @mydropbox find '*.txt'").contains("39.txt"));
    world.restores();
    for level in ["--quick", "", "--data"] {
        world.ok(&format!("larder at @mydropbox check {level}"));
    }
    world.ok("larder at @mydropbox info && larder at @mydropbox key list");
    world.ok("echo more > files/more; larder at @mydropbox backup files -q");
    assert!(world.ok("larder at @mydropbox diff 'latest' files").is_empty());
    let before = world.packs().len();
    world.ok(&format!(
        "larder at @mydropbox rm {id} -apply && larder at @mydropbox gc && larder at @mydropbox check --data"
    ));
    assert!(world.packs().len() <= before);
    world.restores();
    let checked = world.ok("larder store check mydropbox");
    assert!(checked.contains("good  store       there is a store"), "{checked}");
    assert!(checked.contains("files.content.write") || checked.contains("permission"), "{checked}");
    world.has_kept_the_rules();
}

#[test]
fn a_store_of_one_account_is_no_part_of_its_backup() {
    let world = World::with_store();
    world.dropbox.account().write("/Photos/one.jpg", &[7; 50_000]);
    world.ok("larder source import mydropbox --config rclone.conf -q");
    world.ok("larder at @mydropbox backup files -q");
    for _ in 0..2 {
        let (code, _, said) = world.sandbox.run(&world.line("larder at @mydropbox backup @mydropbox -v"));
        assert_eq!(code, 0, "{said}");
    }
    let listed = world.ok("larder at @mydropbox ls -R latest");
    assert!(listed.contains("one.jpg") && !listed.contains("packs"), "{listed}");
    let ledger = world.ok("larder at @mydropbox info latest --ledger");
    assert!(ledger.contains("holds a Larder store"), "{ledger}");
    world.has_kept_the_rules();
}

#[test]
fn in_a_team_a_store_without_a_path_lies_in_the_accounts_own_folder() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    world.dropbox.account().join_team_space(None);
    world.ok("larder at @mydropbox backup files -q && larder at @mydropbox check");
    // When it is known that the account has another root, paths begin there.
    world.ok("rm ~/.local/share/larder/credentials/known-mydropbox.json; larder at @mydropbox ls latest && larder at @mydropbox check");
    world.restores();
    let checked = world.ok("larder store check mydropbox");
    assert!(checked.contains("/Ann Example/Larder is a folder") && checked.contains("there is a store"), "{checked}");
    world.dropbox.account().delete("/Larder");
    world.ok("rm -r ~/.local/share/larder/stores");
    let said = world.ok("larder at @mydropbox create");
    assert!(said.contains("at dropbox:/Ann Example/Larder"), "{said}");
    world.has_kept_the_rules();
}

#[test]
fn what_is_gone_or_replaced_is_named_and_comes_back() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    world.ok("head -c 3000000 /dev/urandom > files/random; touch -d '1 hour ago' files/random; larder at @mydropbox backup files -q");
    let packs = world.packs();
    assert!(packs.len() >= 3, "{packs:?}");
    world.dropbox.account().delete(&packs[0]);
    let mut other = world.dropbox.account().read(&packs[1]).unwrap();
    other[100] ^= 1;
    world.dropbox.account().write(&packs[1], &other);
    world.dropbox.reset_journal();
    let (code, out, _) = world.sandbox.run(&world.line("larder at @mydropbox check --quick"));
    assert_eq!(code, 65, "{out}");
    for pack in &packs[..2] {
        assert!(out.contains(pack.trim_start_matches("/Larder/")), "{out}");
    }
    assert_eq!(world.dropbox.calls("files/list_folder"), 1);
    let (code, out, said) = world.sandbox.run(&world.line("larder at @mydropbox repair --undelete --dry-run"));
    assert_eq!(code, 0, "{out}{said}");
    assert_eq!(world.packs().len(), packs.len() - 1);
    let (code, out, said) = world.sandbox.run(&world.line("larder at @mydropbox repair --undelete"));
    assert_eq!(code, 0, "{out}{said}");
    for pack in &packs[..2] {
        assert!(out.contains(pack.trim_start_matches("/Larder/")), "{out}");
    }
    world.ok("larder at @mydropbox check --quick && larder at @mydropbox check --data");
    world.restores();
    let snapshots: Vec<_> =
        world.dropbox.account().paths().into_iter().filter(|path| path.starts_with("/Larder/snapshots/")).collect();
    world.dropbox.account().delete(&snapshots[1]);
    let (code, out, said) = world.sandbox.run(&world.line("larder at @mydropbox repair --undelete"));
    assert!(code == 0 && out.contains("snapshots/"), "{out}{said}");
    world.ok("larder at @mydropbox check");
    world.has_kept_the_rules();
    // All of it.
    world.dropbox.account().delete("/Larder/keys");
    let said = world.fails(65, "larder at @mydropbox ls");
    assert!(said.contains("repair --undelete"), "{said}");
    world.dropbox.account().delete("/Larder");
    let said = world.fails(66, "larder at @mydropbox ls");
    assert!(said.contains("there is no store"), "{said}");
    world.ok("larder at @mydropbox repair --undelete && larder at @mydropbox check --data");
    world.restores();
}

#[test]
fn what_dropbox_does_not_keep_stays_lost() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    let pack = world.packs().remove(0);
    let body = world.dropbox.account().read(&pack).unwrap();
    world.dropbox.account().delete(&pack);
    world.dropbox.add_fault(Fault {
        route: "files/list_revisions".to_owned(),
        when: When::Always,
        kind: FaultKind::NotFound,
    });
    let (code, out, said) = world.sandbox.run(&world.line("larder at @mydropbox repair --undelete"));
    assert_eq!(code, 65, "{out}{said}");
    assert!(out.contains(&format!("lost: {}: it is missing", pack.trim_start_matches("/Larder/"))), "{out}");
    // The next backup writes anew what the source still has, and so does whoever has a copy.
    world.ok("larder at @mydropbox check --quick; larder at @mydropbox backup files -q");
    world.restores();
    world.dropbox.account().write(&pack, &body);
    world.ok("larder at @mydropbox check --data");
}
