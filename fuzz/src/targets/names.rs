//! Names, paths and ids: what people and providers hand in as text.

use std::{fmt::Display, str::FromStr};

use larder_connect::ObjectName;
use larder_model::{BlobId, RunId, StoreId, TreePath, escape, unescape};

/// `data` as a name that is escaped, and as text that claims to be one. Nothing that drives a terminal comes out, and no two names
/// look alike.
pub fn escaped(data: &[u8]) -> bool {
    let text = escape(data);
    assert!(!text.chars().any(char::is_control));
    assert_eq!(unescape(&text).as_deref(), Some(data));
    let Some(name) = std::str::from_utf8(data).ok().and_then(unescape) else {
        return false;
    };
    assert!(name.len() <= data.len());
    assert_eq!(unescape(&escape(&name)), Some(name));
    true
}

/// `data` as a path, and as one that is joined to another, split at the first NUL.
pub fn tree_path(data: &[u8]) -> bool {
    let path = TreePath::new(data);
    assert!(is_normal(&path));
    assert_eq!(path.is_top(), path.name().is_none());
    assert!(TreePath::top().contains(&path) && path.contains(&path));
    let mut above = path.clone();
    above.pop();
    assert!(above.contains(&path));
    if let Some(name) = path.name() {
        assert_eq!(above.child(name), path);
    }
    let (left, right) = data.split_at(data.iter().position(|byte| *byte == 0).unwrap_or(data.len()));
    let joined = TreePath::new(left).joined(right);
    assert!(is_normal(&joined));
    assert_eq!(joined, TreePath::new([left, b"/", right].concat()));
    !path.is_top()
}

/// `data` as the name of an object. Nothing that passes needs escaping anywhere.
pub fn object_name(data: &[u8]) -> bool {
    let Some(name) = std::str::from_utf8(data).ok().and_then(ObjectName::parse) else {
        return false;
    };
    assert_eq!(name.as_str().as_bytes(), data);
    assert_eq!(format!("{}/{}", name.folder(), name.name()).as_bytes(), data);
    for part in [name.folder(), name.name()] {
        assert!(!part.is_empty() && !part.starts_with('.'));
        assert!(part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')));
    }
    true
}

/// `data` as ids in hex, of both lengths.
pub fn ids(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    let long = id::<BlobId>(text);
    let short = id::<RunId>(text);
    assert_eq!(short, id::<StoreId>(text));
    assert_eq!(long || short, is_hex(data) && [32, 64].contains(&data.len()));
    long || short
}

fn id<T: FromStr + Display>(text: &str) -> bool {
    let id = T::from_str(text).ok();
    assert!(id.as_ref().is_none_or(|id| id.to_string() == text));
    id.is_some()
}

fn is_hex(data: &[u8]) -> bool {
    data.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// No empty, `.` or `..` parts, and reading it again changes nothing.
pub(super) fn is_normal(path: &TreePath) -> bool {
    let parts_are_names = path.names().all(|name| !matches!(name, b"" | b"." | b".."));
    parts_are_names && path.as_bytes().starts_with(b"/") && TreePath::new(path.as_bytes()) == *path
}
