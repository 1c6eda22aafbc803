//! Places that cannot hold a store, and sign-ins that may not write one.

use crate::support::dropbox::World;

#[test]
fn a_place_that_holds_something_else_is_refused() {
    let world = World::new();
    world.store_place();
    world.dropbox.account().write("/Larder/recipe.txt", b"flour");
    let said = world.fails(1, "larder at @mydropbox create");
    assert!(said.contains("/Larder holds something else already: recipe.txt") && said.contains("hint:"), "{said}");
    world.dropbox.account().write("/Backups", b"a file");
    let said = world.fails(1, "larder at dropbox:/Backups create");
    assert!(said.contains("/Backups cannot hold a store: it is a file"), "{said}");
    let said = world.fails(66, "larder at dropbox:/Backups ls");
    assert!(said.contains("a file is there"), "{said}");
    assert_eq!(world.dropbox.account().paths(), ["/Backups", "/Larder/", "/Larder/recipe.txt"]);
    world.ok("larder at dropbox:/Larder2/deep/er create -q && larder at dropbox:/larder2/DEEP/er ls");
    let said = world.fails(1, "larder at dropbox:/Larder2/deep/er create");
    assert!(said.contains("holds a store already"), "{said}");
}

#[test]
fn an_unfinished_create_is_no_hindrance() {
    let world = World::new();
    world.store_place();
    world.dropbox.account().write("/Larder/keys/slot-00000001-0", b"of a create that was cut short");
    world.ok("larder at @mydropbox create -q && larder at @mydropbox ls");
}

#[test]
fn a_sign_in_that_may_only_read_reads_and_says_what_it_lacks() {
    let world = World::with_store();
    world.ok("larder at @mydropbox backup files -q");
    world.has_app("readonly", |app| app.scopes.retain(|scope| scope != "files.content.write"));
    let refresh = world.dropbox.account().refresh_token_of("readonly");
    let token = format!(
        r#"{{"access_token":"sl.old","token_type":"bearer","refresh_token":"{refresh}","expiry":"2024-01-31T12:00:00Z"}}"#
    );
    let config = format!("[reader]\ntype = dropbox\nclient_id = readonly\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("reader.conf"), config).unwrap();
    world.ok("larder store import reader --config reader.conf -q; larder at @reader ls; larder at @reader cat latest:1/1.txt >/dev/null");
    for line in ["larder at @reader backup files", "larder at dropbox:/New create"] {
        let said = world.fails(77, &line.replace("dropbox:", "@reader:"));
        assert!(said.contains("files.content.write") && said.contains("larder auth dropbox --name reader"), "{said}");
    }
}

#[test]
fn an_app_of_the_type_app_folder_has_its_store_in_its_folder() {
    let world = World::new();
    world.has_app("boxed", |app| app.folder = Some("Larder".to_owned()));
    let refresh = world.dropbox.account().refresh_token_of("boxed");
    let token = format!(
        r#"{{"access_token":"sl.old","token_type":"bearer","refresh_token":"{refresh}","expiry":"2024-01-31T12:00:00Z"}}"#
    );
    let config = format!("[boxed]\ntype = dropbox\nclient_id = boxed\ntoken = {token}\n");
    std::fs::write(world.sandbox.work().join("boxed.conf"), config).unwrap();
    world.ok("larder store import boxed --config boxed.conf -q; larder at @boxed create -q");
    world.has_files(3);
    world.ok("larder at @boxed backup files -q && larder at @boxed ls && larder at @boxed check");
    let paths = world.dropbox.account().paths();
    assert!(paths.iter().any(|path| path.starts_with("/Apps/Larder/Larder/packs/")), "{paths:?}");
    let said = world.fails(77, "larder at dropbox:/Other create");
    assert!(said.contains("/Other is out of reach") && said.contains("Full Dropbox"), "{said}");
}

#[test]
fn a_namespace_of_somebody_else_is_refused() {
    let world = World::new();
    world.store_place();
    let bob = world.dropbox.add_account("Bob Example", "bob@example.com");
    world.ok(&format!("larder store set mydropbox root_namespace={} -q", bob.home_namespace()));
    let (code, _, said) = world.sandbox.run(&world.line("larder at @mydropbox create"));
    assert!(code != 0 && said.contains("root_namespace"), "{code}: {said}");
}

#[test]
fn a_folder_whose_name_dropbox_does_not_take_is_refused() {
    let world = World::new();
    world.store_place();
    for (name, why) in [("x".repeat(256), "longer than 255"), ("back\\\\slash".to_owned(), "backslash")] {
        let said = world.fails(64, &format!("larder at 'dropbox:/Backups/{name}' create"));
        assert!(said.contains(why) && said.contains("hint:"), "{said}");
    }
    assert!(world.dropbox.account().paths().is_empty(), "{:?}", world.dropbox.account().paths());
    world.has_kept_the_rules();
}
