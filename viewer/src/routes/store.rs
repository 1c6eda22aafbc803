//! `/store`: the store at a glance.

use std::collections::HashSet;

use axum::{Json, extract::State};
use larder_engine::{Completeness as EngineCompleteness, LastCheck, SnapshotList, StoreInfo};
use larder_model::{Origin, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Shared};
use crate::{app::App, failure::Failure, moment::moment, shapes::Completeness};

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StoreSummary {
    pub id: String,
    /// A short name for people.
    pub name: String,
    /// Of the program.
    pub version: String,
    pub created: Option<String>,
    pub allow_restore: bool,
    /// Whether a folder of the viewer's machine may be typed as the place of a restore.
    pub allow_folder: bool,
    pub destinations: Vec<DestinationSummary>,
    /// The one with the newest snapshot first.
    pub origins: Vec<OriginSummary>,
    pub totals: StoreTotals,
    pub health: Health,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DestinationSummary {
    pub name: String,
    pub kind: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OriginSummary {
    pub origin: String,
    pub connector: String,
    pub last_time: Option<String>,
    pub last_snapshot: String,
    pub snapshots: u64,
    /// Of the newest.
    pub completeness: Completeness,
    /// Files and bytes of the newest.
    pub files: u64,
    pub bytes: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StoreTotals {
    pub snapshots: u64,
    pub packs: u64,
    pub blobs: u64,
    pub content_bytes: u64,
    pub metadata_bytes: u64,
    pub other_bytes: u64,
    pub stored_bytes: u64,
    /// All files of all snapshots, as plain copies.
    pub source_bytes: u64,
    /// How many times smaller the store is than that.
    pub ratio: Option<f64>,
    pub newest_files: u64,
    pub newest_bytes: u64,
    pub first: Option<String>,
    pub last: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Health {
    pub state: HealthState,
    pub last_check: Option<CheckSummary>,
    /// Newest snapshots of an origin that are not complete.
    pub incomplete: Vec<String>,
    /// Snapshots whose record cannot be read.
    pub damaged_snapshots: u64,
    /// Sentences for people.
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    Good,
    Attention,
    Damaged,
    /// Nobody has checked it yet.
    Unknown,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckSummary {
    pub time: Option<String>,
    /// `quick`, `structure` or `data`.
    pub level: String,
    pub problems: u64,
}

/// The store at a glance
#[utoipa::path(get, path = "/store", tag = "store", security(("session" = [])), responses(
    (status = 200, body = StoreSummary),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_store(State((app, _)): State<Shared>) -> Answer<StoreSummary> {
    app.work(|app, _| summary(app)).await.map(Json)
}

fn summary(app: &App) -> Result<StoreSummary, Failure> {
    let store = app.reader.store();
    let told = |problem: larder_model::Problem| app.failure(&problem);
    let list = app.catalog.list(app)?;
    let numbers = app.catalog.numbers(app)?;
    let destinations = match &app.destinations {
        Some(destinations) => destinations.names().map_err(told)?,
        None => Vec::new(),
    };
    Ok(StoreSummary {
        id: store.id().to_string(),
        name: app.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created: moment(Time::new(store.created(), 0)),
        allow_restore: app.destinations.is_some(),
        allow_folder: app.destinations.as_ref().is_some_and(|it| it.allows_folders()),
        destinations: destinations.into_iter().map(|it| DestinationSummary { name: it.name, kind: it.kind }).collect(),
        origins: origins(&list),
        totals: totals(&numbers.info),
        health: health(&list, numbers.last_check),
    })
}

fn origins(list: &SnapshotList) -> Vec<OriginSummary> {
    let mut origins: Vec<(Origin, OriginSummary)> = Vec::new();
    for snapshot in list.snapshots.iter().rev() {
        let (record, origin) = (&snapshot.record, snapshot.record.origin());
        if let Some((_, known)) = origins.iter_mut().find(|(known, _)| *known == origin) {
            known.snapshots += 1;
            continue;
        }
        let summary = OriginSummary {
            origin: origin.to_string(),
            connector: origin.connector.clone(),
            last_time: moment(record.start()),
            last_snapshot: snapshot.id.to_string(),
            snapshots: 1,
            completeness: record.completeness().into(),
            files: record.totals().files,
            bytes: record.totals().bytes,
        };
        origins.push((origin, summary));
    }
    origins.into_iter().map(|(_, summary)| summary).collect()
}

fn totals(info: &StoreInfo) -> StoreTotals {
    StoreTotals {
        snapshots: info.snapshots,
        packs: info.packs,
        blobs: info.blobs,
        content_bytes: info.content_bytes,
        metadata_bytes: info.metadata_bytes,
        other_bytes: info.other_bytes,
        stored_bytes: info.stored_bytes(),
        source_bytes: info.source_bytes,
        ratio: info.ratio(),
        newest_files: info.newest_files,
        newest_bytes: info.newest_bytes,
        first: info.first.and_then(moment),
        last: info.last.and_then(moment),
    }
}

fn health(list: &SnapshotList, last_check: Option<LastCheck>) -> Health {
    let mut seen = HashSet::new();
    let newest = list.snapshots.iter().rev().filter(|snapshot| seen.insert(snapshot.record.origin()));
    let incomplete: Vec<_> = newest
        .filter(|snapshot| snapshot.record.completeness() != EngineCompleteness::Complete)
        .map(|snapshot| snapshot.id.to_string())
        .collect();
    let damaged = list.damaged.len() as u64;
    let problems = last_check.map_or(0, |check| check.problems);
    let mut notes = Vec::new();
    if damaged > 0 {
        notes.push(format!("{} cannot be read", counted(damaged, "snapshot")));
    }
    if problems > 0 {
        notes.push(format!("the last check found {}", counted(problems, "problem")));
    }
    if !incomplete.is_empty() {
        let count = counted(incomplete.len() as u64, "origin");
        notes.push(format!("the newest snapshot of {count} is not complete: its ledger says what is missing"));
    }
    if last_check.is_none() && !list.snapshots.is_empty() {
        notes.push("the store was never checked".to_owned());
    }
    let state = match last_check {
        _ if damaged > 0 || problems > 0 => HealthState::Damaged,
        _ if !incomplete.is_empty() => HealthState::Attention,
        Some(_) => HealthState::Good,
        None => HealthState::Unknown,
    };
    let last_check = last_check.map(|check| CheckSummary {
        time: moment(check.time),
        level: check.word().to_owned(),
        problems: check.problems,
    });
    Health { state, last_check, incomplete, damaged_snapshots: damaged, notes }
}

fn counted(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
