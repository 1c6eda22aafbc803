//! What stands before every call: faults, authentication, scopes and rate limits.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use hyper::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::api::refusal::Refusal;
use crate::api::routes::{Auth, Route};
use crate::fault::FaultKind;
use crate::oauth::token::read_basic;
use crate::oauth::{Access, TokenProblem};
use crate::world::World;

/// A call that has been let in, or not.
pub struct Entry {
    pub number: usize,
    pub sent: Arc<AtomicU64>,
    /// What goes wrong after the call was carried out.
    pub fault: Option<FaultKind>,
    /// Whose call it is; nobody's for routes without a user.
    pub access: Result<Option<Access>, Refusal>,
    pub latency: Duration,
}

pub fn enter(world: &mut World, route: &Route, headers: &HeaderMap, token: Option<&str>) -> Entry {
    let (number, sent) = world.journal.begin(route.name);
    let fault = world.faults.strike(route.name);
    let latency = world.options.limits.latency;
    let access = admit(world, route, headers, token, fault);
    let fault = fault.filter(|fault| fault.is_late() || is_silent(*fault));
    Entry { number, sent, fault, access, latency }
}

/// Nothing is done, and nothing is answered.
fn is_silent(fault: FaultKind) -> bool {
    matches!(fault, FaultKind::NoAnswer | FaultKind::Hang)
}

/// The refusal that a fault stands for.
pub fn refusal_of(fault: FaultKind, route: &Route, retry_after_seconds: u64) -> Refusal {
    let too_many = |plain_text| Refusal::TooMany {
        reason: "too_many_requests",
        retry_after_seconds: Some(retry_after_seconds),
        plain_text,
    };
    match fault {
        FaultKind::Grpc500 => Refusal::Raw(StatusCode::INTERNAL_SERVER_ERROR, "application/grpc", ""),
        FaultKind::Status(status) => Refusal::Raw(
            StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY),
            "text/html; charset=utf-8",
            "",
        ),
        FaultKind::Json502 => {
            Refusal::Raw(StatusCode::BAD_GATEWAY, "application/json", "{\"error\":\"Internal Server Error\"}")
        }
        FaultKind::ExpiredToken => Refusal::Unauthorized("expired_access_token", None),
        FaultKind::InvalidToken => Refusal::Unauthorized("invalid_access_token", None),
        FaultKind::MissingScope => Refusal::Unauthorized("missing_scope", Some(route.scope)),
        FaultKind::Plain429 => too_many(true),
        FaultKind::Json429 => too_many(false),
        FaultKind::Contention => Refusal::contention(),
        FaultKind::Forbidden => Refusal::Forbidden(json!({
            ".tag": "invalid_account_type", "invalid_account_type": {".tag": "feature"},
        })),
        FaultKind::Reset => Refusal::tag("reset"),
        FaultKind::NotFound => Refusal::nested(lookup_tag(route), json!({".tag": "not_found"})),
        _ => Refusal::Raw(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/html; charset=utf-8",
            "<!DOCTYPE html><title>Dropbox - 503</title><p>Service unavailable</p>\n",
        ),
    }
}

/// The tag under which a route's error has its lookup.
fn lookup_tag(route: &Route) -> &'static str {
    match route.name {
        "files/move_v2" | "files/copy_v2" => "from_lookup",
        "files/delete_v2" | "files/restore" => "path_lookup",
        _ => "path",
    }
}

fn admit(
    world: &mut World,
    route: &Route,
    headers: &HeaderMap,
    token: Option<&str>,
    fault: Option<FaultKind>,
) -> Result<Option<Access>, Refusal> {
    if crate::http::is_head_too_large(headers, world.options.limits.header_bytes) {
        return Err(Refusal::Raw(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "text/plain", ""));
    }
    let access = match route.auth {
        Auth::User => Some(user(world, route, headers, token)?),
        Auth::App => app(world, headers).map(|()| None)?,
        Auth::Nobody => None,
    };
    let who = token.unwrap_or("nobody");
    let now = Instant::now();
    let limits = &world.options.limits;
    let passage = world.pace.take(who, limits, now);
    if passage.is_violation {
        world.journal.violation(route.name, "called before Retry-After was over");
    }
    let seconds = limits.wait().as_secs();
    if passage.is_refused {
        let plain_text = limits.plain_text;
        return Err(Refusal::TooMany { reason: "too_many_requests", retry_after_seconds: Some(seconds), plain_text });
    }
    match fault.filter(|fault| !fault.is_late() && !is_silent(*fault)) {
        Some(fault) => {
            if matches!(fault, FaultKind::Plain429 | FaultKind::Json429) {
                world.pace.refuse(who, &world.options.limits, Duration::from_secs(seconds), now);
            }
            Err(refusal_of(fault, route, seconds))
        }
        None => Ok(access),
    }
}

fn user(world: &World, route: &Route, headers: &HeaderMap, token: Option<&str>) -> Result<Access, Refusal> {
    let Some(token) = token else {
        let text = "Must provide HTTP header \"Authorization\" or URL parameter \"authorization\".";
        return Err(Refusal::BadRequest(text.into()));
    };
    for name in ["dropbox-api-select-user", "dropbox-api-select-admin"] {
        if headers.contains_key(name) {
            let text = format!("The HTTP header \"{name}\" is for the access tokens of teams.");
            return Err(Refusal::BadRequest(text));
        }
    }
    let access = world.oauth.check(token, world.clock.now()).map_err(|problem| match problem {
        TokenProblem::Expired => Refusal::Unauthorized("expired_access_token", None),
        TokenProblem::Invalid => Refusal::Unauthorized("invalid_access_token", None),
    })?;
    if world.drive.accounts.get(access.account).is_none_or(|account| account.is_suspended) {
        return Err(Refusal::Unauthorized("user_suspended", None));
    }
    let has_folder = world.oauth.app(&access.app).is_some_and(|app| app.folder.is_some());
    if has_folder && !route.app_folder {
        return Err(Refusal::Unauthorized("route_access_denied", None));
    }
    if !route.scope.is_empty() && !access.scopes.contains(route.scope) {
        return Err(Refusal::Unauthorized("missing_scope", Some(route.scope)));
    }
    Ok(access)
}

fn app(world: &World, headers: &HeaderMap) -> Result<(), Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (key, secret) = header.and_then(read_basic).unwrap_or_default();
    let known = world.oauth.app(&key).is_some_and(|app| app.secret.as_deref() == Some(secret.as_str()));
    if known { Ok(()) } else { Err(Refusal::BadRequest("Invalid app key or secret".into())) }
}
