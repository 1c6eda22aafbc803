//! `/restores`: brings a selection back.

use axum::{extract::State, http::StatusCode, response::Response};
use larder_engine::OnConflict;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Shared, downloads::selection};
use crate::{
    app::App,
    archive::Selection,
    failure::Failure,
    parameters::Body,
    tasks::{self, Order, Place, Task},
};

#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRestore {
    pub snapshot: String,
    /// Files and folders, escaped. They are put next to each other, as they stand in the folder that they are all in.
    #[schema(min_items = 1, max_items = 10000)]
    pub paths: Vec<String>,
    /// A destination's name; null for a folder of the viewer's machine.
    pub destination: Option<String>,
    /// A folder below the destination, or the whole path of a folder of the viewer's machine.
    pub folder: Option<String>,
    #[serde(default)]
    pub on_conflict: Way,
    /// Only find out what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// What to do about something else that is in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Write nothing at all.
    #[default]
    Fail,
    Skip,
    Overwrite,
    KeepNewer,
}

impl From<Way> for OnConflict {
    fn from(way: Way) -> Self {
        match way {
            Way::Fail => Self::Fail,
            Way::Skip => Self::Skip,
            Way::Overwrite => Self::Overwrite,
            Way::KeepNewer => Self::KeepNewer,
        }
    }
}

/// Bring a selection back
///
/// Only where restoring is allowed (`--allow-restore`).
#[utoipa::path(post, path = "/restores", tag = "tasks", request_body = NewRestore, security(("session" = [])), responses(
    (status = 202, body = Task),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn post_restore(State((app, _)): State<Shared>, Body(new): Body<NewRestore>) -> Result<Response, Failure> {
    let task = app.work(move |app, _| start(app, new)).await?;
    Ok(super::with_status(StatusCode::ACCEPTED, task))
}

fn start(app: &App, new: NewRestore) -> Result<Task, Failure> {
    let place = place(app, &new)?;
    let selection = selection(&new.paths)?;
    let snapshot = app.catalog.find(app, &new.snapshot)?;
    let title = title(&selection, &place);
    let on_conflict = new.on_conflict.into();
    tasks::start(app, Order { snapshot, selection, place, on_conflict, dry_run: new.dry_run, title })
}

fn place(app: &App, new: &NewRestore) -> Result<Place, Failure> {
    let Some(destinations) = &app.destinations else {
        return Err(Failure::forbidden("this viewer only shows, and restores nothing")
            .hint("start `larder ui` with --allow-restore"));
    };
    let folder = new.folder.clone().filter(|folder| !folder.is_empty());
    match (&new.destination, folder) {
        (Some(name), folder) => {
            let names = destinations.names().map_err(|problem| app.failure(&problem))?;
            if !names.iter().any(|known| known.name == *name) {
                return Err(Failure::not_found("there is no destination of that name")
                    .hint("`larder destination add` makes one"));
            }
            Ok(Place::Named { name: name.clone(), folder })
        }
        (None, None) => Err(Failure::usage("it is not said where to restore to")
            .hint("choose a destination, or type the whole path of a folder")),
        (None, Some(_)) if !destinations.allows_folders() => {
            Err(Failure::forbidden("a folder may only be typed where the viewer is reached from its own machine alone"))
        }
        (None, Some(folder)) if !folder.starts_with('/') || folder.contains('\0') => {
            Err(Failure::usage("the folder is no whole path: it begins with /"))
        }
        (None, Some(folder)) => Ok(Place::Folder(folder)),
    }
}

fn title(selection: &Selection, place: &Place) -> String {
    let mut paths = selection.paths();
    let what = match (paths.next(), paths.len()) {
        (Some(only), 0) => only.to_string(),
        (Some(first), more) => format!("{first} and {more} more"),
        (None, _) => String::new(),
    };
    let place = match place {
        Place::Named { name, folder: None } => format!("@{name}"),
        Place::Named { name, folder: Some(folder) } => format!("@{name}:{folder}"),
        Place::Folder(folder) => folder.clone(),
    };
    format!("{what} to {place}")
}
