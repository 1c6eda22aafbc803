//! libFuzzer's way into the target `tree_path`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::names::tree_path(data);
});
