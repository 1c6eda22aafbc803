//! Tokens that nobody guesses.

/// 32 random bytes as hex digits.
pub fn token() -> String {
    let mut bytes = [0; 32];
    // Without random numbers there is no secret worth the name, and nothing must be served.
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares two secrets in a time that does not tell where they differ.
pub fn is_same(given: &[u8], secret: &[u8]) -> bool {
    // Hashes under a key of this process have one length, and comparing them is constant in time.
    let key: [u8; 32] = *KEY;
    blake3::keyed_hash(&key, given) == blake3::keyed_hash(&key, secret)
}

static KEY: std::sync::LazyLock<[u8; 32]> = std::sync::LazyLock::new(|| *blake3::hash(token().as_bytes()).as_bytes());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        assert_eq!(token().len(), 64);
        assert_ne!(token(), token());
        assert!(is_same(b"a", b"a") && !is_same(b"a", b"ab"));
    }
}
