//! Credentials from what rclone had.

use dropbox_client::{Secret, credentials::Credentials};
use larder_rclone::Imported;

/// A refresh token that only rclone's app can use is left behind: it would be a secret without a use.
pub(super) fn credentials_of(imported: Imported, before: Option<Credentials>) -> Credentials {
    let is_renewable = imported.is_renewable();
    let secret = |text: &str| Secret::new(text);
    let refresh_token = imported.token.refresh.as_deref().filter(|_| is_renewable).map(|text| secret(text));
    let is_same =
        before.as_ref().is_some_and(|before| before.refresh_token.is_some() && before.refresh_token == refresh_token);
    // Whose they are is known only if they are the same as before.
    let known = before.filter(|_| is_same);
    Credentials {
        version: Credentials::VERSION,
        app_key: imported.app_key.unwrap_or_default(),
        app_secret: imported.app_secret.as_deref().map(|text| secret(text)),
        account_id: known.as_ref().and_then(|known| known.account_id.clone()),
        scopes: known.map(|known| known.scopes).unwrap_or_default(),
        refresh_token,
        access_token: Some(secret(&imported.token.access)),
        access_seconds: None,
        access_ends: imported.token.expires.map(|end| u64::try_from(end.as_second()).unwrap_or(0)),
    }
}
