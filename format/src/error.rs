//! What can be wrong with stored bytes.

/// The result of every decoder.
pub type Result<T, E = FormatError> = std::result::Result<T, E>;

/// Says what is wrong; the caller knows with which object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FormatError {
    /// The bytes are not what was written.
    #[error("{0}")]
    Damaged(&'static str),
    /// The bytes come from a program that knows more than this one.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The passphrase or key file does not fit.
    #[error("the passphrase or key is wrong")]
    WrongKey,
    /// A value goes beyond a limit of the format.
    #[error("{0}")]
    TooLarge(&'static str),
}
