//! Online documents in a session: which files they are exported to, and what becomes of those.

use dropbox_client::names::fold;

use super::{Session, Verdict};
use crate::{
    checkpoint::{Document, Kept},
    documents,
    item::Item,
    listing::State,
    rules::Rules,
};

impl Session {
    /// A file where a document was exported to: only a full listing can tell the two apart.
    pub(super) fn doubt_exports(&mut self, lower: &str) {
        let folded = fold(lower);
        let is_export = |document: &Document| document.exports.iter().any(|export| fold(export) == folded);
        self.is_doubtful |= self.listing.is_delta && self.documents.values().any(is_export);
    }

    /// Exports of a document that stood here: whatever stands here now, they are made anew or gone.
    pub(super) fn forget_exports(&mut self, lower: &str) {
        self.out_of_reach.remove(&fold(lower));
        if let Some(document) = self.documents.remove(&fold(lower)) {
            document.exports.iter().for_each(|export| self.listing.remove(export));
        }
    }

    pub(super) fn document(
        &mut self,
        rules: &Rules,
        path: &str,
        item: &Item,
        chosen: Option<&str>,
        formats: Option<&[String]>,
    ) {
        let Some(formats) = formats else { return };
        match rules.verdict(path, item) {
            Verdict::Taken => {}
            Verdict::LeftOut => return rules.tell_left_out(path),
            Verdict::BelowLeftOut => return,
        }
        // A file that was here before is a document now.
        self.listing.remove(path);
        let exports = documents::exports(path, item, chosen, formats);
        if exports.is_empty() {
            let mut item = item.clone();
            item.size = None;
            self.out_of_reach.insert(fold(path), Kept { path: path.to_owned(), item });
        }
        let mut paths = Vec::new();
        for export in exports {
            let path = self.free_for_export(&export.name);
            self.put(rules, &path, export.item);
            paths.push(path);
        }
        self.documents.insert(fold(path), Document { path: path.to_owned(), exports: paths });
    }

    /// A real file may stand where a document would be exported to.
    fn free_for_export(&self, path: &str) -> String {
        let node = self.listing.find(path).filter(|node| self.listing.state(*node).has(State::ALIVE));
        let is_real = node.and_then(|node| self.listing.item(node)).is_some_and(|item| item.export.is_none());
        match path.rsplit_once('.') {
            Some((document, ending)) if is_real => format!("{document}.export.{ending}"),
            _ => path.to_owned(),
        }
    }

    /// A real file takes the place of an export, which moves aside.
    pub(super) fn move_export_aside(&mut self, rules: &Rules, path: &str) {
        let Some(node) = self.listing.find(path).filter(|node| self.listing.state(*node).has(State::ALIVE)) else {
            return;
        };
        let Some(export) = self.listing.item(node).filter(|item| item.export.is_some()) else { return };
        let Some((document, ending)) = path.rsplit_once('.') else { return };
        let aside = format!("{document}.export.{ending}");
        let exports = self.documents.values_mut().flat_map(|document| document.exports.iter_mut());
        exports.filter(|it| fold(it) == fold(path)).for_each(|it| it.clone_from(&aside));
        self.put(rules, &aside, export);
    }
}
