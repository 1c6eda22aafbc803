//! How many calls Larder may make. Users are promised these numbers, so every run checks them.

use super::account::Account;
use super::counts::Counts;
use super::report::Row;
use crate::failure::{Failure, Outcome};

/// The cursor, and the cursor once more where something was downloaded.
const UNCHANGED_CALLS: u64 = 2;
/// Beside pages and content: who the account is, the cursor, and the small zip that tries zips out.
const OTHER_CALLS: u64 = 6;
/// Files brought into the account that 130 calls are for; fewer files take as many of the calls, and a few more.
const RESTORE_FILES: u64 = 10_000;
const RESTORE_CALLS: u64 = 130;
const RESTORE_CALLS_LEAST: u64 = 20;
/// For a gigabyte into a store.
const STORE_CALLS: u64 = 60;

/// Fails when a row took more calls than it may, or calls that Dropbox would hold against the caller.
pub fn check(row: Row, account: &Account, counts: &Counts) -> Outcome {
    if let Some(violation) = counts.violations.first() {
        return Err(Failure::new(format_args!("{}: Larder broke the rules of Dropbox: {violation}", row.about())));
    }
    let most = most_calls(row, account);
    if counts.calls > most {
        return Err(Failure::new(format_args!(
            "{}: Larder made {} calls, which is above the bound of {most}: {:?}",
            row.about(),
            counts.calls,
            counts.routes
        )));
    }
    Ok(())
}

/// A first backup may make 3 % more content calls than the fewest.
pub fn most_calls(row: Row, account: &Account) -> u64 {
    match row {
        Row::First => (account.fewest_content_calls() * 103).div_ceil(100) + account.pages() + OTHER_CALLS,
        Row::Same => UNCHANGED_CALLS,
        Row::Restore => (account.files.len() as u64 * RESTORE_CALLS).div_ceil(RESTORE_FILES).max(RESTORE_CALLS_LEAST),
        Row::Store => STORE_CALLS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(calls: u64) -> Counts {
        Counts { calls, ..Counts::default() }
    }

    #[test]
    fn one_call_too_many_is_a_failure() {
        let account = Account::new(20_000);
        assert_eq!(most_calls(Row::First, &account), 420);
        assert!(check(Row::First, &account, &counts(420)).is_ok());
        assert!(check(Row::First, &account, &counts(421)).is_err());
        assert!(check(Row::Same, &account, &counts(2)).is_ok());
        assert!(check(Row::Same, &account, &counts(3)).is_err());
        assert_eq!(most_calls(Row::Restore, &Account::new(10_000)), 130);
        assert_eq!(most_calls(Row::Restore, &Account::new(800)), 20);
    }

    #[test]
    fn so_is_a_violation() {
        let counts = Counts { violations: vec!["files/download: too early".to_owned()], ..counts(1) };
        assert!(check(Row::Same, &Account::new(200), &counts).is_err());
    }
}
