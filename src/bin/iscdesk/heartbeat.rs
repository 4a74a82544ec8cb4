//! `iscdesk heartbeat [CODE]`: today's check, unless it was made already, by whichever process.

use crate::connect::{self, ClientArgs};
use crate::holdings;
use crate::output::Outcome;
use crate::words::{Word, say};
use iscdesk::Status;
use iscdesk::text::{self, Language};

#[derive(clap::Args)]
pub struct Args {
    /// An authorization code [default: all that are held]
    #[arg(value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args) -> Outcome {
    connect::with_client(
        &args.client,
        "asking the marketplace …",
        |client, language| {
            let mut outcome = Outcome::new(client.heartbeat(args.code.as_deref()));
            if let Ok(status) = outcome.result {
                outcome.lines.push(told(status, language));
            }
            holdings::describe(client, args.code.as_slice(), language, outcome)
        },
    )
}

fn told(status: Status, language: Language) -> String {
    match status {
        Status::Already => say(Word::CheckedBefore, language).into(),
        Status::Ok => say(Word::Checked, language).into(),
        other => text::status_message(other, language)
            .to_string_lossy()
            .into_owned(),
    }
}
