//! `iscdesk forget CODE`, `iscdesk forget --all`: for uninstallers. The word `--all` keeps a forgotten argument from
//! forgetting everything.

use crate::code;
use crate::connect::{self, ClientArgs};
use crate::output::Outcome;
use crate::words::{Word, say};

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The authorization code to forget
    #[arg(value_name = "CODE", value_parser = code::pasted)]
    code: Option<String>,
    /// Forget every licence of the product
    #[arg(long)]
    all: bool,
}

pub fn run(args: &Args) -> Outcome {
    connect::with_client(&args.client, "writing …", |client, language| {
        let word = match args.which.all {
            true => Word::ForgottenAll,
            false => Word::Forgotten,
        };
        let outcome = Outcome::new(client.forget(args.which.code.as_deref()));
        match outcome.result {
            Ok(_) => outcome.with_line(say(word, language)),
            Err(_) => outcome,
        }
    })
}
