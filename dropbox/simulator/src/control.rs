//! The addresses below `/sim/`: what tests do by the library, for programs in other languages.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::api::arg::Fields;
use crate::api::refusal::Refusal;
use crate::content::Content;
use crate::drive::node::{Export, Traits};
use crate::drive::{Commit, Mode, PathArg, Relocation, View};
use crate::fault::{Fault, FaultKind, When};
use crate::oauth::{DEFAULT_APP, NewAccess};
use crate::world::World;

/// Answers a request; everything is about the first account.
pub fn answer(world: &mut World, method: &str, path: &str, body: &[u8]) -> (StatusCode, Value) {
    match (method, path) {
        ("GET", "/sim/calls") => (StatusCode::OK, world.journal.summary()),
        ("GET", "/sim/log") => (StatusCode::OK, log(world)),
        ("GET", "/sim/token") => (StatusCode::OK, tokens(world)),
        ("POST", "/sim/reset") => {
            world.journal.reset();
            world.faults.clear();
            (StatusCode::OK, Value::Null)
        }
        ("POST", "/sim/fault" | "/sim/edit" | "/sim/options") => match change(world, path, body) {
            Ok(()) => (StatusCode::OK, Value::Null),
            Err(why) => (StatusCode::BAD_REQUEST, json!({"error": why})),
        },
        _ => (StatusCode::NOT_FOUND, json!({"error": "there is nothing at this address"})),
    }
}

fn change(world: &mut World, path: &str, body: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(body).map_err(|why| why.to_string())?;
    let fields = Fields::new(value, "request body").map_err(text)?;
    match path {
        "/sim/fault" => add_fault(world, fields),
        "/sim/options" => set_options(world, fields),
        _ => edit(world, fields),
    }
}

fn log(world: &World) -> Value {
    let show = |call: &crate::journal::CallRecord| {
        json!({"route": call.route, "status": call.status, "arg": call.arg,
               "bytes_in": call.bytes_in, "bytes_out": call.bytes_out()})
    };
    Value::Array(world.journal.calls().iter().map(show).collect())
}

/// Tokens that are good at once, for those who do not care about signing in.
fn tokens(world: &mut World) -> Value {
    let World { oauth, random, clock, options, .. } = world;
    let scopes = oauth.app(DEFAULT_APP).map(|app| app.scopes.clone()).unwrap_or_default();
    let refresh = oauth.grant(random, DEFAULT_APP, 0, scopes.clone(), true);
    let access = NewAccess { app: DEFAULT_APP.into(), account: 0, scopes, refresh: Some(refresh.clone()) };
    let token = oauth.issue(random, access, clock.now() + options.token_life.as_secs() as i64);
    json!({"access_token": token, "refresh_token": refresh, "client_id": DEFAULT_APP})
}

/// `{"route", "kind", "call" | "first" | "every" | "chance"}`; without the last it strikes always.
fn add_fault(world: &mut World, mut fields: Fields) -> Result<(), String> {
    let route = fields.text("route").map_err(text)?;
    let name = fields.text("kind").map_err(text)?;
    let kind = FaultKind::from_name(&name).ok_or_else(|| {
        format!("the kind {name} is not known; there are {}", FaultKind::names().collect::<Vec<_>>().join(", "))
    })?;
    let mut when = When::Always;
    for (field, make) in [("call", When::Call as fn(u64) -> When), ("first", When::First), ("every", When::Every)] {
        if let Some(number) = fields.optional_number(field, 1, u64::MAX).map_err(text)? {
            when = make(number);
        }
    }
    if let Some(probability) = fields.optional_float("chance").map_err(text)? {
        when = When::Chance(probability);
    }
    fields.finish().map_err(text)?;
    world.faults.add(Fault { route, when, kind });
    Ok(())
}

fn set_options(world: &mut World, mut fields: Fields) -> Result<(), String> {
    let limits = &mut world.options.limits;
    if let Some(rate) = fields.optional_float("calls_per_second").map_err(text)? {
        limits.calls_per_second = (rate > 0.0).then_some(rate);
    }
    if let Some(rate) = fields.optional_float("megabits_per_second").map_err(text)? {
        limits.megabits_per_second = (rate > 0.0).then_some(rate);
    }
    if let Some(latency) = fields.optional_number("latency_ms", 0, 600_000).map_err(text)? {
        limits.latency = std::time::Duration::from_millis(latency);
    }
    if let Some(hold) = fields.optional_number("write_hold_ms", 0, 600_000).map_err(text)? {
        limits.write_hold = std::time::Duration::from_millis(hold);
    }
    if let Some(lag) = fields.optional_number("lag_ms", 0, 600_000).map_err(text)? {
        world.options.listing.lag = std::time::Duration::from_millis(lag);
    }
    if let Some(lag) = fields.optional_number("read_lag_ms", 0, 600_000).map_err(text)? {
        world.options.read_lag = std::time::Duration::from_millis(lag);
    }
    if fields.flag("expire_tokens", false).map_err(text)? {
        world.oauth.expire_tokens();
    }
    if fields.flag("reset_cursors", false).map_err(text)? {
        world.cursors.reset_all();
    }
    fields.finish().map_err(text)
}

/// `{"write": PATH, "text": TEXT}`, `{"write": PATH, "size": N, "seed": N}`, `{"folder": PATH}`, `{"delete": PATH}`,
/// `{"rename": PATH, "to": PATH}`, `{"restrict": PATH}` or `{"paper": PATH, "text": TEXT}`.
fn edit(world: &mut World, mut fields: Fields) -> Result<(), String> {
    let view = world.drive.home_view(0);
    let mut path = |name: &str| fields.optional_text(name).map_err(text);
    let (write, folder, delete, rename) = (path("write")?, path("folder")?, path("delete")?, path("rename")?);
    let (content, to, restrict, paper) = (path("text")?, path("to")?, path("restrict")?, path("paper")?);
    let size = fields.optional_number("size", 0, u64::MAX).map_err(text)?;
    let seed = fields.optional_number("seed", 0, u64::MAX).map_err(text)?.unwrap_or(0);
    fields.finish().map_err(text)?;
    if let Some(path) = paper {
        let text = content.clone().unwrap_or_default();
        write_file(world, view, path.clone(), Content::from_bytes(text.into()))?;
        let formats = vec!["markdown".to_owned(), "html".to_owned()];
        edit_traits(world, view, path, |traits| traits.export = Some(Export { formats, retries: 0 }))?;
    }
    if let Some(path) = restrict {
        edit_traits(world, view, path, |traits| traits.restricted = true)?;
    }
    if let Some(path) = write {
        let content = match size {
            Some(size) => Content::generated(size, seed),
            None => Content::from_bytes(content.unwrap_or_default().into()),
        };
        write_file(world, view, path, content)?;
    }
    let now = world.clock.now();
    if let Some(path) = folder {
        world.drive.make_folder(view, &PathArg::Path(path), false).map_err(|it| format!("{it:?}"))?;
    }
    if let Some(path) = delete {
        let spot = world.drive.find(view, &PathArg::Path(path)).map_err(|it| format!("{it:?}"))?;
        world.drive.delete(spot, now);
    }
    if let (Some(from), Some(to)) = (rename, to) {
        rename_file(world, view, from, to)?;
    }
    world.note_edit();
    Ok(())
}

fn write_file(world: &mut World, view: View, path: String, content: Content) -> Result<(), String> {
    let commit = Commit {
        path: PathArg::Path(path),
        mode: Mode::Overwrite,
        autorename: false,
        client_modified: None,
        strict_conflict: false,
    };
    let now = world.clock.now();
    world.drive.commit(view, &commit, content, now).map(|_| ()).map_err(|it| format!("{it:?}"))
}

fn edit_traits(world: &mut World, view: View, path: String, edit: impl FnOnce(&mut Traits)) -> Result<(), String> {
    let spot = world.drive.find(view, &PathArg::Path(path)).map_err(|it| format!("{it:?}"))?;
    if !world.drive.edit_traits(spot, edit) {
        return Err("only files can be changed like this".into());
    }
    world.drive.touch(spot);
    Ok(())
}

fn rename_file(world: &mut World, view: View, from: String, to: String) -> Result<(), String> {
    let spot = world.drive.find(view, &PathArg::Path(from.clone())).map_err(|it| format!("{it:?}"))?;
    let name = to.rsplit('/').next().unwrap_or_default();
    if crate::drive::name::fold(&from) == crate::drive::name::fold(&to) {
        world.drive.rename_case(spot, name);
        return Ok(());
    }
    let relocation = Relocation { from: PathArg::Path(from), to: PathArg::Path(to), autorename: false, is_copy: false };
    let now = world.clock.now();
    world.drive.relocate(view, &relocation, now).map(|_| ()).map_err(|it| format!("{it:?}"))
}

fn text(refusal: Refusal) -> String {
    match refusal {
        Refusal::BadRequest(why) => why,
        other => format!("{other:?}"),
    }
}
