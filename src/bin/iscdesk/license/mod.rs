//! `iscdesk license`: licence files, for machines that are never online.
//!
//! The vendor makes a key (`keygen`) and puts its public half into the program's options. An air-gapped customer sends a
//! `request`; the vendor answers it with a file (`issue`), which the program takes up, or `import` does. Given back
//! (`return`), it is refused on that machine, and the vendor can be sure of it (`verify-return`).
//!
//! | file | holds |
//! |---|---|
//! | `keys` | the vendor's key and how it is kept |
//! | `issue`, `expiry` | a file for a request or a site; until when |
//! | `inspect` | what a file says and whether it verifies; returns |
//! | `machine` | what the customer does, with the program's own options |

mod expiry;
mod inspect;
mod issue;
mod keys;
mod machine;

use crate::files::{read, write_new};
use crate::output::Outcome;
use clap::Subcommand;
use iscdesk::{Cause, Error, Status};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Subcommand)]
pub enum Command {
    /// Vendor: make the key that signs licence files; prints its public half for license_public_key
    Keygen(keys::Args),
    /// Vendor: issue a licence file
    Issue(issue::Args),
    /// Show what a licence file says, and whether it verifies
    Inspect(inspect::Args),
    /// Customer: make the request for this machine, to be sent to the vendor
    Request(machine::RequestArgs),
    /// Customer: take up a licence file
    Import(machine::ImportArgs),
    /// Customer: give a licence file back; prints the proof for the vendor
    Return(machine::ReturnArgs),
    /// Vendor: verify the proof that a licence file was given back
    VerifyReturn(inspect::ReturnArgs),
}

pub fn run(command: &Command) -> Outcome {
    let told = match command {
        Command::Keygen(args) => keys::run(args),
        Command::Issue(args) => issue::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Request(args) => return machine::request(args),
        Command::Import(args) => return machine::import(args),
        Command::Return(args) => return machine::give_back(args),
        Command::VerifyReturn(args) => inspect::verify_return(args),
    };
    told.unwrap_or_else(Outcome::failed)
}

fn done() -> Outcome {
    Outcome::new(Ok(Status::Ok))
}

/// A text goes into a file that does not exist yet, or to stdout. `name` is its member with `--json`.
fn hand_over(text: &str, out: Option<&PathBuf>, name: &str) -> Result<Outcome, Error> {
    match out {
        None => Ok(done().with_line(text).with_member(name, text)),
        Some(path) => {
            write_new(path, &format!("{text}\n"), false)?;
            let shown = path.display().to_string();
            let answer = done().with_line(format!("written: {shown}"));
            Ok(answer.with_member("file", shown))
        }
    }
}

fn fault(text: impl Into<String>) -> Error {
    Error::argument(text)
}

/// Something that was handed in does not verify.
fn unproved(text: impl Into<String>) -> Error {
    Error::new(Status::LicenseFile, Cause::Verdict, text)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}
