//! One sending of a call, and what came of it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RANGE};
use reqwest::{Body, Method, Request, Response, StatusCode};

use super::{Call, Client, Repeat, Style, tries::Tries};
use crate::counts::EventKind;
use crate::error::{Class, Error, Refusal, Result, retry_after};
use crate::governor::Permit;
use crate::header::header_safe;
use crate::http::{Lost, Patience, interrupted, sending};
use crate::secret::Secret;
use crate::types::PathRoot;

/// How long an answer may take: Dropbox is slow with large listings, and slower with large commits.
const PATIENCE: Duration = Duration::from_secs(120);
const PATIENCE_FOR_COMMITS: Duration = Duration::from_secs(600);

/// An answer that is a success.
pub(crate) struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: ReplyBody,
}

pub(crate) enum ReplyBody {
    Whole(Bytes),
    /// Still to be read, under the permit it was asked for with.
    Streaming(Box<Response>, Permit),
}

/// What came of one sending.
pub(super) enum Outcome {
    Done(Reply),
    /// Dropbox answered that it did not do it.
    Refused(Error),
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, and whether it was done nobody knows.
    Lost(String),
    /// The same, after minutes in which nothing came.
    Silence(String),
}

impl Client {
    /// Sends a call once, as soon as it may be; and with which token it was sent.
    pub(super) fn attempt(&self, call: &Call, tries: &mut Tries) -> Result<(Outcome, Secret)> {
        let shared = &self.shared;
        if let Some(budget) = &shared.budget {
            let now = shared.clock.time_of_day();
            budget.take(call.route.is_upload(), now, &mut || shared.http.check())?;
        }
        let permit = shared.governor.enter(call.route.plane, &shared.http)?;
        // After the wait, in which a token may end. Renewing takes a while in which others may be told to keep silence; nothing may come
        // between the last look at that and sending.
        let token = self.token(tries)?;
        let (request, patience) = self.request(call, &token)?;
        shared.governor.keep_silence(&shared.http)?;
        shared.counters.called(call.route.name);
        let (began, asked) = (Instant::now(), shared.clock.now());
        let outcome = match shared.http.send(request, patience.clone()) {
            Ok(response) => {
                // Whoever waits for a change waits for its whole answer: half of one says nothing.
                let passed = shared.clock.now().saturating_sub(asked);
                let patience = if call.route.is_commit() { patience.after(passed) } else { patience };
                self.receive(call, response, permit, began, patience)
            }
            Err(lost) => self.lost(call, lost),
        };
        Ok((outcome?, token))
    }

    fn receive(
        &self,
        call: &Call,
        response: Response,
        permit: Permit,
        began: Instant,
        patience: Patience,
    ) -> Result<Outcome> {
        let (status, headers) = (response.status(), response.headers().clone());
        self.note_answer(call, status, &headers, began);
        if status.is_success() {
            self.shared.governor.speed_up(&permit);
        }
        if status.is_success() && call.route.style == Style::Download {
            let body = ReplyBody::Streaming(Box::new(response), permit);
            return Ok(Outcome::Done(Reply { status, headers, body }));
        }
        let body = match self.shared.http.wait(response.bytes(), patience) {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return self.lost(call, Lost::while_reading(&error)),
            Err(lost) => return self.lost(call, lost),
        };
        if status.is_success() {
            return Ok(Outcome::Done(Reply { status, headers, body: ReplyBody::Whole(body) }));
        }
        Ok(Outcome::Refused(self.refusal(call, status, &headers, &body, &permit)))
    }

    /// Keeps silence as early as possible: the body of the answer may take its time.
    fn note_answer(&self, call: &Call, status: StatusCode, headers: &HeaderMap, began: Instant) {
        if let Some(wait) = retry_after(text(headers, "retry-after"), b"").filter(|_| !status.is_success()) {
            self.shared.governor.pause(wait);
        }
        let request_id = text(headers, "x-dropbox-request-id").map(str::to_string);
        let answered = EventKind::Answered { status: status.as_u16(), after: began.elapsed(), request_id };
        self.shared.counters.happened(call.route.name, answered);
    }

    fn refusal(&self, call: &Call, status: StatusCode, headers: &HeaderMap, body: &[u8], permit: &Permit) -> Error {
        let error = Error::from_refusal(&Refusal {
            route: call.route.name,
            is_upload: call.route.is_upload(),
            status: status.as_u16(),
            request_id: text(headers, "x-dropbox-request-id"),
            retry_after: text(headers, "retry-after"),
            body,
        });
        // Contention in a namespace says nothing about the pace.
        if error.class() == Class::RateLimited && !error.has_tag("too_many_write_operations") {
            self.shared.governor.slow_down(permit);
        }
        error
    }

    fn lost(&self, call: &Call, lost: Lost) -> Result<Outcome> {
        if lost != Lost::Interrupted {
            self.shared.counters.happened(call.route.name, EventKind::Lost);
        }
        match lost {
            // Even then the change may have been made, but whoever stops does not go on.
            Lost::Interrupted => Err(interrupted()),
            Lost::NotSent(why) => Ok(Outcome::NotSent(why)),
            Lost::NoAnswer(why) => Ok(Outcome::Lost(why)),
            Lost::Silence(why) => Ok(Outcome::Silence(why)),
        }
    }

    fn request(&self, call: &Call, token: &Secret) -> Result<(Request, Patience)> {
        let shared = &self.shared;
        let mut request = Request::new(Method::POST, shared.endpoint.route(call.route.host(), call.route.name));
        let headers = request.headers_mut();
        let mut bearer = header_value(call, &format!("Bearer {}", token.expose()))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
        if self.path_root != PathRoot::Home {
            let root = serde_json::to_string(&self.path_root).unwrap_or_default();
            headers.insert(HeaderName::from_static("dropbox-api-path-root"), header_value(call, &header_safe(&root))?);
        }
        if let Some(range) = &call.range {
            headers.insert(RANGE, header_value(call, range)?);
        }
        if call.route.style != Style::Rpc {
            let argument = header_value(call, &header_safe(&call.argument))?;
            headers.insert(HeaderName::from_static("dropbox-api-arg"), argument);
        }
        let patience = match call.route.repeat {
            Repeat::Safely => Patience::new(PATIENCE),
            Repeat::Never => Patience::new(PATIENCE_FOR_COMMITS),
        };
        Ok(self.with_body(call, request, patience))
    }

    fn with_body(&self, call: &Call, mut request: Request, patience: Patience) -> (Request, Patience) {
        match (call.route.style, call.content) {
            (Style::Rpc, _) => {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(Body::from(call.argument.clone()));
                (request, patience)
            }
            (Style::Upload, Some(content)) if !content.is_empty() => {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
                let total = self.shared.counters.bytes_up.clone();
                let (body, progress) = sending(content, self.shared.upwards.clone(), total);
                *request.body_mut() = Some(body);
                (request, patience.with_progress(progress))
            }
            (style, _) => {
                if style == Style::Upload {
                    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
                }
                request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
                (request, patience)
            }
        }
    }
}

/// A header of an answer, if it is plain text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn header_value(call: &Call, text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|_| {
        let what = "A header would have had characters that do not belong in one";
        Error::local(Class::BadRequest, what, "Check token and path root").at(call.route.name)
    })
}
