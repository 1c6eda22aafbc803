//! What has to be granted for which purpose.

/// To read everything of an account.
pub const BACKUP: &[&str] = &["account_info.read", "files.metadata.read", "files.content.read"];

/// To write files back as well.
pub const RESTORE: &[&str] = &["account_info.read", "files.metadata.read", "files.content.read", "files.content.write"];

/// To keep files of one's own there.
pub const STORE: &[&str] = RESTORE;
