//! `larder ui`

mod destinations;

use std::{
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use clap::Args;
use larder_engine::Limits;
use larder_fs::StayingStorage;
use larder_model::{Problem, Result};
use larder_viewer::{App, Certificate, Entrance, Listener, Options};
use serde_json::json;

use super::Outcome;
use crate::{connectors::StorePlace, context::Context, location::shown, opening::OpenStore, output::Output, secrets};
use destinations::Places;

/// Look at a store in a browser: see, search, compare and get files back
///
/// Prints the address of the pages and opens it in the browser, and goes on until Ctrl-C. The address holds a token that is good once.
/// The pages only show, unless --allow-restore lets them restore as well. Nobody but the users of this machine can reach them; to let
/// others in, listen at another address with a certificate and a password.
#[derive(Args)]
#[command(after_help = "\
Examples:
  larder at ./save ui                                     on a free port, in the browser
  larder at @mystore ui --no-browser --listen 127.0.0.1:8080
  larder at ./save ui --allow-restore                     restore to named destinations and to folders
  larder at ./save ui --listen 0.0.0.0:8443 --cert nas.crt --key nas.key --password-file ui.txt")]
pub struct Ui {
    /// Where to listen [default: a free port of 127.0.0.1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    listen: Option<SocketAddr>,

    /// Do not open the browser
    #[arg(long)]
    no_browser: bool,

    /// Let the pages restore: to the destinations that have a name, and, where only this machine can reach the pages, to folders
    #[arg(long)]
    allow_restore: bool,

    /// The certificate to show, a PEM file
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The certificate's key, a PEM file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Let those in who know the password in this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Ui {
    pub fn run(self, context: &Context) -> Result<Outcome> {
        let address = self.listen.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0));
        self.refuse_openness(address)?;
        let certificate = self.certificate()?;
        let entrance = self.entrance()?;
        let mut place = context.store_place()?;
        if let Some(folder) = &place.folder {
            place.storage = Arc::new(StayingStorage::new(folder));
        }
        let (name, hidden) = (name(context, &place), hidden(&place));
        let OpenStore { store, .. } = open(context, place)?;
        let destinations = self.allow_restore.then(|| Places::of(context, address.ip().is_loopback()));
        let output = context.output.clone();
        let options = Options {
            name,
            hidden,
            destinations: destinations.map(|places| Arc::new(places) as _),
            entrance,
            cache: context.folders.cache().map(PathBuf::from),
            limits: Limits::default(),
            log: Arc::new(move |text| output.warn(text)),
        };
        let (app, token) = App::new(Arc::new(store), options)?;
        let listener = Listener::bind(address, certificate)?;
        let url = listener.url(token.as_deref());
        context.output.result(&url, &json!({"event": "listening", "url": url}))?;
        context.output.flush()?;
        if !self.no_browser {
            open_browser(&url, &context.output);
        }
        // It ends by itself, and running restores with it.
        context.ending.leave_to_command();
        let interrupt = context.interrupt.clone();
        listener.serve(app, move || interrupt.is_set())?;
        Ok(Outcome::Done)
    }

    /// What others can reach has to be protected in every way.
    fn refuse_openness(&self, address: SocketAddr) -> Result<()> {
        if address.ip().is_loopback() {
            return Ok(());
        }
        let wanted = [
            ("--cert", self.cert.is_some()),
            ("--key", self.key.is_some()),
            ("--password-file", self.password_file.is_some()),
        ];
        let missing: Vec<_> = wanted.iter().filter(|(_, is_given)| !is_given).map(|(option, _)| *option).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!(
            "other machines can reach {address}: that needs a certificate and a password, and there is no {}",
            missing.join(", no ")
        );
        Err(Problem::usage(message)
            .hint("give --cert, --key and --password-file, or listen at 127.0.0.1 and reach it through ssh -L"))
    }

    fn certificate(&self) -> Result<Option<Certificate>> {
        let files = self.cert.as_ref().zip(self.key.as_ref());
        files.map(|(certificate, key)| Certificate::read(certificate, key)).transpose()
    }

    fn entrance(&self) -> Result<Entrance> {
        match &self.password_file {
            Some(file) => secrets::password(file).map(Entrance::Password),
            None => Ok(Entrance::Token),
        }
    }
}

/// A folder that is not there, or holds no store, is a mistake at this point, and not something that may come back.
fn open(context: &Context, place: StorePlace) -> Result<OpenStore> {
    if let Some(folder) = place.folder.as_ref().filter(|folder| !folder.join("config").is_dir()) {
        let folder = shown(folder);
        return Err(Problem::not_found(format!("there is no store at {folder}"))
            .hint(format!("check the name; to make a store there: larder at {folder} create")));
    }
    context.open_place(place)
}

/// An address with a port; `localhost` is this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| "an address is 127.0.0.1:8080 or [::1]:8080; port 0 is one that is free".to_owned())
}

/// What people call the store: its name, or that of its folder.
fn name(context: &Context, place: &StorePlace) -> String {
    let typed = context.global.store.as_deref().map(shown).filter(|typed| typed.starts_with('@'));
    typed.unwrap_or_else(|| match place.location.rsplit_once('/') {
        Some((_, name)) if place.folder.is_some() && !name.is_empty() => name.to_owned(),
        _ if place.folder.is_some() => "store".to_owned(),
        _ => place.location.clone(),
    })
}

/// The ways in which a folder of this machine is written in messages.
fn hidden(place: &StorePlace) -> Vec<String> {
    let Some(folder) = &place.folder else { return Vec::new() };
    [place.location.clone(), shown(folder)].into_iter().collect()
}

/// Where there is a desktop. That it cannot be opened is no reason to end.
fn open_browser(url: &str, output: &Output) {
    let is_set = |variable: &str| env::var_os(variable).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return;
    }
    let mut open = Command::new("xdg-open");
    open.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for variable in secrets::SECRET_VARIABLES {
        open.env_remove(variable);
    }
    match open.spawn() {
        // Somebody has to take note of its end.
        Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
        Err(_) => output.remark("ui: the browser could not be started; open the address yourself"),
    }
}
