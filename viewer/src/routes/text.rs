//! `/snapshots/{id}/text`: a file as text, for highlighting and for comparing.

use axum::{
    Json,
    extract::{Path, State},
};
use larder_model::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Shared};
use crate::{
    failure::Failure,
    media,
    parameters::{Params, path},
};

/// Bytes of a file that are shown at most.
const TEXT_LEN_MAX: u32 = 4 << 20;
const TEXT_LEN_DEFAULT: u32 = 1 << 20;
/// Bytes that tell whether it is text at all.
const START_LEN: usize = 8192;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// A file.
    #[param(example = "/")]
    #[serde(default)]
    path: String,
    /// Bytes of the file at most; 1 MiB unless given.
    #[param(minimum = 1, maximum = 4194304)]
    limit: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Text {
    /// Empty when it is none.
    pub text: String,
    /// There is more of it.
    pub truncated: bool,
    pub encoding: Encoding,
    /// Lines of what is shown.
    pub lines: u64,
    /// It is no text.
    pub binary: bool,
    /// Bytes of the whole file.
    pub size: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Little,
    #[serde(rename = "utf-16be")]
    Utf16Big,
    #[serde(rename = "iso-8859-1")]
    Latin1,
    #[serde(rename = "binary")]
    Binary,
}

/// A file as text
#[utoipa::path(get, path = "/snapshots/{id}/text", tag = "browse", params(("id" = String, Path, description = "a snapshot", example = "latest"), Wanted),
    security(("session" = [])), responses(
    (status = 200, body = Text),
    (status = "default", body = Failure, content_type = "application/problem+json"),
))]
pub async fn get_text(
    State((app, _)): State<Shared>,
    Path(id): Path<String>,
    Params(wanted): Params<Wanted>,
) -> Answer<Text> {
    let limit = match wanted.limit.unwrap_or(TEXT_LEN_DEFAULT) {
        limit @ 1..=TEXT_LEN_MAX => limit,
        _ => return Err(Failure::usage(format!("`limit` is a number from 1 to {TEXT_LEN_MAX}"))),
    };
    app.work(move |app, _| {
        let path = path(&wanted.path)?;
        let (_, tree) = app.tree(&id)?;
        let told = |problem: Problem| app.failure(&problem);
        let node = tree.node(&path).map_err(told)?;
        let node = node.ok_or_else(|| Failure::usage("the top is a folder, and no text"))?;
        let file = tree.file(&node).map_err(told)?;
        let mut bytes = vec![0; file.size().min(limit.into()) as usize];
        file.read_at(0, &mut bytes).map_err(told)?;
        Ok(text(&bytes, file.size()))
    })
    .await
    .map(Json)
}

fn text(bytes: &[u8], size: u64) -> Text {
    let truncated = (bytes.len() as u64) < size;
    let (encoding, text) = decode(bytes, truncated);
    let lines = text.lines().count() as u64;
    Text { text, truncated, encoding, lines, binary: encoding == Encoding::Binary, size }
}

fn decode(bytes: &[u8], truncated: bool) -> (Encoding, String) {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return (Encoding::Utf16Little, utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => return (Encoding::Utf16Big, utf16(rest, u16::from_be_bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if media::looks_like_text(&bytes[..bytes.len().min(START_LEN)]) => (Encoding::Utf8, text.to_owned()),
        Err(error) if truncated && error.error_len().is_none() && !bytes.contains(&0) => {
            (Encoding::Utf8, String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned())
        }
        // Bytes that are characters of western Europe, and none of the control characters that only programs write.
        Err(_) if bytes.iter().all(|byte| matches!(byte, 9..=13 | 32..=126 | 160..)) => {
            (Encoding::Latin1, bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        _ => (Encoding::Binary, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_the_rest() {
        let told = |bytes: &[u8]| (text(bytes, bytes.len() as u64).encoding, text(bytes, bytes.len() as u64).text);
        assert_eq!(told("naïve\n".as_bytes()), (Encoding::Utf8, "naïve\n".to_owned()));
        assert_eq!(told(b"\xef\xbb\xbfa"), (Encoding::Utf8, "a".to_owned()));
        assert_eq!(told(b"\xff\xfea\0b\0"), (Encoding::Utf16Little, "ab".to_owned()));
        assert_eq!(told(b"\xfe\xff\0a"), (Encoding::Utf16Big, "a".to_owned()));
        assert_eq!(told(b"na\xefve"), (Encoding::Latin1, "naïve".to_owned()));
        assert_eq!(told(b"a\0b").0, Encoding::Binary);
        assert_eq!(told(b"").0, Encoding::Utf8);
        let cut = text(&"naï".as_bytes()[..3], 4);
        assert!(cut.truncated && cut.encoding == Encoding::Utf8 && cut.text == "na");
    }
}
