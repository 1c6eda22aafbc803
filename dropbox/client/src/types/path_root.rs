//! What paths are relative to (`Dropbox-API-Path-Root`).

use serde::Serialize;

/// What paths of a client begin at. See <https://www.dropbox.com/developers/reference/path-root-header-modes>.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = ".tag", rename_all = "snake_case")]
pub enum PathRoot {
    /// The member's own folder, which is also what no header means. No header is sent.
    #[default]
    Home,
    /// The account's root, which holds the team's shared folders. An error of [`crate::Class::PathRoot`] if it is another by now.
    Root {
        /// [`crate::RootInfo::root_namespace_id`].
        root: String,
    },
    /// Any namespace that the account may see.
    NamespaceId {
        /// Decimal, without `ns:`.
        namespace_id: String,
    },
}

impl PathRoot {
    /// The account's root.
    pub fn root(id: impl Into<String>) -> Self {
        Self::Root { root: id.into() }
    }

    /// A namespace.
    pub fn namespace(id: impl Into<String>) -> Self {
        Self::NamespaceId { namespace_id: id.into() }
    }

    /// What commits below this root are serialized by, unless told otherwise.
    pub(crate) fn namespace_id(&self) -> &str {
        match self {
            Self::Home => "home",
            Self::Root { root } => root,
            Self::NamespaceId { namespace_id } => namespace_id,
        }
    }
}
