//! Every relative link in a Markdown file leads to a file that is there.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::tree::{TextFile, Tree};
use crate::failure::Outcome;

pub fn check(tree: &Tree) -> Outcome<Vec<Finding>> {
    let pages = tree.texts.iter().filter(|file| file.path.extension().is_some_and(|end| end == "md"));
    Ok(pages.flat_map(|page| dead_links(&tree.root, page)).collect())
}

fn dead_links(root: &Path, page: &TextFile) -> Vec<Finding> {
    let is_dead = |(_, link): &(usize, &str)| !root.join(destination(&page.path, link)).exists();
    let dead = links(&page.text).into_iter().filter(is_dead);
    dead.map(|(line, link)| Finding::new(&page.path, line, format!("`{link}` is not there: mend the link"))).collect()
}

/// The relative links of a page with their lines, anchors cut off; code is no link.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut in_code = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            found.extend(links_of_line(line).map(|link| (index + 1, link)));
        }
    }
    found
}

fn links_of_line(line: &str) -> impl Iterator<Item = &str> {
    // Every second part of a line that is cut at its backticks is code.
    let outside_code = line.split('`').step_by(2);
    let behind_text = outside_code.flat_map(|part| part.split("](").skip(1));
    let targets = behind_text.filter_map(|rest| rest.split([')', ' ']).next());
    let files = targets.filter_map(|target| target.split('#').next());
    files.filter(|file| !file.is_empty() && !file.contains(':'))
}

/// A link that begins with a slash is from the root, as code hosts read it.
fn destination(page: &Path, link: &str) -> PathBuf {
    match link.strip_prefix('/') {
        Some(from_root) => from_root.into(),
        None => page.parent().unwrap_or(Path::new("")).join(link),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_are_found_and_code_is_not() {
        let text = "[a](b.md#c) ![d](e.svg \"f\")\n```\n[g](h)\n```\n`[i](j)` [k](https://l) [m](#n)\n[`o`](p)";
        assert_eq!(links(text), [(1, "b.md"), (1, "e.svg"), (6, "p")]);
    }

    #[test]
    fn links_start_from_their_page() {
        assert_eq!(destination(Path::new("docs/a.md"), "b.md"), Path::new("docs/b.md"));
        assert_eq!(destination(Path::new("docs/a.md"), "/b.md"), Path::new("b.md"));
    }
}
