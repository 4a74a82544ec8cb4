//! `iscdesk status [CODE]`: from what is known here. Nobody is asked, so it works offline and at once.

use crate::code;
use crate::connect::{self, ClientArgs};
use crate::holdings;
use crate::output::Outcome;
use iscdesk::client::Client;
use iscdesk::license::Said;
use iscdesk::{Error, Status};

#[derive(clap::Args)]
pub struct Args {
    /// An authorization code [default: all that are held; licensed if one of them is]
    #[arg(value_name = "CODE", value_parser = code::pasted)]
    code: Option<String>,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args) -> Outcome {
    connect::with_client(&args.client, "reading …", |client, language| {
        let code = args.code.as_deref();
        let outcome = Outcome::new(verdict(client, code));
        holdings::describe(client, args.code.as_slice(), language, outcome)
    })
}

fn verdict(client: &Client, code: Option<&str>) -> Result<Status, Error> {
    let info = client.license_info(code)?;
    // Released or never known: the marketplace's own word is not at hand here.
    info.verdict.as_result(Said::Released).map(|()| Status::Ok)
}
