//! Puts the results where readers find them: `docs/performance.md`, between two marks, and the plot beside it.
//!
//! Everything outside the marks is written by people and stays.

use std::fs;
use std::path::Path;

use super::plot::plot;
use super::results::Results;
use super::tables::tables;
use crate::failure::{Context, Outcome};

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";
const NEW_PAGE: &str =
    "# Performance\n\n`cargo xtask bench` takes these figures again.\n\n<!-- bench:begin -->\n<!-- bench:end -->\n";

/// `stem` is the path without its ending: `docs/performance`.
pub fn write(results: &Results, stem: &Path) -> Outcome {
    let (page, picture) = (stem.with_extension("md"), stem.with_extension("svg"));
    let name = picture.file_name().unwrap_or_default().to_string_lossy();
    let section = format!("![Seconds for each row and tool]({name})\n\n{}", tables(results));
    let old = if page.exists() { fs::read_to_string(&page).context(page.display())? } else { NEW_PAGE.to_owned() };
    fs::write(&page, with_section(&old, &section).context(page.display())?).context(page.display())?;
    fs::write(&picture, plot(results)).context(picture.display())?;
    println!("Wrote {} and {}", page.display(), picture.display());
    Ok(())
}

fn with_section(page: &str, section: &str) -> Outcome<String> {
    let missing = format!("has no `{BEGIN}` before `{END}`: put them where the tables shall be");
    let (before, rest) = page.split_once(BEGIN).context(&missing)?;
    let (_, after) = rest.split_once(END).context(&missing)?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", section.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_section_is_replaced() {
        let once = with_section("a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n", "new\n").unwrap();
        assert_eq!(once, "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n");
        assert_eq!(with_section(&once, "new\n").unwrap(), once);
    }

    #[test]
    fn a_page_without_marks_is_left_alone() {
        assert!(with_section("a page", "new").is_err());
    }
}
