//! OAuth over HTTP: the page that asks a person, and the endpoint that programs call.

use std::io;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::body::Answer;
use super::dispatch::{respond, uncounted};
use super::request::read_body;
use crate::api::routes::Style;
use crate::oauth::authorize::{Approval, Form};
use crate::oauth::token::TokenRequest;
use crate::world::{Shared, World};

/// Answers at once, by whom the simulator has signed in: with a page, or with JSON for those who accept it.
pub async fn page(shared: &Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let form = Form::parse(request.uri().query().unwrap_or_default().as_bytes());
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wants_json = accepts.contains("application/json");
    let approval = {
        let mut world = shared.lock();
        let World { oauth, random, clock, journal, .. } = &mut *world;
        journal.begin("oauth2/authorize");
        oauth.authorize(&form, random, clock.now())
    };
    let mut headers = HeaderMap::new();
    let (status, text) = match approval {
        Ok(Approval::Redirect(uri)) => {
            let location = HeaderValue::from_str(&uri).map_err(io::Error::other)?;
            headers.insert(header::LOCATION, location);
            (StatusCode::FOUND, String::new())
        }
        Ok(Approval::Code(code)) if wants_json => (StatusCode::OK, json!({"code": code}).to_string()),
        Ok(Approval::Code(code)) => (StatusCode::OK, code_page(&code)),
        Ok(Approval::Denied) => (StatusCode::OK, "<!DOCTYPE html><p>Access was denied.</p>\n".into()),
        Err(why) => (StatusCode::BAD_REQUEST, format!("<!DOCTYPE html><p>{why}</p>\n")),
    };
    let kind = if wants_json && status == StatusCode::OK { "application/json" } else { "text/html; charset=utf-8" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(respond(status, headers, Answer::whole(text.into(), &uncounted())))
}

pub async fn token(shared: &Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Answer>> {
    let (parts, body) = request.into_parts();
    let is_post = parts.method == Method::POST;
    let body = read_body(shared, body, Style::Rpc).await.unwrap_or_default();
    let authorization = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mut world = shared.lock();
    let World { oauth, random, clock, journal, options, drive, faults, .. } = &mut *world;
    let (number, sent) = journal.begin("oauth2/token");
    let form = Form::parse(&body);
    let token_request = TokenRequest {
        form: &form,
        authorization,
        now: clock.now(),
        life: options.token_life.as_secs() as i64,
        accounts: &drive.accounts,
    };
    let (status, value) = match (faults.strike("oauth2/token"), is_post) {
        (Some(_), _) => (StatusCode::SERVICE_UNAVAILABLE, json!({"error": "temporarily_unavailable"})),
        (None, false) => (StatusCode::METHOD_NOT_ALLOWED, json!({"error": "invalid_request"})),
        (None, true) => match oauth.token(&token_request, random) {
            Ok(answer) => (StatusCode::OK, answer),
            Err(problem) => {
                (StatusCode::BAD_REQUEST, json!({"error": problem.code, "error_description": problem.description}))
            }
        },
    };
    journal.edit(number, |call| {
        call.status = status.as_u16();
        call.bytes_in = body.len() as u64;
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(respond(status, headers, Answer::whole(value.to_string().into(), &sent)))
}

fn code_page(code: &str) -> String {
    format!(
        "<!DOCTYPE html><title>Access code</title>\n\
         <p>Enter this code into the app to finish the process.</p>\n\
         <input id=\"auth-code\" readonly value=\"{code}\">\n"
    )
}
