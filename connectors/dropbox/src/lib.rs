//! A Dropbox account as a source of snapshots.
