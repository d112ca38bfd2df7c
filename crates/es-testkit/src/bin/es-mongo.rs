//! `es-mongo up|down|status`: a MongoDB replica set of one server on this machine, to try things
//! out on. `cargo xtask mongo` runs it.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use es_testkit::mongo::{LocalError, LocalServer, LocalState};

/// A MongoDB replica set of one server on this machine, to try things out on.
///
/// The server is a program of its own under the licence SSPL-1.0. It listens on the loopback address
/// only, and wants no password.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask mongo", bin_name = "cargo xtask mongo")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start it in the background, unless it runs, and print its URI.
    Up {
        #[command(flatten)]
        place: Place,
        /// Passed to mongod as they are.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// End it; the data stays, and `up` goes on with it.
    Down {
        #[command(flatten)]
        place: Place,
        /// Remove the data, too.
        #[arg(long)]
        remove_data: bool,
    },
    /// Say whether it runs; the exit code is 3 if not.
    Status {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Place {
    /// The port on the loopback address; each has a server and data of its own.
    #[arg(long, default_value_t = 27117)]
    port: u16,
    /// The directory for the data [default: es-mongo in the user's directory for data].
    #[arg(long, value_name = "DIRECTORY")]
    data: Option<PathBuf>,
}

impl Place {
    fn server(self) -> Result<LocalServer, LocalError> {
        LocalServer::new(self.port, self.data)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run(Cli::parse().command).await.unwrap_or_else(|error| {
        eprintln!("error: {}", explain(&error));
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> Result<ExitCode, LocalError> {
    match command {
        Command::Up { place, arguments } => up(&place.server()?, &arguments).await?,
        Command::Down { place, remove_data } => down(&place.server()?, remove_data).await?,
        Command::Status { place } => return Ok(status(&place.server()?)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn up(server: &LocalServer, arguments: &[String]) -> Result<(), LocalError> {
    match server.up(arguments).await? {
        LocalState::Runs(process) => println!("it runs already, as process {process}"),
        _ => println!("it runs, with its data in {}", server.directory().display()),
    }
    println!("{}", server.uri());
    Ok(())
}

async fn down(server: &LocalServer, remove_data: bool) -> Result<(), LocalError> {
    match server.down().await? {
        LocalState::Runs(_) => println!("it has ended"),
        LocalState::PortTaken => println!("it does not run; what listens there is another program"),
        _ => println!("it does not run"),
    }
    if remove_data {
        server.remove_data()?;
        println!("removed {}", server.directory().display());
    }
    Ok(())
}

fn status(server: &LocalServer) -> ExitCode {
    match server.state() {
        LocalState::Runs(process) => {
            println!(
                "it runs as process {process}, with its data in {}",
                server.directory().display()
            );
            println!("{}", server.uri());
            return ExitCode::SUCCESS;
        }
        LocalState::PortTaken => println!("it does not run, and another program has its port"),
        _ => println!("it does not run"),
    }
    ExitCode::from(3)
}

/// The message with every cause behind it.
fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
