//! Online documents (Paper and others) have no bytes of their own. They are exported, each to a file beside it that carries the document's
//! whole name and the format's ending: `Plan.paper` becomes `Plan.paper.md`.

use crate::item::Item;

/// Dropbox's words for formats, what people call them, and the ending of a file's name.
const FORMATS: &[(&str, &[&str], &str)] =
    &[("markdown", &["md"], "md"), ("html", &["htm"], "html"), ("plain_text", &["txt", "text"], "txt")];

/// A document under one of its formats.
pub struct Export {
    pub name: String,
    pub item: Item,
}

/// What a document is exported to. `asked`: formats in people's words; empty, or none that Dropbox offers: Dropbox's own choice.
/// Nothing for what Dropbox cannot export.
pub fn exports(name: &str, item: &Item, chosen: Option<&str>, asked: &[String]) -> Vec<Export> {
    let offered = item.export_options.as_deref().unwrap_or_default();
    let is_offered = |format: &&str| offered.iter().any(|offer| offer == format) || chosen == Some(*format);
    let mut formats: Vec<&str> = asked.iter().map(|asked| dropbox_word(asked)).filter(is_offered).collect();
    formats.dedup();
    if formats.is_empty() {
        formats.extend(chosen.or(offered.first().map(String::as_str)));
    }
    let export = |format: &str| Export {
        name: format!("{name}.{}", ending(format)),
        item: Item {
            export: Some(format.to_owned()),
            content_hash: None,
            size: None,
            is_out_of_reach: None,
            ..item.clone()
        },
    };
    formats.into_iter().map(export).collect()
}

/// What the call names: nothing where Dropbox's own choice is meant.
pub fn argument(item: &Item) -> Option<&str> {
    let format = item.export.as_deref()?;
    item.export_options.as_deref().unwrap_or_default().iter().any(|offer| offer == format).then_some(format)
}

fn dropbox_word(asked: &str) -> &str {
    let found = FORMATS.iter().find(|(word, others, _)| *word == asked || others.contains(&asked));
    found.map_or(asked, |(word, ..)| word)
}

fn ending(format: &str) -> &str {
    FORMATS.iter().find(|(word, ..)| *word == format).map_or(format, |(.., ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &[&str], chosen: Option<&str>, asked: &[&str]) -> Vec<String> {
        let item = Item { export_options: Some(options.iter().map(|it| (*it).into()).collect()), ..Item::default() };
        let asked: Vec<String> = asked.iter().map(|it| (*it).to_owned()).collect();
        exports("Plan.paper", &item, chosen, &asked).into_iter().map(|export| export.name).collect()
    }

    #[test]
    fn formats_are_asked_for_in_peoples_words() {
        let paper = ["html", "markdown", "plain_text"];
        assert_eq!(names(&paper, Some("html"), &[]), ["Plan.paper.html"]);
        assert_eq!(names(&paper, Some("html"), &["md", "txt"]), ["Plan.paper.md", "Plan.paper.txt"]);
        assert_eq!(names(&paper, Some("html"), &["docx"]), ["Plan.paper.html"], "what is not offered is not asked for");
        assert_eq!(names(&[], Some("docx"), &["md"]), ["Plan.paper.docx"]);
        assert_eq!(names(&["markdown"], None, &[]), ["Plan.paper.md"]);
        assert!(names(&[], None, &["md"]).is_empty());
    }

    #[test]
    fn dropboxs_own_choice_is_not_named_unless_it_is_offered() {
        let item = |options: &[&str]| Item {
            export: Some("html".into()),
            export_options: Some(options.iter().map(|it| (*it).into()).collect()),
            ..Item::default()
        };
        assert_eq!(argument(&item(&["html"])), Some("html"));
        assert_eq!(argument(&item(&[])), None);
        assert_eq!(argument(&Item::default()), None);
    }
}
