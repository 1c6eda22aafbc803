//! What Larder keeps of a file or folder at Dropbox, and how it becomes an entry of a snapshot.

use dropbox_client::{FileMetadata, FolderMetadata};
use larder_model::{Entry, Fingerprint, Kind, Metadata, Time};
use minicbor::{Decode, Encode};

/// Fingerprint kind of Dropbox's content hash, and of a revision in an export format (docs/format.md §8).
pub const CONTENT_HASH: u8 = 1;
const REVISION: u8 = 2;

/// One item. It is the connector's own record too: what a listing holds in memory, and, without what an [`Entry`] says itself, what
/// stands in snapshots. Keys are never used for anything else.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    #[n(0)]
    pub id: Option<String>,
    #[n(1)]
    pub rev: Option<String>,
    /// Seconds since 1970.
    #[n(2)]
    pub server_modified: Option<i64>,
    /// The namespace that is mounted here.
    #[n(3)]
    pub mounts: Option<String>,
    /// The namespace that it lies in, where that is shared.
    #[n(4)]
    pub shared_in: Option<String>,
    #[n(5)]
    pub read_only: Option<bool>,
    /// The account that wrote it last.
    #[n(6)]
    pub modified_by: Option<String>,
    /// The format that a document is exported in.
    #[n(7)]
    pub export: Option<String>,
    /// The formats that it could be exported in beside Dropbox's own choice.
    #[n(8)]
    pub export_options: Option<Vec<String>>,
    /// Some people were invited to this very file.
    #[n(9)]
    pub has_members: Option<bool>,
    // What follows is never in snapshots: an entry says it.
    #[n(16)]
    pub size: Option<u64>,
    /// Seconds since 1970.
    #[n(17)]
    pub client_modified: Option<i64>,
    #[cbor(n(18), with = "minicbor::bytes")]
    pub content_hash: Option<Vec<u8>>,
    #[n(19)]
    pub target: Option<String>,
    #[n(20)]
    pub is_folder: Option<bool>,
    /// It has no bytes of its own, and cannot be exported either.
    #[n(21)]
    pub is_out_of_reach: Option<bool>,
}

impl Item {
    pub fn of_file(file: &FileMetadata) -> Self {
        let sharing = file.sharing_info.as_ref();
        let export = file.export_info.as_ref();
        Self {
            id: Some(file.id.clone()),
            rev: Some(file.rev.clone()),
            server_modified: Some(file.server_modified.unix()),
            shared_in: sharing.and_then(|it| it.parent_shared_folder_id.clone()),
            read_only: sharing.map(|it| it.read_only).filter(|it| *it),
            modified_by: sharing.and_then(|it| it.modified_by.clone()),
            export_options: export.map(|it| it.export_options.clone().unwrap_or_default()),
            has_members: file.has_explicit_shared_members.filter(|it| *it),
            size: Some(file.size),
            client_modified: Some(file.client_modified.unix()),
            content_hash: file.content_hash.as_deref().and_then(unhex),
            target: file.symlink_info.as_ref().map(|it| it.target.clone()),
            is_out_of_reach: (!file.is_downloadable).then_some(true),
            ..Self::default()
        }
    }

    pub fn of_folder(folder: &FolderMetadata) -> Self {
        let sharing = folder.sharing_info.as_ref();
        Self {
            id: Some(folder.id.clone()),
            mounts: folder.mounted_namespace().map(str::to_owned),
            shared_in: sharing.and_then(|it| it.parent_shared_folder_id.clone()),
            read_only: sharing.map(|it| it.read_only).filter(|it| *it),
            is_folder: Some(true),
            ..Self::default()
        }
    }

    /// The item that an entry of a snapshot was made from; `None` for what is no entry of this connector.
    pub fn of_entry(entry: &Entry) -> Option<Self> {
        let mut item = Self::decode(entry.meta.provider.as_deref()?)?;
        item.size = Some(entry.meta.size);
        item.client_modified = entry.meta.mtime.map(|time| time.secs);
        item.is_folder = entry.is_dir().then_some(true);
        item.target = entry.meta.target.as_deref().and_then(|target| String::from_utf8(target.to_vec()).ok());
        item.content_hash = match &entry.meta.fingerprint {
            Some(Fingerprint { kind: CONTENT_HASH, hash }) => Some(hash.to_vec()),
            _ => None,
        };
        Some(item)
    }

    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("encoding into memory cannot fail")
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }

    pub fn is_folder(&self) -> bool {
        self.is_folder == Some(true)
    }

    /// True for what has content that can be fetched.
    pub fn is_file(&self) -> bool {
        !self.is_folder() && self.target.is_none()
    }

    pub fn kind(&self) -> Kind {
        match self {
            _ if self.is_folder() => Kind::Directory,
            Self { target: Some(_), .. } => Kind::Symlink,
            _ => Kind::File,
        }
    }

    /// The entry of a snapshot.
    pub fn entry(&self, name: &[u8]) -> Entry {
        let mut entry = Entry::new(name, self.kind());
        entry.meta = Metadata {
            // What a document will be long is known when it is exported.
            size: if self.kind() == Kind::File && self.export.is_none() { self.size.unwrap_or(0) } else { 0 },
            mtime: self.client_modified.map(|secs| Time::new(secs, 0)),
            target: self.target.as_ref().map(|target| target.as_bytes().into()),
            fingerprint: self.fingerprint(),
            provider: Some(self.own().encode().into()),
            ..Metadata::default()
        };
        entry
    }

    /// What stands for the content.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        if !self.is_file() {
            return None;
        }
        if let (Some(format), Some(rev)) = (&self.export, &self.rev) {
            return Some(Fingerprint { kind: REVISION, hash: format!("{rev} {format}").into_bytes().into() });
        }
        self.content_hash.as_ref().map(|hash| Fingerprint { kind: CONTENT_HASH, hash: hash.clone().into() })
    }

    /// The content hash as Dropbox writes it.
    pub fn hash_text(&self) -> Option<String> {
        self.content_hash.as_ref().map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What an entry does not say itself.
    fn own(&self) -> Self {
        Self {
            size: None,
            client_modified: None,
            content_hash: None,
            target: None,
            is_folder: None,
            is_out_of_reach: None,
            ..self.clone()
        }
    }
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| (*byte as char).to_digit(16).map(|digit| digit as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item {
            id: Some("id:abc".into()),
            rev: Some("0123456789abcdef".into()),
            server_modified: Some(20),
            read_only: Some(true),
            size: Some(5),
            client_modified: Some(10),
            content_hash: Some(vec![0xab; 32]),
            ..Item::default()
        }
    }

    #[test]
    fn an_item_comes_back_from_its_entry() {
        let entry = item().entry(b"name");
        assert_eq!((entry.kind, entry.meta.size, entry.meta.mtime), (Kind::File, 5, Some(Time::new(10, 0))));
        assert_eq!(Item::of_entry(&entry), Some(item()));
        let own = Item::decode(entry.meta.provider.as_deref().unwrap()).unwrap();
        assert_eq!((own.size, own.content_hash), (None, None), "a snapshot does not say it twice");
        assert_eq!(Item::of_entry(&Entry::new(*b"other", Kind::File)), None);
    }

    #[test]
    fn a_document_is_known_by_revision_and_format() {
        let document = Item { export: Some("markdown".into()), content_hash: None, ..item() };
        let other = Item { export: Some("html".into()), ..document.clone() };
        assert_ne!(document.fingerprint(), other.fingerprint());
        assert_eq!(document.entry(b"name").meta.size, 0);
        assert_eq!(document.fingerprint().unwrap().kind, REVISION);
    }

    #[test]
    fn links_and_folders_have_no_content() {
        let link = Item { target: Some("../x".into()), ..item() };
        assert_eq!((link.kind(), link.fingerprint()), (Kind::Symlink, None));
        let folder = Item { is_folder: Some(true), ..Item::default() };
        assert_eq!((folder.kind(), folder.fingerprint()), (Kind::Directory, None));
        assert_eq!(unhex("0aF"), None);
    }
}
