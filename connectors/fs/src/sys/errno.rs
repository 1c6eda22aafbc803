//! What the operating system refuses, in the words of [`Problem`]: the kind that decides the exit code, advice on trying again, and
//! the error's own name as the tag.

use std::{fmt, os::unix::ffi::OsStrExt, path::Path};

use larder_model::{Problem, ProblemKind, Retry, escape};
use rustix::io::Errno;

/// The error for a call that failed: `what` is the sentence's start (`cannot open`), `item` what it happened to, already escaped.
pub fn problem(errno: Errno, what: &str, item: impl fmt::Display) -> Problem {
    let (kind, retry) = classify(errno);
    let problem = Problem::new(kind, format!("{what} {item}: {}", reason(errno))).tag(tag(errno)).retry(retry);
    match advice(errno) {
        Some(advice) => problem.hint(advice),
        None => problem,
    }
}

/// What a person can do about it, where that does not depend on what was to be done.
fn advice(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::ACCESS | Errno::PERM => Some("change its permissions, or run Larder as a user who may do that"),
        Errno::ROFS => Some("it lies on a file system that is mounted read-only"),
        _ => None,
    }
}

/// A path as people are shown it.
pub fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

/// The operating system's own text, without the number that Rust adds.
pub fn reason(errno: Errno) -> String {
    larder_model::reason(&std::io::Error::from(errno))
}

fn classify(errno: Errno) -> (ProblemKind, Retry) {
    match errno {
        // A part of the path is no folder, so what it leads to cannot be there.
        Errno::NOENT | Errno::NOTDIR => (ProblemKind::NotFound, Retry::Never),
        Errno::ACCESS | Errno::PERM | Errno::ROFS => (ProblemKind::Denied, Retry::Never),
        Errno::NOSPC | Errno::DQUOT => (ProblemKind::NoSpace, Retry::Never),
        Errno::EXIST | Errno::NOTEMPTY => (ProblemKind::Conflict, Retry::Never),
        // A network file system that lost its server answers with these.
        Errno::STALE
        | Errno::TIMEDOUT
        | Errno::NOTCONN
        | Errno::HOSTDOWN
        | Errno::HOSTUNREACH
        | Errno::NETUNREACH
        | Errno::CONNREFUSED => (ProblemKind::Unreachable, Retry::Soon),
        Errno::IO | Errno::AGAIN | Errno::INTR | Errno::BUSY | Errno::NFILE => (ProblemKind::Failed, Retry::Soon),
        _ => (ProblemKind::Failed, Retry::Never),
    }
}

/// The error's name as manuals have it (`EACCES`).
pub fn tag(errno: Errno) -> String {
    NAMES
        .iter()
        .find(|(known, _)| *known == errno)
        .map_or_else(|| format!("errno {}", errno.raw_os_error()), |(_, name)| (*name).to_owned())
}

const NAMES: [(Errno, &str); 34] = [
    (Errno::ACCESS, "EACCES"),
    (Errno::AGAIN, "EAGAIN"),
    (Errno::BUSY, "EBUSY"),
    (Errno::CONNREFUSED, "ECONNREFUSED"),
    (Errno::DQUOT, "EDQUOT"),
    (Errno::EXIST, "EEXIST"),
    (Errno::FBIG, "EFBIG"),
    (Errno::HOSTDOWN, "EHOSTDOWN"),
    (Errno::HOSTUNREACH, "EHOSTUNREACH"),
    (Errno::ILSEQ, "EILSEQ"),
    (Errno::INTR, "EINTR"),
    (Errno::INVAL, "EINVAL"),
    (Errno::IO, "EIO"),
    (Errno::ISDIR, "EISDIR"),
    (Errno::LOOP, "ELOOP"),
    (Errno::MFILE, "EMFILE"),
    (Errno::MLINK, "EMLINK"),
    (Errno::NAMETOOLONG, "ENAMETOOLONG"),
    (Errno::NETUNREACH, "ENETUNREACH"),
    (Errno::NFILE, "ENFILE"),
    (Errno::NODEV, "ENODEV"),
    (Errno::NOENT, "ENOENT"),
    (Errno::NOSPC, "ENOSPC"),
    (Errno::NOTCONN, "ENOTCONN"),
    (Errno::NOTDIR, "ENOTDIR"),
    (Errno::NOTEMPTY, "ENOTEMPTY"),
    (Errno::NXIO, "ENXIO"),
    (Errno::OPNOTSUPP, "EOPNOTSUPP"),
    (Errno::PERM, "EPERM"),
    (Errno::ROFS, "EROFS"),
    (Errno::STALE, "ESTALE"),
    (Errno::TIMEDOUT, "ETIMEDOUT"),
    (Errno::TXTBSY, "ETXTBSY"),
    (Errno::XDEV, "EXDEV"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_where_and_why() {
        let problem = problem(Errno::ACCESS, "cannot open", "/a");
        assert_eq!(problem.message(), "cannot open /a: permission denied");
        assert_eq!(problem.tag_text(), Some("EACCES"));
        assert!(problem.is(ProblemKind::Denied));
        assert_eq!(tag(Errno::from_raw_os_error(133)), "errno 133");
    }
}
