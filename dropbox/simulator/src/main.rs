//! The simulator as a program. It runs until it is stopped, and keeps nothing.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use dropbox_simulator::{DEFAULT_APP, Options, Simulator};

/// A Dropbox on loopback, for tests, demos and development.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8790)]
    port: u16,
    /// A folder whose content the account has at the start.
    #[arg(long, value_name = "DIR")]
    tree: Option<PathBuf>,
    /// Steers every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Access tokens live so long, in seconds.
    #[arg(long, default_value_t = 14_400, value_name = "SECONDS")]
    token_life: u64,
    /// Added to every call, in milliseconds.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    latency: u64,
    /// Calls a second for each token.
    #[arg(long, value_name = "RATE")]
    calls_per_second: Option<f64>,
    /// Bandwidth in each direction.
    #[arg(long, value_name = "MBIT")]
    megabits_per_second: Option<f64>,
    /// Serve TLS and a proxy too, and write the authority's certificate to this file.
    #[arg(long, value_name = "FILE")]
    tls: Option<PathBuf>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut options = Options {
        port: arguments.port,
        seed: arguments.seed,
        token_life: Duration::from_secs(arguments.token_life),
        tls: arguments.tls.is_some(),
        ..Options::default()
    };
    options.limits.latency = Duration::from_millis(arguments.latency);
    options.limits.calls_per_second = arguments.calls_per_second;
    options.limits.megabits_per_second = arguments.megabits_per_second;
    let simulator = Simulator::start(options)?;
    let account = simulator.account();
    if let Some(folder) = &arguments.tree {
        let count = account.load(folder)?;
        eprintln!("Loaded {count} files from {}", folder.display());
    }
    let mut out = io::stdout().lock();
    writeln!(out, "endpoint       {}", simulator.endpoint())?;
    writeln!(out, "client id      {DEFAULT_APP}")?;
    writeln!(out, "access token   {}", account.token())?;
    writeln!(out, "refresh token  {}", account.refresh_token())?;
    if let (Some(file), Some(address), Some(proxy)) = (&arguments.tls, simulator.tls_address(), simulator.proxy()) {
        simulator.write_authority(file)?;
        writeln!(out, "tls            https://{address}")?;
        writeln!(out, "proxy          {proxy}")?;
        writeln!(out, "certificate    {}", file.display())?;
    }
    writeln!(out, "seed           {}", arguments.seed)?;
    out.flush()?;
    loop {
        std::thread::park();
    }
}
