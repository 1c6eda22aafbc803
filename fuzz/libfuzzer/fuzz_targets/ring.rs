//! libFuzzer's way into the target `ring`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::ring::ring(data);
});
