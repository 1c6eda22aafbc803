//! libFuzzer's way into the target `object_name`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::names::object_name(data);
});
