//! `iscdesk heartbeat [CODE]`: today's check, unless it was made already, by whichever process.

use crate::code;
use crate::connect::{self, ClientArgs};
use crate::holdings;
use crate::output::Outcome;

#[derive(clap::Args)]
pub struct Args {
    /// An authorization code [default: all that are held]
    #[arg(value_name = "CODE", value_parser = code::pasted)]
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
                let told = holdings::checked(client, args.code.as_slice(), status, language);
                outcome.lines.push(told);
            }
            holdings::describe(client, args.code.as_slice(), language, outcome)
        },
    )
}
