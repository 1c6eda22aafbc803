//! The description of the API that is kept beside the pages is the one that the code gives.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fs, path::Path};

/// `LARDER_BLESS=1` writes it anew.
#[test]
fn the_description_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/openapi.json");
    let now = larder_viewer::openapi();
    if std::env::var_os("LARDER_BLESS").is_some_and(|value| value == "1") {
        fs::write(&file, &now).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap();
    assert!(kept == now, "web/openapi.json is stale: run LARDER_BLESS=1 cargo nextest run -p larder-viewer openapi");
}
