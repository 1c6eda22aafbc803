//! libFuzzer's way into the target `directory`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::directory::directory(data);
});
