//! libFuzzer's way into the target `snapshot`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::snapshot::snapshot(data);
});
