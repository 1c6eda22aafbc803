//! `/tasks`: what runs in the background.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use http_body::Frame;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast::error::RecvError, mpsc};
use utoipa::ToSchema;

use super::{Answer, Shared};
use crate::{app::App, failure::Failure, tasks::Task};

/// Something is sent at least this often, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TaskList {
    pub items: Vec<Task>,
}

/// What runs in the background, or has run, the newest first
#[utoipa::path(get, path = "/tasks", tag = "tasks", security(("session" = [])), responses(
    (status = 200, body = TaskList),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_tasks(State((app, _)): State<Shared>) -> Json<TaskList> {
    Json(TaskList { items: app.tasks.all() })
}

/// One task
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks", params(("id" = String, Path)), security(("session" = [])), responses(
    (status = 200, body = Task),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_task(State((app, _)): State<Shared>, Path(id): Path<String>) -> Answer<Task> {
    app.tasks.get(&id).map(Json).ok_or_else(no_task)
}

/// Ask a task to stop
///
/// It stops at its next piece. What it has written stays.
#[utoipa::path(delete, path = "/tasks/{id}", tag = "tasks", params(("id" = String, Path)), security(("session" = [])), responses(
    (status = 200, body = Task),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn delete_task(State((app, _)): State<Shared>, Path(id): Path<String>) -> Answer<Task> {
    app.tasks.stop(&id).map(Json).ok_or_else(no_task)
}

fn no_task() -> Failure {
    Failure::not_found("there is no such task").hint("tasks are forgotten when `larder ui` ends")
}

/// What becomes of tasks, as it happens
///
/// Server-sent events of the kind `task`; each holds a whole task. All tasks come first, as they are now.
#[utoipa::path(get, path = "/tasks/events", tag = "tasks", security(("session" = [])), responses(
    (status = 200, body = Task, content_type = "text/event-stream"),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_task_events(State((app, _)): State<Shared>) -> Response {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(tell(app, sender));
    let mut response = Response::new(Body::new(Receiving(receiver)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Ends when nobody listens any more, or the viewer does.
async fn tell(app: App, sender: mpsc::Sender<Bytes>) {
    let mut news = app.tasks.watch();
    // A first word at once, so that the other side knows that it is connected.
    if sender.send(Bytes::from_static(b": connected\n\n")).await.is_err() {
        return;
    }
    for task in app.tasks.all().iter().rev() {
        if sender.send(event(task)).await.is_err() {
            return;
        }
    }
    loop {
        let piece = match tokio::time::timeout(HEARTBEAT, news.recv()).await {
            Ok(Ok(task)) => event(&task),
            // Somebody slow has missed some: the next news of a task holds all there is to know.
            Ok(Err(RecvError::Lagged(_))) => continue,
            Ok(Err(RecvError::Closed)) => return,
            Err(_) => Bytes::from_static(b": still here\n\n"),
        };
        if sender.send(piece).await.is_err() {
            return;
        }
    }
}

fn event(task: &Task) -> Bytes {
    let json = serde_json::to_string(task).unwrap_or_default();
    format!("event: task\ndata: {json}\n\n").into()
}

struct Receiving(mpsc::Receiver<Bytes>);

impl http_body::Body for Receiving {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}
