//! libFuzzer's way into the target `rclone_encrypted`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = larder_fuzz::targets::rclone::encrypted(data);
});
