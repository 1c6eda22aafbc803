//! One call of the API, from its arrival to its answer.
//!
//! The order is that of the real one as far as it can be seen from outside: who is it, may it come now, what does it want.
//! Bodies are read to their end before anything is refused, since a refusal that meets a caller still sending is a broken
//! connection to most clients.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response, StatusCode, header};
use serde_json::Value;

use super::body::Answer;
use super::dispatch::respond;
use super::reply::send;
use super::request::{BodyProblem, bearer, read_arg, read_body, require_host};
use crate::api::arg::Fields;
use crate::api::refusal::Refusal;
use crate::api::routes::{LONGPOLL, Route, Style, find};
use crate::api::{Call, Outcome, Reply, changes_since, view_of};
use crate::content::content_hash;
use crate::drive::View;
use crate::fault::FaultKind;
use crate::gate::{Entry, enter, refusal_of};
use crate::oauth::Access;
use crate::world::Shared;

/// How long [`FaultKind::Slow`] keeps an answer.
const SLOW: Duration = Duration::from_secs(5);

/// What a call is, apart from its body.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    route: &'static Route,
    parts: Parts,
    token: Option<String>,
    number: usize,
    sent: Arc<AtomicU64>,
    fault: Option<FaultKind>,
}

pub async fn answer(shared: &Arc<Shared>, name: &str, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let (parts, body) = request.into_parts();
    let Some(route) = find(name) else { return Ok(unknown(shared, name, body).await) };
    let token = bearer(&parts);
    let entry = enter(&mut shared.lock(), route, &parts.headers, token.as_deref());
    let Entry { number, sent, fault, access, latency } = entry;
    let visit = Visit { shared, route, parts, token, number, sent, fault };
    tokio::time::sleep(latency).await;
    let body = read_body(shared, body, route.style).await;
    if fault == Some(FaultKind::NoAnswer) || matches!(body, Err(BodyProblem::Broken)) {
        return Err(io::Error::other("the connection ends without an answer"));
    }
    if fault == Some(FaultKind::Hang) {
        std::future::pending::<()>().await;
    }
    let length = body.as_ref().map_or(0, |body| body.len() as u64);
    shared.lock().journal.edit(number, |call| call.bytes_in = length);
    let (outcome, until) = match access {
        Ok(access) => visit.carry_out(access.as_ref(), body).await,
        Err(refusal) => (Err(refusal), None),
    };
    if let Some(until) = until {
        tokio::time::sleep_until(until.into()).await;
    }
    visit.finish(outcome).await
}

impl Visit<'_> {
    /// Reads the argument and calls the handler.
    async fn carry_out(&self, access: Option<&Access>, body: Result<Bytes, BodyProblem>) -> (Outcome, Option<Instant>) {
        let body = match body {
            Ok(body) => body,
            Err(BodyProblem::TooLarge) if self.route.style == Style::Upload => {
                return (Err(Refusal::tag("payload_too_large")), None);
            }
            Err(_) => return (Err(Refusal::TooLarge), None),
        };
        let arg = require_host(self.route, &self.parts).and_then(|()| self.read_arg(&body));
        let arg = match arg {
            Ok(arg) => arg,
            Err(refusal) => return (Err(refusal), None),
        };
        if self.route.name == LONGPOLL
            && let Err(refusal) = self.wait_for_changes(&arg).await
        {
            return (Err(refusal), None);
        }
        // Hashing is done before the world is locked.
        let is_hash_wanted = self.route.style == Style::Upload && arg.peek_text("content_hash").is_some();
        let body_hash = is_hash_wanted.then(|| content_hash(&body));
        self.call(access, arg, body, body_hash)
    }

    fn call(
        &self,
        access: Option<&Access>,
        arg: Fields,
        body: Bytes,
        body_hash: Option<String>,
    ) -> (Outcome, Option<Instant>) {
        let mut world = self.shared.lock();
        let view = match access {
            Some(access) => match view_of(&mut world, access, &self.parts.headers) {
                Ok(view) => view,
                Err(refusal) => return (Err(refusal), None),
            },
            None => View { account: 0, space: 0, node: 0 },
        };
        let now = world.clock.now();
        let mut call = Call {
            route: self.route.name,
            world: &mut world,
            view,
            token: self.token.as_deref(),
            arg,
            headers: &self.parts.headers,
            body,
            body_hash,
            now,
            until: None,
        };
        let outcome = (self.route.handler)(&mut call);
        let until = call.until;
        if self.route.scope == "files.content.write" {
            world.note_edit();
        }
        (outcome, until)
    }

    fn read_arg(&self, body: &Bytes) -> Result<Fields, Refusal> {
        let arg = read_arg(self.route, &self.parts, body)?;
        let shown = arg.to_value();
        self.shared.lock().journal.edit(self.number, |call| call.arg = shown);
        Ok(arg)
    }

    async fn wait_for_changes(&self, arg: &Fields) -> Result<(), Refusal> {
        let cursor = arg.peek_text("cursor").unwrap_or_default().to_owned();
        let seconds = arg.peek_number("timeout").unwrap_or(30).clamp(30, 480);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
        let mut edits = self.shared.lock().edits.subscribe();
        loop {
            if changes_since(&self.shared.lock(), &cursor)? {
                return Ok(());
            }
            // Sessions of tests are short: the simulator's own time may be turned, so the wait is real time.
            if tokio::time::timeout_at(deadline, edits.changed()).await.is_err() {
                return Ok(());
            }
        }
    }

    async fn finish(self, outcome: Outcome) -> io::Result<Response<Answer>> {
        match self.fault {
            Some(FaultKind::LostAnswer) => return Err(io::Error::other("the answer is lost on purpose")),
            Some(FaultKind::Slow) => tokio::time::sleep(SLOW).await,
            Some(FaultKind::DoneHang) => std::future::pending().await,
            _ => {}
        }
        let outcome = match self.fault {
            Some(fault @ FaultKind::Done503) => Err(refusal_of(fault, self.route, 1)),
            _ => outcome,
        };
        let response = match outcome {
            Ok(Reply::Json(mut value)) if self.fault == Some(FaultKind::OtherHash) => {
                with_other_hashes(&mut value);
                send(Reply::Json(value), self.headers(), self.shared, self.fault, &self.sent)
            }
            Ok(reply) => send(reply, self.headers(), self.shared, self.fault, &self.sent),
            Err(refusal) => Ok(self.refuse(refusal)),
        }?;
        let status = response.status().as_u16();
        self.shared.lock().journal.edit(self.number, |call| call.status = status);
        Ok(response)
    }

    fn refuse(&self, refusal: Refusal) -> Response<Answer> {
        let mut world = self.shared.lock();
        if let Refusal::BadRequest(why) = &refusal {
            world.journal.violation(self.route.name, format!("400: {why}"));
        }
        let parts = refusal.into_parts(self.route.name, &mut world.random);
        drop(world);
        let mut headers = self.headers();
        headers.extend(parts.headers);
        respond(parts.status, headers, Answer::whole(parts.body.into(), &self.sent))
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let id = format!("{:032x}", u128::from(crate::random::word(2, self.number as u64)) << 32 | self.number as u128);
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert("x-dropbox-request-id", id);
        }
        headers
    }
}

fn with_other_hashes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(hash) = fields.get_mut("content_hash") {
                *hash = "0".repeat(64).into();
            }
            fields.values_mut().for_each(with_other_hashes);
        }
        Value::Array(values) => values.iter_mut().for_each(with_other_hashes),
        _ => {}
    }
}

/// Whether it knows the caller or not, a route that does not exist is the caller's defect.
async fn unknown(shared: &Arc<Shared>, name: &str, body: Incoming) -> Response<Answer> {
    let _ = read_body(shared, body, Style::Upload).await;
    let mut world = shared.lock();
    let (number, sent) = world.journal.begin(name);
    world.journal.violation(name, "400: unknown API function");
    world.journal.edit(number, |call| call.status = 400);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    let text = format!("Unknown API function: \"{name}\"");
    respond(StatusCode::BAD_REQUEST, headers, Answer::whole(text.into(), &sent))
}
