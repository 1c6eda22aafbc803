//! rclone's encrypted configuration files.
//!
//! Behind the line `RCLONE_ENCRYPT_V0:` stand, in base64, a nonce of 24 bytes and a secretbox (XSalsa20 and Poly1305, as in NaCl).
//! The key is SHA-256 of `[PASSWORD][rclone-config]`, the password in Unicode's normal form KC and otherwise as it was typed
//! (rclone, `fs/config/crypt.go`).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_secretbox::{KeyInit, Nonce, XSalsa20Poly1305, aead::Aead};
use larder_model::{Problem, ProblemKind, Result};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::not_rclone;

const MARK_OF_ALL: &str = "RCLONE_ENCRYPT_V";
const MARK: &str = "RCLONE_ENCRYPT_V0:";
const NONCE_LENGTH: usize = 24;

/// The first line that is not a comment says it.
pub fn is_encrypted(text: &str) -> bool {
    first_line(text).is_some_and(|line| line.starts_with(MARK_OF_ALL))
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}

pub fn open(text: &str, password: &str) -> Result<Zeroizing<Vec<u8>>> {
    if first_line(text) != Some(MARK) {
        return Err(Problem::new(
            ProblemKind::Unsupported,
            "this configuration is encrypted in a way that is not known here",
        )
        .hint("pipe it instead: rclone config show | larder source import NAME"));
    }
    let (_, body) = text.split_once(MARK).unwrap_or_default();
    let body: String = body.split_whitespace().collect();
    let bytes = STANDARD.decode(body).map_err(|_| not_rclone("what is encrypted in it is not base64"))?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LENGTH).ok_or_else(|| not_rclone("it is too short"))?;
    let cipher = XSalsa20Poly1305::new(crypto_secretbox::Key::from_slice(&*key(password)));
    let opened = cipher.decrypt(Nonce::from_slice(nonce), sealed).map(Zeroizing::new);
    opened.map_err(|_| {
        Problem::new(ProblemKind::Credentials, "the password does not open rclone's configuration")
            .hint("it is the one that `rclone config` asks for, and not that of a remote")
    })
}

/// The key that a password stands for.
pub fn key(password: &str) -> Zeroizing<[u8; 32]> {
    let password: Zeroizing<String> = Zeroizing::new(password.nfkc().collect());
    let hash = digest(&SHA256, Zeroizing::new(format!("[{}][rclone-config]", &*password)).as_bytes());
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(hash.as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = include_str!("testdata/plain.conf");
    /// Written by rclone 1.60.1, `rclone config`, with the passwords below.
    const ENCRYPTED: &str = include_str!("testdata/encrypted.conf");
    const ENCRYPTED_UNICODE: &str = include_str!("testdata/encrypted-unicode.conf");

    #[test]
    fn what_rclone_encrypted_is_opened() {
        assert!(is_encrypted(ENCRYPTED) && !is_encrypted(PLAIN));
        assert_eq!(open(ENCRYPTED, "correct horse").unwrap().as_slice(), PLAIN.as_bytes());
        assert!(open(ENCRYPTED, " correct horse ").is_err());
    }

    #[test]
    fn passwords_are_normalized_as_rclone_does_it() {
        for password in ["\u{fb01}n \u{c5} pa", "fin A\u{30a} pa"] {
            assert_eq!(open(ENCRYPTED_UNICODE, password).unwrap().as_slice(), PLAIN.as_bytes());
        }
    }

    #[test]
    fn what_is_damaged_or_newer_is_refused() {
        let shorter = &ENCRYPTED[..ENCRYPTED.len() - 60];
        assert!(open(shorter, "correct horse").is_err());
        assert!(open("RCLONE_ENCRYPT_V0:\nAAAA", "x").is_err());
        assert_eq!(open("RCLONE_ENCRYPT_V1:\nAAAA", "x").unwrap_err().kind(), ProblemKind::Unsupported);
    }
}
