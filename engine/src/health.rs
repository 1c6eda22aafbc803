//! What the store's own records tell about its health. Nothing is checked here.

use larder_format::records::{Record, RecordKind};
use larder_model::{Result, Time};

use crate::{
    Store,
    look::Look,
    names,
    store::{Listed, is_hash_name},
};

/// The end of a check that somebody has run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastCheck {
    pub time: Time,
    /// 1 by listings, 2 with all structure, 3 with data.
    pub level: u8,
    pub problems: u64,
}

impl LastCheck {
    pub const fn word(self) -> &'static str {
        match self.level {
            1 => "quick",
            2 => "structure",
            _ => "data",
        }
    }
}

impl Store {
    /// The newest check, of any level. Records that cannot be read tell nothing.
    pub fn last_check(&self) -> Result<Option<LastCheck>> {
        let records: Vec<Listed<Record>> =
            self.list_records(names::RECORDS, Look::Glance, is_hash_name, |_, _| Ok(()))?;
        let checks = records.iter().map(|listed| &listed.record).filter(|it| it.kind() == Some(RecordKind::Check));
        let newest = checks.max_by_key(|record| record.created);
        Ok(newest.map(|record| LastCheck {
            time: Time::new(record.created, 0),
            level: record.level.unwrap_or(3).min(3),
            problems: record.problems.unwrap_or(0),
        }))
    }
}
