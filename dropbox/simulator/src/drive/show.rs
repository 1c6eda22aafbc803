//! Metadata as the API shows it.

use serde_json::{Map, Value, json};

use super::name::fold;
use super::namespace::ROOT;
use super::node::{File, Folder, Kind, Node, Revision};
use super::{Access, Drive, Spot, View};
use crate::clock::to_text;

impl Drive {
    /// `files.Metadata` of what is at the spot, with its tag; `None` where nothing is.
    pub fn show(&self, view: View, spot: Spot) -> Option<Value> {
        let tag = if self.node(spot)?.file().is_some() { "file" } else { "folder" };
        let mut shown = Map::new();
        shown.insert(".tag".into(), tag.into());
        shown.append(&mut self.show_untagged(view, spot)?);
        Some(Value::Object(shown))
    }

    /// The same where the type is known, and no tag is written.
    pub fn show_untagged(&self, view: View, spot: Spot) -> Option<Map<String, Value>> {
        let node = self.node(spot)?;
        let mut shown = self.show_names(view, spot, node);
        shown.insert("id".into(), node.id.clone().into());
        match &node.kind {
            Kind::File(file) => {
                show_file(&mut shown, file, file.current()?);
                if let Some(sharing) = self.show_file_sharing(view, spot) {
                    shown.insert("sharing_info".into(), sharing);
                }
            }
            Kind::Folder(folder) => {
                if let Some(sharing) = self.show_folder_sharing(view, spot, folder) {
                    if let Some(id) = sharing.get("shared_folder_id") {
                        shown.insert("shared_folder_id".into(), id.clone());
                    }
                    shown.insert("sharing_info".into(), sharing);
                }
            }
        }
        Some(shown)
    }

    /// A file's metadata as of one of its revisions.
    pub fn show_revision(&self, view: View, spot: Spot, revision: &Revision) -> Option<Map<String, Value>> {
        let node = self.node(spot)?;
        let mut shown = self.show_names(view, spot, node);
        shown.insert("id".into(), node.id.clone().into());
        show_file(&mut shown, node.file()?, revision);
        Some(shown)
    }

    /// `files.DeletedMetadata` of a path of a namespace; `None` where the view does not reach the namespace.
    pub fn show_deleted(&self, view: View, space: u64, display: &str) -> Option<Value> {
        let display = match self.visible_path(view, Spot { space, node: ROOT }) {
            Some(mount) => mount + display,
            None => self.below_view(view, space, display)?,
        };
        let name = display.rsplit('/').next().unwrap_or_default();
        Some(json!({".tag": "deleted", "name": name, "path_lower": fold(&display), "path_display": display}))
    }

    pub fn visible_path(&self, view: View, spot: Spot) -> Option<String> {
        let names = self.visible_names(view, spot)?;
        Some(names.iter().fold(String::new(), |path, name| path + "/" + name))
    }

    /// A path of the view's own namespace, from the view's folder on.
    fn below_view(&self, view: View, space: u64, display: &str) -> Option<String> {
        let folder = self.space(space).filter(|_| space == view.space)?.path(view.node);
        let is_below = fold(display).starts_with(&(fold(&folder) + "/"));
        is_below.then(|| display.get(folder.len()..).unwrap_or(display).to_owned())
    }

    fn show_names(&self, view: View, spot: Spot, node: &Node) -> Map<String, Value> {
        let mut shown = Map::new();
        let path = self.visible_path(view, spot);
        let name = if node.parent == spot.node { self.name_of_root(view, spot) } else { node.name.clone() };
        shown.insert("name".into(), name.into());
        if let Some(path) = path {
            shown.insert("path_lower".into(), fold(&path).into());
            let display = if self.miscased_parents { miscase(&path) } else { path };
            shown.insert("path_display".into(), display.into());
        }
        shown
    }

    /// A namespace's root goes by the name of its mount.
    fn name_of_root(&self, view: View, spot: Spot) -> String {
        let names = self.visible_names(view, spot).unwrap_or_default();
        let own = self.space(spot.space).map(|space| space.name.as_str()).unwrap_or_default();
        names.last().copied().unwrap_or(own).to_owned()
    }

    fn show_file_sharing(&self, view: View, spot: Spot) -> Option<Value> {
        let access = self.access(view.account, spot.space)?;
        let modified_by = &self.accounts[view.account].id;
        Some(json!({
            "read_only": access == Access::Viewer,
            "parent_shared_folder_id": spot.space.to_string(),
            "modified_by": modified_by,
        }))
    }

    fn show_folder_sharing(&self, view: View, spot: Spot, folder: &Folder) -> Option<Value> {
        if folder.is_closed {
            return Some(json!({"read_only": true, "parent_shared_folder_id": spot.space.to_string(),
                               "traverse_only": false, "no_access": true}));
        }
        let mount = folder.mount;
        let account = &self.accounts[view.account];
        let at_root = (spot.node == ROOT && self.access(view.account, spot.space).is_some()).then_some(spot.space);
        if let Some(shared) = mount.or(at_root) {
            let is_read_only = !self.may_write(view.account, shared);
            let is_home = shared == account.home;
            return (!is_home || account.root != account.home).then(|| {
                json!({"read_only": is_read_only, "shared_folder_id": shared.to_string(),
                       "traverse_only": false, "no_access": false})
            });
        }
        let access = self.access(view.account, spot.space)?;
        Some(json!({
            "read_only": access == Access::Viewer,
            "parent_shared_folder_id": spot.space.to_string(),
            "traverse_only": false,
            "no_access": false,
        }))
    }
}

fn show_file(shown: &mut Map<String, Value>, file: &File, revision: &Revision) {
    shown.insert("client_modified".into(), to_text(revision.client_modified).into());
    shown.insert("server_modified".into(), to_text(revision.server_modified).into());
    shown.insert("rev".into(), revision.rev.clone().into());
    shown.insert("size".into(), revision.content.size().into());
    if let Some(target) = &file.traits.symlink {
        shown.insert("symlink_info".into(), json!({"target": target}));
    }
    shown.insert("is_downloadable".into(), file.is_downloadable().into());
    if let Some(export) = &file.traits.export {
        let first = export.formats.first();
        shown.insert("export_info".into(), json!({"export_as": first, "export_options": export.formats}));
    }
    if file.is_downloadable() {
        shown.insert("content_hash".into(), revision.content.hash().into());
    }
}

/// The parents of a path in another case: only the last component is reliable.
fn miscase(path: &str) -> String {
    let Some((parents, name)) = path.rsplit_once('/') else { return path.to_owned() };
    let flip = |letter: char| match letter {
        'a'..='z' => letter.to_ascii_uppercase(),
        'A'..='Z' => letter.to_ascii_lowercase(),
        other => other,
    };
    format!("{}/{name}", parents.chars().map(flip).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parents_are_miscased() {
        assert_eq!(miscase("/Top/sub/Name.txt"), "/tOP/SUB/Name.txt");
        assert_eq!(miscase("/Name"), "/Name");
    }
}
