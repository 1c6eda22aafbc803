//! Ledgers and statistics (docs/format.md §10).

use larder_format::ledger::{self, Statistics};

/// `data` as the rows of a ledger. Each takes something off the front, and comes back when it is written again.
pub fn ledger(data: &[u8]) -> bool {
    let mut rest = data;
    loop {
        let before = rest.len();
        match ledger::decode_row(&mut rest) {
            Ok(Some(skip)) => {
                assert!(rest.len() < before);
                let row = ledger::encode_row(&skip);
                assert_eq!(ledger::decode_row(&mut &row[..]), Ok(Some(skip)));
            }
            Ok(None) => {
                assert_eq!(before, 0);
                return !data.is_empty();
            }
            Err(_) => return false,
        }
    }
}

/// `data` as statistics.
pub fn statistics(data: &[u8]) -> bool {
    let Ok(statistics) = Statistics::decode(data) else {
        return false;
    };
    assert_eq!(Statistics::decode(&statistics.encode()), Ok(statistics));
    true
}
