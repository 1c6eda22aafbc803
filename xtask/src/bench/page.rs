//! Puts the results where readers find them: `docs/performance.md`, between two marks, and the plot beside it.
//!
//! Everything outside the marks is written by people and stays.

use std::fs;
use std::path::Path;

use super::plot::plot;
use super::results::Results;
use super::tables::tables;
use crate::failure::{Context, Outcome};

/// The marks of the race's section are `<!-- bench:begin -->` and `<!-- bench:end -->`.
const RACE: &str = "bench";
const NEW_PAGE: &str =
    "# Performance\n\n`cargo xtask bench` takes these figures again.\n\n<!-- bench:begin -->\n<!-- bench:end -->\n";

/// `stem` is the path without its ending: `docs/performance`.
pub fn write(results: &Results, stem: &Path) -> Outcome {
    let (page, picture) = (stem.with_extension("md"), stem.with_extension("svg"));
    let name = picture.file_name().unwrap_or_default().to_string_lossy();
    let section = format!("![Seconds for each row and tool]({name})\n\n{}", tables(results));
    let old = if page.exists() { fs::read_to_string(&page).context(page.display())? } else { NEW_PAGE.to_owned() };
    replace(&page, &old, RACE, &section)?;
    fs::write(&picture, plot(results)).context(picture.display())?;
    println!("Wrote {} and {}", page.display(), picture.display());
    Ok(())
}

/// Puts a section between the marks of this name; the page has to be there.
pub fn write_section(page: &Path, name: &str, section: &str) -> Outcome {
    let old = fs::read_to_string(page).context(page.display())?;
    replace(page, &old, name, section)?;
    println!("Wrote {}", page.display());
    Ok(())
}

fn replace(page: &Path, old: &str, name: &str, section: &str) -> Outcome {
    let new = with_section(old, name, section).context(page.display())?;
    fs::write(page, new).context(page.display())
}

fn with_section(page: &str, name: &str, section: &str) -> Outcome<String> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let missing = format!("has no `{begin}` before `{end}`: put them where the tables shall be");
    let (before, rest) = page.split_once(&begin).context(&missing)?;
    let (_, after) = rest.split_once(&end).context(&missing)?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", section.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_section_is_replaced() {
        let once = with_section("a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n", "bench", "new\n").unwrap();
        assert_eq!(once, "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n");
        assert_eq!(with_section(&once, "bench", "new\n").unwrap(), once);
    }

    #[test]
    fn a_page_without_marks_is_left_alone() {
        assert!(with_section("a page", "bench", "new").is_err());
    }
}
