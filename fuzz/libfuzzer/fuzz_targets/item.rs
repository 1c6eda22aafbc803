//! libFuzzer's way into the target `item`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::dropbox::item(data);
});
