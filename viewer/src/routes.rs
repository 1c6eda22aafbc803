//! What is answered at which address. Each file holds an address or a few that belong together, and its types; all of it is written
//! down in `web/openapi.json`, from which the pages' types are made.

mod content;
mod diff;
mod downloads;
mod entries;
mod history;
mod ledger;
mod opening;
mod restores;
mod search;
mod session;
mod snapshots;
mod store;
mod tasks;
mod text;
mod thumbnail;
mod usage;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    assets,
    failure::Failure,
    guard::{self, Site},
    parameters::Switch,
    shapes,
};

/// What handlers get.
pub type Shared = (App, Site);
pub type Answer<T> = Result<Json<T>, Failure>;

/// Bytes of a request's body at most.
const BODY_LEN_MAX: usize = 1 << 20;
const PREFIX: &str = "/api/v1";

/// A part of a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct List<T> {
    pub items: Vec<T>,
    /// Where to go on: the `cursor` of the next request; null at the end.
    pub next: Option<String>,
    /// How many there are in all, where that is known.
    pub total: Option<u64>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Larder's viewer",
        description = "One store of backups, to be looked at. Names and paths are bytes, and are written in an escaped form that can be \
                       undone: what is not UTF-8, control characters and characters that reorder a line stand as `\\xNN` (or `\\n`, `\\r`, `\\t`), and a \
                       backslash as `\\\\`. Paths begin with a slash; a slash alone is the top. Moments are RFC 3339 in UTC, and null where \
                       they are not known. Sizes are bytes. Where a snapshot is asked for, a full id, a unique prefix of four digits or more, or `latest` will do.\n\n\
                       Every address but those of the session needs the session's cookie. What is not GET or HEAD also needs the header `X-Larder-CSRF`."
    ),
    components(schemas(
        Failure,
        Switch,
        entries::EntrySort,
        entries::Order,
        snapshots::SnapshotSort,
        shapes::EntryKind,
        shapes::Completeness,
        ledger::LedgerClass
    ))
)]
struct Api;

/// All addresses, and their description.
fn api() -> (Router<Shared>, Router<Shared>, Document) {
    let open =
        OpenApiRouter::new().routes(routes!(session::get_session, session::post_session, session::delete_session));
    let closed = OpenApiRouter::new()
        .routes(routes!(store::get_store))
        .routes(routes!(snapshots::get_snapshots))
        .routes(routes!(snapshots::get_snapshot))
        .routes(routes!(entries::get_entries))
        .routes(routes!(entries::get_entry))
        .routes(routes!(content::get_content))
        .routes(routes!(text::get_text))
        .routes(routes!(thumbnail::get_thumbnail))
        .routes(routes!(ledger::get_ledger))
        .routes(routes!(usage::get_usage))
        .routes(routes!(search::get_search))
        .routes(routes!(history::get_history))
        .routes(routes!(diff::get_diff))
        .routes(routes!(downloads::post_download))
        .routes(routes!(downloads::get_download))
        .routes(routes!(downloads::get_download_status))
        .routes(routes!(restores::post_restore))
        .routes(routes!(tasks::get_tasks))
        .routes(routes!(tasks::get_task_events))
        .routes(routes!(tasks::get_task, tasks::delete_task));
    let (open, mut document) = OpenApiRouter::with_openapi(Api::openapi()).nest(PREFIX, open).split_for_parts();
    let (closed, more) = OpenApiRouter::new().nest(PREFIX, closed).split_for_parts();
    document.merge(more);
    // The program's version is no part of the contract, and the pages' types must not change with it.
    document.info.version = "1".to_owned();
    let components = document.components.get_or_insert_default();
    let cookie = ApiKeyValue::with_description(
        "larder_session_PORT",
        "made by opening the address with the token, or by signing in",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    (open, closed, document)
}

/// The description of the API, as it is kept in `web/openapi.json`.
pub fn openapi() -> String {
    let (_, _, document) = api();
    document.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

/// Everything that is served.
pub fn router(app: App, site: Site) -> Router {
    let shared = (app, site);
    let (open, closed, document) = api();
    let description = move || async move { Json(document) };
    let closed = closed
        .route("/api/v1/openapi.json", axum::routing::get(description))
        .layer(from_fn_with_state(shared.clone(), guard::need_session));
    Router::new()
        .merge(open)
        .merge(closed)
        .route("/open", axum::routing::get(opening::get_open))
        .fallback(pages)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .layer(from_fn_with_state(shared.clone(), guard::guard))
        .with_state(shared)
}

async fn pages(State((app, site)): State<Shared>, request: Request) -> Response {
    let uri = request.uri();
    if uri.path().starts_with("/api/") || uri.path() == "/api" {
        // Whoever is not let in learns nothing about what is there.
        if let Err(failure) = let_in(&app, &site, &request) {
            return failure.into_response();
        }
        return Failure::not_found("there is nothing at this address").into_response();
    }
    assets::answer(request.method(), uri.path(), request.headers())
}

fn let_in(app: &App, site: &Site, request: &Request) -> Result<(), Failure> {
    match guard::session(app, site, request.headers()) {
        crate::sessions::Known::Open(_) => Ok(()),
        crate::sessions::Known::Expired => Err(guard::expired()),
        crate::sessions::Known::Never => Err(guard::unauthorized(app)),
    }
}

async fn no_such_method(method: Method) -> Response {
    let detail = format!("there is no {method} at this address");
    let failure = Failure::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        crate::failure::FailureKind::Usage,
        "not a sensible request",
        detail,
    );
    failure.into_response()
}

/// A JSON answer with a status of its own.
pub fn with_status<T: Serialize>(status: axum::http::StatusCode, body: T) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}
