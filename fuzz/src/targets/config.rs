//! Settings (docs/format.md §5).

use larder_format::{
    config::{Access, Config},
    container::{self, ObjectKind, Suite},
};

use super::keys;

/// `data` as the CBOR map of a config, with the right MAC. What comes out can be used without further care.
pub fn config(data: &[u8]) -> bool {
    let identity = keys::identity();
    let object = |body: &[u8]| container::wrap(ObjectKind::Config, Suite::Plain, 0, body).0;
    assert!(Config::from_object(&object(data), &identity).is_err(), "a config without a MAC");
    let body = keys::with_mac("larder v0 config mac", data);
    let Ok(config) = Config::from_object(&object(&body), &identity) else {
        return false;
    };
    let again = Config::from_object(&config.to_object(&identity), &identity);
    assert_eq!(again.as_ref(), Ok(&config));
    assert!(config.check_features(Access::Read).is_ok() || config.check_features(Access::Delete).is_err());
    assert!(config.pack_len > 0);

    let sizes = config.sizes();
    assert!(64 <= sizes.min && sizes.min < 1 << sizes.bits && 1 << sizes.bits < sizes.max && sizes.max <= 8 << 20);
    let chunker = config.chunker(&identity);
    let rest = chunker.cut_rest(data);
    assert!((1..=chunker.max().min(data.len())).contains(&rest));
    assert!(chunker.cut(data).is_none_or(|len| len == rest && len >= sizes.min as usize));
    true
}
