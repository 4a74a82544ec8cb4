//! `iscdesk activate CODE…`: several codes go in one request.

use crate::code;
use crate::connect::{self, ClientArgs};
use crate::holdings;
use crate::output::Outcome;
use crate::words::{Word, say};
use iscdesk::client::Client;
use iscdesk::{Cause, Status};

#[derive(clap::Args)]
pub struct Args {
    /// Authorization codes, up to 100
    #[arg(required = true, value_name = "CODE", value_parser = code::pasted)]
    codes: Vec<String>,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args) -> Outcome {
    connect::with_client(&args.client, "activating …", |client, language| {
        let mut outcome = Outcome::new(activate(client, &args.codes));
        let done = match outcome.result {
            Ok(Status::Already) => Some(Word::AlreadyActive),
            Ok(_) => Some(Word::Activated),
            // The marketplace's refusal; where the answer is missing nobody knows what was activated.
            Err(ref error) if args.codes.len() > 1 && error.cause == Cause::Refused => {
                Some(Word::BatchRefused)
            }
            Err(_) => None,
        };
        outcome
            .lines
            .extend(done.map(|word| say(word, language).to_owned()));
        holdings::describe(client, &args.codes, language, outcome)
    })
}

fn activate(client: &Client, codes: &[String]) -> Result<Status, iscdesk::Error> {
    match codes {
        [code] => client.activate(code),
        codes => {
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            client.activate_many(&codes)
        }
    }
}
