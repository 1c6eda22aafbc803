//! libFuzzer's way into the target `marks`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::records::marks(data);
});
