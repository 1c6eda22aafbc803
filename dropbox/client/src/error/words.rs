//! The sentences: what happened, and what to do about it.

use super::{Class, Parts, answer::shown};

/// Fills in what happened and what to do. `text` is what people can read of the answer.
pub(super) fn describe(parts: &mut Parts, text: &str) {
    let class = parts.class.unwrap_or(Class::BadRequest);
    let (what, hint) = match told_by_tag(parts).or_else(|| told_by_text(parts.status, text)) {
        Some((what, hint)) => (what.to_string(), hint),
        None => (told_by_class(class, parts.status, text, &parts.tags), hint_of_class(class)),
    };
    parts.what = what;
    parts.hint = hint.to_string();
    if let Some(scope) = parts.detail.as_ref().and_then(|it| it.get("required_scope")?.as_str()) {
        parts.what = format!("The sign-in lacks the permission `{}`", shown(scope));
    }
}

/// Whether a text is about the app or the kind of token, and not about the call.
pub(super) fn is_about_app(text: &str) -> bool {
    told_by_text(Some(400), text).is_some()
}

/// Whether a text is about a path that Dropbox will never take.
pub(super) fn is_about_path(text: &str) -> bool {
    text.contains("path: ") && (text.contains("did not match pattern") || text.contains("invalid path"))
}

const LEAVE_OUT: &str = "Leave it out, or look at it on dropbox.com";
const RENAME: &str = "Give it another name";
const SIGN_IN: &str = "Sign in again";
const LATER: &str = "Try again later";
const NEW_SESSION: &str = "Start a new upload session";

fn told_by_tag(parts: &Parts) -> Option<(&'static str, &'static str)> {
    let is_session = parts.class == Some(Class::Session);
    parts.tags.iter().rev().find_map(|tag| {
        let told = match tag.as_str() {
            "not_found" | "closed" | "not_closed" | "too_large" if is_session => of_session(tag),
            tag => of_item(tag).or_else(|| of_write(tag)).or_else(|| of_session(tag)).or_else(|| of_account(tag)),
        };
        told.filter(|_| tag != "invalid_account_type" || parts.class == Some(Class::Budget))
    })
}

fn of_item(tag: &str) -> Option<(&'static str, &'static str)> {
    Some(match tag {
        "not_found" => ("There is nothing at this path", "It was moved or deleted: list its folder again"),
        "not_file" => ("A file was expected here, and something else is", "List its folder again"),
        "not_folder" => ("A folder was expected here, and something else is", "List its folder again"),
        "restricted_content" => ("Dropbox withholds this file for legal reasons", LEAVE_OUT),
        "unsupported_content_type" => ("Dropbox does not do this with this kind of file", LEAVE_OUT),
        "unsupported_file" => ("This document has no bytes of its own", "Export it instead"),
        "non_exportable" => ("This file cannot be exported", "Download it instead"),
        "invalid_export_format" => ("This document cannot be exported in this format", "Choose another format"),
        "locked" => ("Somebody has locked this item", "Ask them to unlock it"),
        "malformed_path" => ("Dropbox cannot take this path", RENAME),
        "too_many_files" => {
            ("There are too many files below this folder for one call", "Take its subfolders one by one")
        }
        "reset" => ("The cursor is no longer valid", "List from the start"),
        "retry_error" => ("The export is not ready yet", LATER),
        "invalid_revision" => ("The file has no such revision", "List its revisions again"),
        "in_progress" => ("Dropbox is still busy with this", LATER),
        _ => return None,
    })
}

fn of_write(tag: &str) -> Option<(&'static str, &'static str)> {
    Some(match tag {
        "conflict" => ("Something else stands at this path", "Take another name, or choose to replace it"),
        "no_write_permission" => ("This account may not write here", "Ask the owner of the folder, or write elsewhere"),
        "insufficient_space" | "insufficient_quota" => ("The Dropbox account is full", "Free space or get more"),
        "team_folder_insufficient_space" => ("The team folder is full", "Ask the team's administrator for more space"),
        "member_folder_insufficient_space" => {
            ("The member's folder is full", "Ask the team's administrator for more space")
        }
        "upload_traffic_limit_reached" => {
            ("The account has used up its upload traffic", "Go on when Dropbox counts anew, or ask Dropbox for more")
        }
        "invalid_account_type" => (
            "Dropbox takes no more uploads of this kind from this account, which most often is its monthly limit",
            "Go on next month, or ask Dropbox for more",
        ),
        "disallowed_name" => ("Dropbox does not take this name", RENAME),
        "team_folder" => ("Team folders are changed by administrators only", "Ask the team's administrator"),
        "operation_suppressed" => ("Dropbox does not do this here", LEAVE_OUT),
        "access_restricted" => ("The owner restricts access here", "Ask the owner of the folder"),
        "too_many_write_operations" => ("Too many changes were made in this folder at once", LATER),
        "content_hash_mismatch" => ("The content changed on its way", LATER),
        "payload_too_large" => ("More bytes were sent in one call than Dropbox takes", "Send smaller pieces"),
        _ => return None,
    })
}

fn of_session(tag: &str) -> Option<(&'static str, &'static str)> {
    Some(match tag {
        "not_found" => ("The upload session is gone", NEW_SESSION),
        "incorrect_offset" => ("The upload session stands elsewhere", "Go on at the offset that Dropbox names"),
        "closed" => ("The upload session is closed already", "Commit it, or start a new one"),
        "not_closed" => ("The upload session is not closed yet", "Close it with its last piece"),
        "too_large" => ("The upload session is larger than Dropbox takes", "Split the file"),
        "concurrent_session_invalid_offset" => ("The piece does not begin at a multiple of 4 MiB", NEW_SESSION),
        "concurrent_session_invalid_data_size" => ("The piece is not a multiple of 4 MiB long", NEW_SESSION),
        "concurrent_session_not_closed" => ("The upload session is not closed yet", "Close it with its last piece"),
        "concurrent_session_missing_data" => ("A piece of the upload session is missing", "Send the missing piece"),
        _ => return None,
    })
}

fn of_account(tag: &str) -> Option<(&'static str, &'static str)> {
    Some(match tag {
        "invalid_access_token" => ("Dropbox no longer accepts this sign-in", SIGN_IN),
        "expired_access_token" => ("The access token ended and could not be renewed", SIGN_IN),
        "invalid_grant" => ("The sign-in was revoked, or the code is not valid any more", SIGN_IN),
        "invalid_client" => {
            ("Dropbox does not know this app key, or its secret is wrong", "Check the app's key and secret")
        }
        "invalid_scope" => {
            ("The app does not have one of the permissions", "Turn it on in the App Console and sign in again")
        }
        "missing_scope" => ("The sign-in lacks a permission", "Turn it on in the App Console and sign in again"),
        "user_suspended" => ("This Dropbox account is suspended", "Ask the team's administrator"),
        "route_access_denied" => ("This app may not use this route", "Use an app of another type"),
        "team_access_denied" | "invalid_select_user" | "invalid_select_admin" => {
            ("The team does not give access", "Ask the team's administrator")
        }
        "invalid_root" => ("The account's root is another one by now", "Read it again from the account"),
        _ => return None,
    })
}

/// What is told in plain text only. See `facts` in the tests for where the texts come from.
fn told_by_text(status: Option<u16>, text: &str) -> Option<(&'static str, &'static str)> {
    let text = text.to_ascii_lowercase();
    let has = |part: &str| text.contains(part);
    Some(match status? {
        400 | 401 | 403 if has("path root is not supported") => (
            "This app sees its own folder only, and has no roots to choose from",
            "Leave the root setting out, or use an app with full access",
        ),
        400 | 401 | 403 if has("user limit") || has("development user") => {
            ("The Dropbox app has as many users as it may have", "Apply for production status in the App Console")
        }
        400 | 401 | 403 if has("frozen") || has("app is disabled") || has("app has been disabled") => {
            ("Dropbox has frozen this app", "Look at the app in the App Console, or use another one")
        }
        400 if has("for an entire dropbox business team") => {
            ("This token is a team's, and the call needs a member's", "Sign in as a member")
        }
        400 if has("access token is malformed") => ("This is no access token of Dropbox's", SIGN_IN),
        _ => return None,
    })
}

fn told_by_class(class: Class, status: Option<u16>, text: &str, tags: &[String]) -> String {
    let status = status.map(|it| format!(" {it}")).unwrap_or_default();
    let detail = match (tags, text) {
        ([], "") => String::new(),
        ([], text) => format!(": {}", text.trim_end_matches('.')),
        (tags, _) => format!(": {}", tags.join("/")),
    };
    match class {
        Class::Retry => format!("Dropbox failed on its side{status}"),
        Class::RateLimited => format!("Dropbox asks to slow down{status}"),
        Class::PathRoot => format!("This account may not use this path root{status}"),
        Class::Credentials => format!("Dropbox refused access{status}{detail}"),
        Class::BadRequest => format!("Dropbox did not take the call{status}{detail}"),
        _ => format!("Dropbox refused{status}{detail}"),
    }
}

fn hint_of_class(class: Class) -> &'static str {
    match class {
        Class::Retry | Class::RateLimited => LATER,
        Class::PathRoot => "Use the account's root, or a namespace that it is a member of",
        Class::Credentials => SIGN_IN,
        Class::SkipAndReport => LEAVE_OUT,
        Class::NoSpace => "Free space or get more",
        _ => "If it happens again, report it with the request id",
    }
}
