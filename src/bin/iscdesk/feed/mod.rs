//! `iscdesk feed`: the upgrade feed of a product, as its vendor makes it.
//!
//! `make` writes the feed from installer files, `sign` signs each package and then the feed with the vendor's minisign key,
//! `check` judges the folder as the library will. What is to be uploaded is then the feed, its `.minisig` and the
//! packages.
//!
//! | file | holds |
//! |---|---|
//! | `document` | the feed as a file that is edited: members that are not ours are kept |
//! | `make`, `sign`, `check` | the commands |
//! | `key` | minisign keys: made, and read with their passwords |

mod check;
mod document;
mod key;
mod make;
mod sign;

use crate::output::Outcome;
use clap::Subcommand;
use iscdesk::Status;

#[derive(Subcommand)]
pub enum Command {
    /// Make a minisign key; prints its public half for upgrade_public_key. `minisign -G` does the same
    Keygen(key::Args),
    /// Write a feed from installer files
    Make(make::Args),
    /// Sign the packages of a feed, and the feed
    Sign(sign::Args),
    /// Judge a feed and its packages as programs will, and name every fault
    Check(check::Args),
}

pub fn run(command: &Command) -> Outcome {
    let told = match command {
        Command::Keygen(args) => key::run(args),
        Command::Make(args) => make::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Check(args) => check::run(args),
    };
    told.unwrap_or_else(Outcome::failed)
}

fn done() -> Outcome {
    Outcome::new(Ok(Status::Ok))
}
