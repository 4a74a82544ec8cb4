//! The command line of iscdesk: one subcommand per file or folder beside this one, each with its own arguments and one
//! function that runs it. What is printed on stdout is for scripts, what goes to stderr is for people.

mod doctor;
mod sandbox;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "iscdesk", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tell what is well and what is not on this computer: for support desks
    Doctor(doctor::Args),
    /// Run a marketplace on loopback, to develop and test against
    Sandbox(sandbox::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Doctor(args) => return doctor::run(&args),
        Command::Sandbox(args) => sandbox::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("iscdesk: {error}");
            ExitCode::FAILURE
        }
    }
}
