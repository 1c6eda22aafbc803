//! Odd names.

use super::kit::World;

#[test]
fn odd_names_come_through_whole() {
    let world = World::new();
    let long = "n".repeat(255);
    let names = [
        "emoji \u{1f600}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
        "trailing dot.",
        " leading space",
        "quote\"and'",
        "<>:|?*",
        "tab\tand\u{1}",
        "composed \u{e9}",
        "\u{3a3}\u{3a3}\u{3a3}",
        "\u{130}stanbul",
        "percent %2F",
        long.as_str(),
    ];
    for (number, name) in names.iter().enumerate() {
        world.account.write(&format!("/odd/{name}"), format!("{number}").as_bytes());
        world.account.write(&format!("/{name}/inside"), format!("in {number}").as_bytes());
    }
    let first = world.backup();
    world.assert_same(&first, "odd names");
    for (number, name) in names.iter().enumerate() {
        world.account.write(&format!("/odd/{name}"), format!("changed {number}").as_bytes());
    }
    let second = world.backup();
    world.assert_same(&second, "changed");
}
