//! The command line of iscdesk: one subcommand per file or folder beside this one, each with its own arguments and one
//! function that runs it. What is printed on stdout is for scripts, what goes to stderr is for people.

mod license;
mod sandbox;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "iscdesk", version, about)]
struct Cli {
    /// Answer with one JSON document on stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Licence files, for machines that are never online
    #[command(subcommand)]
    License(license::Command),
    /// Run a marketplace on loopback, to develop and test against
    Sandbox(sandbox::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::License(command) => license::run(&command).map(|answer| match cli.json {
            true => println!("{}", serde_json::Value::Object(answer.members)),
            false => answer.lines.iter().for_each(|line| println!("{line}")),
        }),
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
