//! The account of the tour: made-up files of the kinds that people keep, and one of each kind that needs care.

use dropbox_simulator::Simulator;

/// Pictures a year, small ones: what a listing is long for.
const PICTURES: u64 = 120;
const YEARS: [u32; 3] = [2024, 2025, 2026];

/// Dropbox withholds it, as it does for legal reasons.
const RESTRICTED: &str = "/Films/premiere.mp4";
/// It has no bytes of its own, and comes as `….md`.
const DOCUMENT: &str = "/Plans/Trip.paper";

/// 2024-03-09, in seconds since 1970.
const SPRING: i64 = 1_710_000_000;

pub fn fill(simulator: &Simulator) {
    let account = simulator.account();
    for (year, name) in YEARS.iter().enumerate() {
        for number in 0..PICTURES {
            let seed = year as u64 * PICTURES + number;
            account.write_generated(&format!("/Pictures/{name}/{number:03}.jpg"), 2_000 + seed * 37 % 9_000, seed);
        }
    }
    for (number, to) in ["bob", "cleo", "dan"].iter().enumerate() {
        let text = format!("Dear {to},\n\nthis letter is kept in a larder.\n\nAnn\n");
        account.write_at(&format!("/Letters/to-{to}.txt"), text.as_bytes(), SPRING + number as i64 * 86_400);
    }
    // The same content under two paths comes once.
    account.write_generated("/Scans/contract.pdf", 700_000, 9_000);
    account.write_generated("/Scans/contract (copy).pdf", 700_000, 9_000);
    account.add_paper(DOCUMENT, "# Trip\n\n- tickets\n- cheese\n", 0);
    account.write_at("/Recipes/bread.txt", b"flour, water, salt, time\n", SPRING);
    account.write_at("/Recipes/soup.txt", b"whatever is there\n", SPRING);
    account.share("/Recipes");
    account.write_generated(RESTRICTED, 300_000, 9_001);
    account.set_restricted(RESTRICTED, true);
}

/// Changes some of it; returns what was done, in words.
pub fn change(simulator: &Simulator) -> &'static str {
    let account = simulator.account();
    account.write("/Letters/to-bob.txt", b"Dear Bob,\n\nI changed my mind.\n\nAnn\n");
    account.write_generated("/Pictures/2026/birthday.jpg", 40_000, 9_002);
    account.rename("/Scans", "/Paperwork");
    account.delete("/Letters/to-dan.txt");
    "a letter is written anew and another one deleted, a picture is added, and the folder of scans gets another name"
}

/// Loses some of it; returns what happened, in words.
pub fn lose(simulator: &Simulator) -> &'static str {
    let account = simulator.account();
    account.delete("/Pictures/2025");
    account.delete("/Letters/to-bob.txt");
    "a year of pictures and a letter are deleted at Dropbox"
}

pub fn files(simulator: &Simulator) -> usize {
    simulator.account().paths().iter().filter(|path| !path.ends_with('/')).count()
}

pub fn folders(simulator: &Simulator) -> usize {
    simulator.account().paths().iter().filter(|path| path.ends_with('/')).count()
}

/// The files that a restore brings back under the names that they have in the account.
pub fn with_content(simulator: &Simulator) -> Vec<String> {
    let mut paths = simulator.account().paths();
    paths.retain(|path| !path.ends_with('/') && path != RESTRICTED && path != DOCUMENT);
    paths
}
