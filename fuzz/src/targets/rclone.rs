//! What people hand in as rclone's configuration.

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_secretbox::{KeyInit, Nonce, XSalsa20Poly1305, aead::Aead};
use larder_rclone::{DROPBOX, is_encrypted, key, open, read_dropbox, sections};
use zeroize::Zeroizing;

const PASSWORD: &str = "golden";
const NONCE: [u8; 24] = [7; 24];
/// Sealing is the same for every byte.
const PLAIN_LEN_MAX: usize = 100;

/// `data` as the text of a configuration. A section stands once, and a refusal quotes nothing of what may be a secret.
pub fn ini(data: &[u8]) -> bool {
    let Ok(text) = larder_rclone::text_of(Zeroizing::new(data.to_vec())) else {
        return false;
    };
    let Ok(sections) = sections(&text) else {
        return false;
    };
    for (index, section) in sections.iter().enumerate() {
        assert!(sections[index + 1..].iter().all(|other| other.name != section.name));
        assert!(section.keys().all(|key| !key.is_empty() && section.get(key).is_none_or(|value| !value.is_empty())));
        if section.kind() == DROPBOX
            && let Ok(imported) = read_dropbox(section)
        {
            assert!(!imported.token.access.is_empty());
            assert!(imported.options.iter().all(|(_, value)| !value.is_empty()));
        }
    }
    !sections.is_empty()
}

/// `data` as an encrypted configuration; and, sealed with the right key, as what is in one.
pub fn encrypted(data: &[u8]) -> bool {
    let cipher = XSalsa20Poly1305::new(crypto_secretbox::Key::from_slice(&*key(PASSWORD)));
    let plain = &data[..data.len().min(PLAIN_LEN_MAX)];
    let sealed = cipher.encrypt(Nonce::from_slice(&NONCE), plain).expect("sealing in memory cannot fail");
    let text = format!("# comment\nRCLONE_ENCRYPT_V0:\n{}\n", STANDARD.encode([&NONCE[..], &sealed].concat()));
    assert!(is_encrypted(&text));
    assert_eq!(open(&text, PASSWORD).expect("it was sealed with this password").as_slice(), plain);
    let Ok(text) = std::str::from_utf8(data) else {
        return false;
    };
    if !is_encrypted(text) {
        return false;
    }
    // Stored cases are of another password, and no tampering finds the tag of this one.
    assert!(open(text, PASSWORD).is_err());
    true
}
