//! What a caller can do about an error: the tags sorted into a few classes.
//!
//! Innermost tags say most, so they are looked at first. Sources: the specification's unions of errors, and the answers
//! newer than it that the SDKs know.

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The same call may succeed later; this client has tried as often as it may.
    Retry,
    /// The access token ended, and a new one was refused at once again.
    Refresh,
    /// The cursor is no longer valid: list from the start.
    Relist,
    /// This item cannot be had or written; others can.
    SkipAndReport,
    /// Something else stands there ([`crate::Error::conflict`]).
    Conflict,
    /// The upload session is not as the caller thinks: see [`crate::Error::correct_offset`], or start a new one.
    Session,
    /// The path root is not, or no longer, the account's: see [`crate::Error::new_root`].
    PathRoot,
    /// Sign in again, with other scopes, or set the app right.
    Credentials,
    /// The account, team or member has no space left.
    NoSpace,
    /// A month's calls or traffic are used up, Dropbox's or our own: stop, and go on another time.
    Budget,
    /// Dropbox told us to wait again and again, for longer than anybody should.
    RateLimited,
    /// No answer from Dropbox at all.
    Unreachable,
    /// Dropbox does not take the call as it is: a defect of ours, or arguments that cannot be.
    BadRequest,
    /// A change was sent and its answer lost: it may have been made. Look before sending it again.
    Unclear,
    /// The caller asked to stop.
    Interrupted,
    /// A file of ours (credentials, budget) could not be read or written.
    Local,
}

/// Which class the tags of an answer of `route` fall in.
pub(super) fn of_tags(route: &str, tags: &[String]) -> Option<Class> {
    if is_about_session(route, tags) {
        return Some(Class::Session);
    }
    tags.iter().rev().find_map(|tag| of_tag(tag))
}

/// `not_found` is about a path in most routes, and about a session in those that append.
fn is_about_session(route: &str, tags: &[String]) -> bool {
    let is_append = route.starts_with("files/upload_session/append");
    match tags.last().map(String::as_str) {
        Some("not_found" | "closed" | "not_closed" | "too_large") => is_append || tags[0] == "lookup_failed",
        Some("incorrect_offset") => true,
        Some(tag) => tag.starts_with("concurrent_session_"),
        None => false,
    }
}

fn of_tag(tag: &str) -> Option<Class> {
    Some(match tag {
        "too_many_write_operations" | "too_many_requests" | "internal_error" | "retry_error" => Class::Retry,
        "content_hash_mismatch" | "in_progress" => Class::Retry,
        "expired_access_token" => Class::Refresh,
        "reset" => Class::Relist,
        "conflict" => Class::Conflict,
        "invalid_root" => Class::PathRoot,
        "insufficient_space" | "insufficient_quota" => Class::NoSpace,
        "upload_traffic_limit_reached" => Class::Budget,
        "invalid_access_token" | "missing_scope" | "user_suspended" | "route_access_denied" => Class::Credentials,
        "invalid_select_user" | "invalid_select_admin" | "invalid_account_type" => Class::Credentials,
        "team_access_denied" => Class::Credentials,
        "payload_too_large" | "length_mismatch" | "invalid_async_job_id" => Class::BadRequest,
        _ if tag.ends_with("_insufficient_space") || tag.ends_with("_insufficient_quota") => Class::NoSpace,
        _ => return is_about_item(tag).then_some(Class::SkipAndReport),
    })
}

fn is_about_item(tag: &str) -> bool {
    const TAGS: &[&str] = &[
        "access_restricted",
        "before_rev_not_supported",
        "disallowed_name",
        "duplicated_or_nested_paths",
        "encryption_not_supported",
        "invalid_before_rev",
        "invalid_export_format",
        "invalid_revision",
        "locked",
        "malformed_path",
        "no_permission",
        "no_write_permission",
        "non_exportable",
        "not_file",
        "not_folder",
        "not_found",
        "operation_suppressed",
        "paper_access_denied",
        "properties_error",
        "restricted_content",
        "team_folder",
        "template_error",
        "too_large",
        "too_many_files",
        "unsupported_content_type",
        "unsupported_file",
    ];
    TAGS.contains(&tag) || tag.starts_with("cant_")
}
