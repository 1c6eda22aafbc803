//! Folders that say of themselves that they need no backup: `--exclude-caches` and `--exclude-if-present`.
//!
//! Of such a folder the backup keeps the folder itself and the file that says so; a restored cache is a cache again.

use larder_model::{Problem, Result};

/// A file whose presence tells that the rest of its folder is to be left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    pub name: Vec<u8>,
    /// What the file must start with.
    pub header: Vec<u8>,
}

/// All tags of one backup.
#[derive(Clone, Default, Debug)]
pub struct Tags(Vec<Tag>);

impl Tag {
    /// The Cache Directory Tagging Specification, <https://bford.info/cachedir/>.
    fn cache() -> Self {
        Self { name: b"CACHEDIR.TAG".to_vec(), header: b"Signature: 8a477f597d28d172789f06886806bc55".to_vec() }
    }

    /// `NAME` or `NAME:HEADER`.
    fn parse(text: &str) -> Result<Self> {
        let (name, header) = text.split_once(':').unwrap_or((text, ""));
        if name.is_empty() || name.contains('/') {
            return Err(Problem::usage(format!("{text:?} does not start with the name of a file"))
                .hint("--exclude-if-present takes NAME, or NAME:HEADER for a file that must start with HEADER"));
        }
        Ok(Self { name: name.into(), header: header.into() })
    }
}

impl Tags {
    pub fn new(exclude_caches: bool, exclude_if_present: &[String]) -> Result<Self> {
        let cache = exclude_caches.then(|| Ok(Tag::cache()));
        cache.into_iter().chain(exclude_if_present.iter().map(|text| Tag::parse(text))).collect::<Result<_>>().map(Self)
    }

    pub fn named<'a>(&'a self, name: &[u8]) -> impl Iterator<Item = &'a Tag> {
        self.0.iter().filter(move |tag| tag.name == name)
    }
}
