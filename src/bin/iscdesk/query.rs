//! `iscdesk query [CODE…]`: the marketplace is asked now, whether today's check was made or not.

use crate::code;
use crate::connect::{self, ClientArgs};
use crate::exit::Exit;
use crate::holdings;
use crate::output::Outcome;
use iscdesk::client::Client;
use iscdesk::{Error, Status};

#[derive(clap::Args)]
pub struct Args {
    /// Authorization codes, also ones that are not held: what is alive is taken up [default: all that are held]
    #[arg(value_name = "CODE", value_parser = code::pasted)]
    codes: Vec<String>,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args) -> Outcome {
    connect::with_client(
        &args.client,
        "asking the marketplace …",
        |client, language| {
            let mut outcome = Outcome::new(query(client, &args.codes));
            if let Ok(status) = outcome.result {
                let told = holdings::checked(client, &args.codes, status, language);
                outcome.lines.push(told);
            }
            holdings::describe(client, &args.codes, language, outcome)
        },
    )
}

/// One refused code keeps no other from being asked; where nothing answers there is no use asking on. The first failure
/// is the answer.
fn query(client: &Client, codes: &[String]) -> Result<Status, Error> {
    if codes.is_empty() {
        return client.query(None);
    }
    let mut answer = Ok(Status::Ok);
    for code in codes {
        match client.query(Some(code)) {
            Ok(Status::Ok) => {}
            Ok(status) => answer = answer.map(|_| status),
            Err(error) => {
                let about_the_code = Exit::of(error.status) == Exit::NotLicensed;
                answer = answer.and(Err(error));
                if !about_the_code {
                    break;
                }
            }
        }
    }
    answer
}
