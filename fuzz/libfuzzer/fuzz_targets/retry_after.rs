//! libFuzzer's way into the target `retry_after`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::answers::retry_after(data);
});
