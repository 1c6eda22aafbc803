//! libFuzzer's way into the target `ledger`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::ledger::ledger(data);
});
