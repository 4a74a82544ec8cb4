//! The command line of iscdesk: one subcommand per file or folder beside this one, each with its own arguments and one
//! function that runs it. What is printed on stdout is the answer, what goes to stderr is for people; a failure is on
//! stderr, with `--json` in the document on stdout.
//!
//! | file | holds |
//! |---|---|
//! | `activate`, `status`, `heartbeat`, `query`, `forget`, `fingerprint`, `install_report`, `setup` | the commands |
//! | `doctor` | what is well and what is not |
//! | `license/` | licence files, for machines that are never online |
//! | `feed/` | upgrade feeds, for vendors |
//! | `upgrade_run/` | the helper of upgrades: runs a staged installer once the program has ended |
//! | `sandbox/`, `demo/` | the marketplace on loopback; the guided tour |
//! | `connect`, `secrets`, `code` | from arguments to a client |
//! | `holdings`, `words`, `output`, `exit`, `progress` | from an answer to text, JSON, exit code; patience meanwhile |
//! | `files` | files that a person named |

mod activate;
mod code;
mod connect;
mod demo;
mod doctor;
mod exit;
mod feed;
mod files;
mod fingerprint;
mod forget;
mod heartbeat;
mod holdings;
mod install_report;
mod license;
mod output;
mod progress;
mod query;
mod sandbox;
mod secrets;
mod setup;
mod status;
mod upgrade_run;
mod words;

use clap::{Parser, Subcommand};
use iscdesk::Error;
use output::Outcome;
use std::process::ExitCode;

/// Licences of the Huawei Cloud marketplace (KooGallery) on this computer
#[derive(Parser)]
#[command(name = "iscdesk", version, after_help = exit::HELP)]
struct Cli {
    /// Answer with one JSON document on stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Activate authorization codes on this computer
    #[command(after_help = exit::HELP, after_long_help = client_help())]
    Activate(activate::Args),
    /// Tell which licences this computer has; asks nobody, works offline
    #[command(after_help = exit::HELP, after_long_help = client_help())]
    Status(status::Args),
    /// Make today's check with the marketplace if it is still due
    #[command(after_help = exit::HELP, after_long_help = client_help())]
    Heartbeat(heartbeat::Args),
    /// Ask the marketplace now, also where today's check was made
    #[command(after_help = exit::HELP, after_long_help = client_help())]
    Query(query::Args),
    /// Remove licences from this computer; the marketplace is not told
    #[command(after_help = exit::HELP, after_long_help = client_help())]
    Forget(forget::Args),
    /// Print the device fingerprint of this computer
    Fingerprint,
    /// Write the progress file of a silent installation
    InstallReport(install_report::Args),
    /// Licence files, for machines that are never online
    #[command(subcommand, after_help = exit::HELP)]
    License(license::Command),
    /// Vendor: upgrade feeds, made from installers, signed and checked
    #[command(subcommand, after_help = exit::HELP)]
    Feed(feed::Command),
    /// Make the state folder that all users of this computer share: for installers, as an administrator
    #[command(after_help = exit::HELP)]
    Setup(setup::Args),
    /// Tell what is well and what is not on this computer: for support desks
    #[command(after_long_help = secrets::HELP)]
    Doctor(doctor::Args),
    /// Install a staged upgrade once the program has ended: started by the library
    UpgradeRun(upgrade_run::Args),
    /// Run a marketplace on loopback, to develop and test against
    Sandbox(sandbox::Args),
    /// A guided tour: a C program, a sandbox, and everything that can happen to a licence
    Demo(demo::Args),
}

fn client_help() -> String {
    format!("{}\n\n{}", secrets::HELP, exit::HELP)
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let outcome = match cli.command {
        Command::Activate(args) => activate::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Heartbeat(args) => heartbeat::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Forget(args) => forget::run(&args),
        Command::Fingerprint => fingerprint::run(),
        Command::InstallReport(args) => install_report::run(&args),
        Command::License(command) => license::run(&command),
        Command::Feed(command) => feed::run(&command),
        Command::UpgradeRun(args) => upgrade_run::run(&args),
        Command::Sandbox(args) => match sandbox::run(args) {
            // It has said its line of JSON when it was ready.
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => Outcome::failed(error),
        },
        Command::Setup(args) => setup::run(&args),
        Command::Doctor(args) => return doctor::run(&args, cli.json),
        Command::Demo(args) => demo::run(&args, cli.json),
    };
    outcome.finish(cli.json)
}

/// Also the way of `--help` and `--version`, which are answers and no errors.
fn not_understood(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    if error.use_stderr() && wants_json {
        let text = error.to_string();
        return Outcome::failed(Error::argument(text.trim_end())).finish(true);
    }
    // Nothing can be told where even this cannot be printed.
    let _ = error.print();
    match error.use_stderr() {
        true => exit::Exit::Usage.into(),
        false => ExitCode::SUCCESS,
    }
}
