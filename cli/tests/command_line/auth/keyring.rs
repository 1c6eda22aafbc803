//! Credentials in the system keyring, with a program in the place of `secret-tool` that does what it does.

use super::KEY;
use crate::support::dropbox::World;

/// Items are files; `locked` and `dismissed` are what a keyring does whose owner is not there, `short` is one that cuts things off.
const SECRET_TOOL: &str = r#"#!/bin/sh
keyring=$HOME/keyring; action=$1; shift
if [ "$action" = store ]; then [ "$1" = --label ] || exit 2; shift 2; fi
echo "$action $*" >> $keyring/log
env >> $keyring/env
item=$keyring/item-$(printf '%s|' "$@" | cksum | tr -d ' ')
if [ -e $keyring/locked ]; then echo 'secret-tool: Cannot create an item in a locked collection' >&2; exit 1; fi
if [ -e $keyring/dismissed ]; then exit 1; fi
case $action in
    store) if [ -e $keyring/short ]; then head -c 50; else cat; fi > $item ;;
    lookup) cat $item 2> $keyring/nothing || exit 1 ;;
    clear) rm -f $item ;;
    *) exit 2 ;;
esac
"#;

fn with_keyring() -> World {
    let world = World::new();
    let program = world.sandbox.path().join("bin/secret-tool");
    std::fs::create_dir(program.parent().unwrap()).unwrap();
    std::fs::write(&program, SECRET_TOOL).unwrap();
    world.ok("mkdir ~/keyring; chmod +x ../bin/secret-tool");
    world
}

fn items(world: &World) -> String {
    world.ok("cat ~/keyring/item-* 2> ~/keyring/nothing || true")
}

fn files(world: &World) -> String {
    world.ok("cd ~/.local/share/larder/credentials; ls")
}

#[test]
fn a_sign_in_can_be_kept_in_the_keyring() {
    let world = with_keyring();
    let ended = world.sign_in(&format!("{KEY} --keep keyring"), None);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(world.credentials(), None);
    assert!(!files(&world).contains("dropbox-mydropbox.json\n"), "{}", files(&world));
    let kept: serde_json::Value = serde_json::from_str(&items(&world)).unwrap();
    let listed = world.ok("larder auth list");
    assert!(listed.contains("  (in the keyring)  source @mydropbox; "), "{listed}");
    let listed: serde_json::Value = serde_json::from_str(&world.ok("larder auth list --json")).unwrap();
    assert_eq!(listed["accounts"][0]["kept_in"], "keyring");
    // A token that has ended is renewed, and kept where the old one was.
    world.ok(r#"sed -i 's/"access_ends":[0-9]*/"access_ends":1/' ~/keyring/item-*"#);
    world.dropbox.reset_journal();
    world.ok("larder source check & larder store check; wait $!");
    world.ok("larder source check");
    assert_eq!(world.dropbox.calls("oauth2/token"), 1);
    let renewed: serde_json::Value = serde_json::from_str(&items(&world)).unwrap();
    assert_ne!(renewed["access_token"], kept["access_token"]);
    // No argument and no file but the keyring's own holds a secret.
    for secret in [&kept["access_token"], &renewed["access_token"], &kept["refresh_token"]] {
        let secret = secret.as_str().unwrap();
        assert_eq!(world.ok(&format!("grep -lr -e '{secret}' ~ | grep -v /item- || true")), "");
    }
    assert!(
        !world.ok("cat ~/keyring/env").contains("correct horse"),
        "the passphrase of a store is nobody else's matter"
    );
    // Signing in again leaves them there.
    assert_eq!(world.sign_in("", None).code, 0);
    assert_eq!(world.credentials(), None);
    world.ok("larder auth rm mydropbox");
    assert_eq!((items(&world), files(&world)), (String::new(), String::new()));
    world.fails(77, "larder source check");
}

#[test]
fn credentials_move_between_file_and_keyring() {
    let world = with_keyring();
    world.rclone_has_it();
    world.ok("larder source import mydropbox --config rclone.conf");
    let before = world.credentials().unwrap();
    assert_eq!(
        world.ok("larder auth keep mydropbox keyring"),
        "auth: mydropbox: the credentials are in the system keyring\n"
    );
    assert_eq!(world.credentials(), None);
    world.ok("larder auth keep mydropbox keyring; larder source check");
    // What rclone has anew goes where the account is.
    world.ok("larder store import mydropbox --config rclone.conf");
    assert_eq!(world.credentials(), None);
    world.ok("larder auth keep mydropbox file; larder source check");
    assert_eq!(items(&world), "");
    let after = world.credentials().unwrap();
    let refresh_token = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["refresh_token"].clone();
    assert_eq!(refresh_token(&after), refresh_token(&before));
    assert_eq!(world.ok("stat -c %a ~/.local/share/larder/credentials/dropbox-mydropbox.json"), "600\n");
    let said = world.fails(66, "larder auth keep other keyring");
    assert!(said.contains("no account is signed in as `other`"), "{said}");
}

#[test]
fn a_keyring_that_gives_nothing_says_what_to_do() {
    let world = with_keyring();
    assert_eq!(world.sign_in(&format!("{KEY} --keep keyring"), None).code, 0);
    world.ok("larder at ./save create -q");
    for (state, says) in [
        ("locked", "could not be read: secret-tool: Cannot create an item in a locked collection"),
        ("dismissed", "it is locked, or they were removed from it"),
    ] {
        world.ok(&format!("touch ~/keyring/{state}"));
        let said = world.fails(77, "larder at ./save backup @mydropbox");
        assert!(said.contains(says) && said.contains("unlock the keyring and try again"), "{said}");
        let listed = world.ok("larder auth list");
        assert!(listed.contains(says) && listed.contains("source @mydropbox"), "{listed}");
        world.ok(&format!("rm ~/keyring/{state}"));
        world.ok("larder at ./save backup @mydropbox --allow-empty");
    }
    // One that does not keep what it was given is found out at once, and the old place stays good.
    world.ok("larder auth keep mydropbox file; touch ~/keyring/short");
    let said = world.fails(77, "larder auth keep mydropbox keyring");
    assert!(said.contains("cannot be understood") || said.contains("do not come back"), "{said}");
    world.ok("larder source check");
    world.ok("rm ../bin/secret-tool");
    world.dropbox.reset_journal();
    let said = world.fails(77, &format!("larder auth dropbox --name other {KEY} --keep keyring"));
    assert!(said.contains("secret-tool, which is not installed") && said.contains("libsecret-tools"), "{said}");
    assert_eq!(world.dropbox.total_calls(), 0);
}
