//! Problems as HTTP answers (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use larder_model::{Problem, ProblemKind, Retry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, in the form that pages and programs read.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct Failure {
    /// Always `about:blank`: `kind` tells the kinds apart.
    #[serde(rename = "type")]
    pub kind_uri: String,
    /// A few words, the same for all problems of a kind.
    pub title: String,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// A sentence about this one.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    pub kind: FailureKind,
}

/// The kinds of problems that pages tell apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    NotFound,
    Damaged,
    Usage,
    Unreachable,
    NoSpace,
    Credentials,
    RateLimited,
    Conflict,
    Interrupted,
    Failed,
    TooLarge,
    Range,
    Forbidden,
    Unauthorized,
    Expired,
    /// There is no preview of such a file.
    Unsupported,
    /// So much is being done already.
    Busy,
}

impl Failure {
    pub fn new(status: StatusCode, kind: FailureKind, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind_uri: "about:blank".to_owned(),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
            kind,
        }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn usage(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, FailureKind::Usage, "not a sensible request", detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, FailureKind::NotFound, "not found", detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, FailureKind::Forbidden, "not allowed", detail)
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, FailureKind::TooLarge, "too large", detail)
    }

    pub fn busy() -> Self {
        let detail = "so many requests are being answered that this one found no place";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, FailureKind::Busy, "busy", detail).hint("try again in a moment")
    }

    /// A thread of ours has panicked.
    pub fn defect() -> Self {
        let detail = "this is a defect in Larder; the store is as it was";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, FailureKind::Failed, "failed", detail)
            .hint("please report it, with what `larder ui` has said on its standard error")
    }

    /// The answer to an engine's problem. `hide` takes the paths of this machine out of its words.
    pub fn of(problem: &Problem, hide: impl Fn(&str) -> String) -> Self {
        let (status, kind, title) = told(problem.kind());
        let mut failure = Self::new(status, kind, title, hide(problem.message()));
        failure.hint = problem.hint_text().map(|hint| for_pages(problem.kind(), hide(hint)));
        if let (Retry::Never, FailureKind::Unreachable) = (problem.retry_advice(), kind) {
            failure.hint.get_or_insert_with(|| "the page goes on by itself once the store can be reached again".into());
        }
        failure
    }
}

/// Hints that name options or commands of the command line are no help on a page, which has its own ways. What only a command can do,
/// such as signing in anew, is said as it is.
fn for_pages(kind: ProblemKind, hint: String) -> String {
    match kind {
        ProblemKind::Conflict if hint.contains("--on-conflict") => {
            "choose what becomes of what is in the way, or restore to another place".to_owned()
        }
        ProblemKind::NotFound if hint.contains("`larder ls") => {
            "look into the folder above it; it may be in another snapshot".to_owned()
        }
        ProblemKind::Damaged if hint.contains("`larder check") => {
            "another snapshot may hold it whole; the next backup mends what the source still has".to_owned()
        }
        // An account that was moved to another root: the store is looked for where it was when it was opened.
        _ if hint == "run the command again" => "end `larder ui` and start it again".to_owned(),
        _ => hint,
    }
}

fn told(kind: ProblemKind) -> (StatusCode, FailureKind, &'static str) {
    match kind {
        ProblemKind::Failed => (StatusCode::INTERNAL_SERVER_ERROR, FailureKind::Failed, "failed"),
        ProblemKind::Conflict => (StatusCode::CONFLICT, FailureKind::Conflict, "something else is in the way"),
        ProblemKind::Usage => (StatusCode::BAD_REQUEST, FailureKind::Usage, "not a sensible request"),
        ProblemKind::Damaged => (StatusCode::INTERNAL_SERVER_ERROR, FailureKind::Damaged, "damaged data"),
        ProblemKind::NotFound => (StatusCode::NOT_FOUND, FailureKind::NotFound, "not found"),
        ProblemKind::Denied => (StatusCode::BAD_GATEWAY, FailureKind::Failed, "refused"),
        ProblemKind::Unreachable => {
            (StatusCode::SERVICE_UNAVAILABLE, FailureKind::Unreachable, "the store cannot be reached")
        }
        ProblemKind::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, FailureKind::NoSpace, "no space left"),
        ProblemKind::Budget => (StatusCode::SERVICE_UNAVAILABLE, FailureKind::RateLimited, "too many calls"),
        ProblemKind::Credentials => (StatusCode::BAD_GATEWAY, FailureKind::Credentials, "not signed in"),
        ProblemKind::Unsupported => (StatusCode::NOT_IMPLEMENTED, FailureKind::Failed, "not supported"),
        ProblemKind::Interrupted => (StatusCode::SERVICE_UNAVAILABLE, FailureKind::Interrupted, "stopped"),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 wants a way to be named (15.5.2); browsers ask nobody about one that they do not know.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Session realm=\"larder\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_their_status_and_paths_are_hidden() {
        let problem = Problem::damaged("/mnt/save/packs/ab: broken").hint("look at /mnt/save");
        let failure = Failure::of(&problem, |text| text.replace("/mnt/save", "the store"));
        assert_eq!((failure.status, failure.kind), (500, FailureKind::Damaged));
        assert_eq!(failure.title, "damaged data");
        assert_eq!(failure.detail, "the store/packs/ab: broken");
        assert_eq!(failure.hint.as_deref(), Some("look at the store"));
        let told = |problem: Problem| Failure::of(&problem, str::to_owned).hint.unwrap();
        assert!(
            !told(Problem::new(ProblemKind::Conflict, "in the way").hint("choose with --on-conflict skip"))
                .contains("--")
        );
        assert!(!told(Problem::not_found("gone").hint("`larder ls ID` shows what is in it")).contains("larder ls"));
        assert_eq!(told(Problem::failed("no").hint("free some space")), "free some space");
        let damaged =
            told(Problem::damaged("bad").hint("`larder check` shows what depends on it; the next backup mends"));
        assert!(!damaged.contains('`') && damaged.contains("the next backup mends"), "{damaged}");
        assert_eq!(told(Problem::failed("moved").hint("run the command again")), "end `larder ui` and start it again");
        let json = serde_json::to_value(Failure::usage("no")).unwrap();
        assert_eq!(json["kind"], "usage");
        assert_eq!(json["type"], "about:blank");
    }
}
