//! The app that somebody signs in to: its key, and its secret if it has one.

use std::{env, fs, path::Path, path::PathBuf};

use clap::Args;
use dropbox_client::{Secret, credentials::Credentials};
use larder_model::{Problem, ProblemKind, Result};
use zeroize::Zeroizing;

use super::guide;
use crate::location::shown;

const SECRET_VARIABLE: &str = "LARDER_DROPBOX_APP_SECRET";

/// Which app to sign in to.
#[derive(Args)]
pub struct App {
    /// The key of your Dropbox app; without it, you are told how to make one
    #[arg(long, value_name = "KEY")]
    app_key: Option<String>,

    /// Its secret, which most sign-ins do without; other users of this machine can see it here, and not in a file
    #[arg(long, value_name = "SECRET", conflicts_with = "app_secret_file", requires = "app_key")]
    app_secret: Option<String>,

    /// Read its secret from this file ($LARDER_DROPBOX_APP_SECRET will do as well)
    #[arg(long, value_name = "FILE", requires = "app_key")]
    app_secret_file: Option<PathBuf>,
}

impl App {
    /// Key and secret. Who signs in again need not give them again.
    pub fn get(&self, before: Option<&Credentials>) -> Result<(String, Option<Secret>)> {
        let Some(key) = &self.app_key else {
            let known = before.filter(|before| !before.app_key.is_empty());
            return known.map(|known| (known.app_key.clone(), known.app_secret.clone())).ok_or_else(guide::no_app_key);
        };
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Problem::usage("an app key is one word, as the App Console shows it"));
        }
        let known = before.filter(|before| before.app_key == *key).and_then(|before| before.app_secret.clone());
        Ok((key.clone(), self.secret()?.or(known)))
    }

    fn secret(&self) -> Result<Option<Secret>> {
        if let Some(file) = &self.app_secret_file {
            return from_file(file).map(Some);
        }
        let given = self.app_secret.clone().or_else(|| env::var(SECRET_VARIABLE).ok());
        Ok(given.filter(|secret| !secret.is_empty()).map(Secret::new))
    }
}

fn from_file(file: &Path) -> Result<Secret> {
    let refused = |why: String| {
        Problem::new(ProblemKind::Credentials, format!("cannot read the app's secret from {}: {why}", shown(file)))
    };
    let text = fs::read_to_string(file).map(Zeroizing::new).map_err(|error| refused(error.to_string()))?;
    match text.trim() {
        "" => Err(refused("it is empty".to_owned())),
        secret => Ok(Secret::new(secret)),
    }
}
