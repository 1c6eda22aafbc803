//! How the code of a sign-in comes back: pasted on standard input, or brought by the browser of this desktop, whichever is first.

use std::{
    env,
    io::{self, BufRead},
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use dropbox_client::{
    Endpoint, Secret,
    credentials::Credentials,
    sign_in::{Redirect, SignIn},
};
use larder_model::{Problem, Result};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{connectors::dropbox_problem, context::Context, secrets::SECRET_VARIABLES};

/// For how long a page in the browser may be left open.
const BROWSER_LIMIT: Duration = Duration::from_secs(15 * 60);
const TICK: Duration = Duration::from_millis(100);

/// What to sign in to.
pub struct Request {
    pub endpoint: Endpoint,
    pub app_key: String,
    pub app_secret: Option<Secret>,
    /// Nothing for all that the app has.
    pub scopes: Option<&'static [&'static str]>,
    pub use_browser: bool,
}

enum Code {
    Pasted(Zeroizing<String>),
    /// Standard input has ended.
    NothingPasted,
    Brought(Result<Zeroizing<String>>),
}

impl Request {
    /// Shows the address, waits for the code, and turns it into credentials.
    pub fn ask(&self, context: &Context) -> Result<Credentials> {
        // A code is good only for the address that it came from, and the one for pasting names no redirect.
        let by_hand = self.sign_in()?;
        let (send, codes) = mpsc::channel();
        let by_browser = self.open_browser(context, &send)?;
        show(context, &by_hand.address(), by_browser.is_some())?;
        // It may never end; then it ends with the program.
        thread::spawn(move || drop(send.send(read_line())));
        loop {
            match (codes.recv_timeout(TICK), &by_browser) {
                (Ok(Code::Pasted(code)), _) => return self.finish(context, &by_hand, &code),
                (Ok(Code::Brought(code)), Some(sign_in)) => return self.finish(context, sign_in, &code?),
                (Ok(Code::NothingPasted), Some(_)) | (Err(mpsc::RecvTimeoutError::Timeout), _) => {}
                _ => return Err(no_code()),
            }
            context.check_interrupt()?;
        }
    }

    fn sign_in(&self) -> Result<SignIn> {
        SignIn::new(self.endpoint.clone(), &self.app_key, self.app_secret.clone(), self.scopes)
            .map_err(|error| dropbox_problem(&error, None))
    }

    fn finish(&self, context: &Context, sign_in: &SignIn, code: &str) -> Result<Credentials> {
        let interrupt = context.interrupt.clone();
        sign_in.finish(code, Arc::new(move || interrupt.is_set())).map_err(|error| {
            let problem = dropbox_problem(&error, None);
            // Codes end after minutes, and serve once.
            if error.has_tag("invalid_grant") {
                problem.hint("run the command again and paste the new code")
            } else {
                problem
            }
        })
    }

    /// On a desktop: listens, and opens the page. A browser that cannot be opened leaves the paste prompt.
    fn open_browser(&self, context: &Context, send: &mpsc::Sender<Code>) -> Result<Option<Arc<SignIn>>> {
        let Some(browser) = self.use_browser.then(browser).flatten() else { return Ok(None) };
        let redirect = match Redirect::listen() {
            Ok(redirect) => redirect,
            Err(error) => {
                context.output.warn(dropbox_problem(&error, None));
                return Ok(None);
            }
        };
        let sign_in = Arc::new(self.sign_in()?.with_redirect(&redirect));
        if let Err(error) = start(&browser, &sign_in.address()) {
            context.output.warn(format_args!("cannot open `{browser}`: {error}"));
            return Ok(None);
        }
        let (ours, send, interrupt) = (sign_in.clone(), send.clone(), context.interrupt.clone());
        thread::spawn(move || {
            let cancel: dropbox_client::Cancel = Arc::new(move || interrupt.is_set());
            let code = redirect.wait(&ours, BROWSER_LIMIT, &cancel);
            let code = code.map(Zeroizing::new).map_err(|error| dropbox_problem(&error, None));
            drop(send.send(Code::Brought(code)));
        });
        Ok(Some(sign_in))
    }
}

/// The address stands alone on a line of standard output, at once, for people and programs to take.
fn show(context: &Context, address: &str, has_browser: bool) -> Result<()> {
    let output = &context.output;
    if has_browser {
        output.remark(
            "auth: allow access in the browser that opens; or open this address anywhere, and paste the code here:",
        );
    } else {
        output
            .remark("auth: open this address in a browser, allow access, and paste the code that you are given here:");
    }
    match output.is_json() {
        true => output.json(&json!({"event": "address", "address": address}))?,
        false => output.line(address)?,
    }
    output.flush()
}

fn read_line() -> Code {
    let mut line = Zeroizing::new(String::new());
    match io::stdin().lock().read_line(&mut line) {
        Ok(_) if !line.trim().is_empty() => Code::Pasted(line),
        _ => Code::NothingPasted,
    }
}

fn no_code() -> Problem {
    Problem::usage("no code was given").hint("open the address in a browser, and give the code on standard input")
}

/// What opens a page on this desktop, if it is one.
fn browser() -> Option<String> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let chosen = env::var("BROWSER").ok().and_then(|list| list.split(':').next().map(str::to_owned));
    chosen.filter(|browser| !browser.is_empty()).or_else(|| {
        let is_desktop = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
        is_desktop.then(|| "xdg-open".to_owned())
    })
}

fn start(browser: &str, address: &str) -> io::Result<()> {
    let mut command = Command::new(browser);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for variable in SECRET_VARIABLES {
        command.env_remove(variable);
    }
    let mut child = command.spawn()?;
    // It ends in its own time, and nobody may be left waiting for it.
    thread::spawn(move || drop(child.wait()));
    Ok(())
}
