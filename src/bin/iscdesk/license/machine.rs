//! What the customer of an air-gapped machine does, by the program's own options: request, import, return.

use super::{done, fault, hand_over, unproved};
use crate::code;
use crate::connect::{self, ClientArgs};
use crate::output::Outcome;
use iscdesk::client::Client;
use iscdesk::events::{Event, EventType, Receiver};
use iscdesk::{Error, Status};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(clap::Args)]
pub struct RequestArgs {
    /// Where to write it; must not exist [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub struct ImportArgs {
    /// The licence file
    file: PathBuf,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(clap::Args)]
pub struct ReturnArgs {
    /// The code of the licence
    #[arg(value_parser = code::pasted)]
    code: String,
    /// Where to write the proof; must not exist [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn request(args: &RequestArgs) -> Outcome {
    with_client(&args.client, |client| {
        let request = client.license_request()?;
        hand_over(&request, args.out.as_ref(), "request")
    })
}

/// Given back is given back: where the proof cannot be written, asking again shows it.
pub fn give_back(args: &ReturnArgs) -> Outcome {
    with_client(&args.client, |client| {
        let proof = client.license_return(&args.code)?;
        hand_over(&proof, args.out.as_ref(), "proof")
    })
}

pub fn import(args: &ImportArgs) -> Outcome {
    with_client(&args.client, |client| {
        let path = std::path::absolute(&args.file)
            .map_err(|e| fault(format!("{}: {e}", args.file.display())))?;
        let name = path
            .to_str()
            .ok_or_else(|| fault("the path is not UTF-8"))?;
        take_up(client, name)?;
        let codes: Value = serde_json::from_str(&client.list_licenses()?).unwrap_or_default();
        let told = done().with_line(format!("accepted: {name}"));
        Ok(told.with_member("licenses", codes))
    })
}

fn with_client(args: &ClientArgs, ask: impl FnOnce(&Client) -> Result<Outcome, Error>) -> Outcome {
    connect::with_client(args, "working …", |client, _| {
        ask(client).unwrap_or_else(Outcome::failed)
    })
}

/// Asks the way a program does, and waits for the event that answers.
fn take_up(client: &Client, name: &str) -> Result<(), Error> {
    let (sender, answers) = mpsc::channel();
    client.register(Arc::new(Heard(Mutex::new(sender))))?;
    client.request_license_file(Some(name), None)?;
    match answers.recv_timeout(PATIENCE) {
        Ok(message) => outcome(&message["params"]),
        Err(_) => Err(Error::timeout("the licence file was not read in time")),
    }
}

/// Passes the answer to the request on.
struct Heard(Mutex<Sender<Value>>);

impl Receiver<Event> for Heard {
    fn receive(&self, event: &Event) {
        if event.kind == EventType::LicenseVerify {
            let message = serde_json::from_str(&event.message).unwrap_or_default();
            let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody waits any more where it came too late.
            let _ = sender.send(message);
        }
    }

    fn retire(&self) {}
}

fn outcome(params: &Value) -> Result<(), Error> {
    if params["Status"] == "success" {
        return Ok(());
    }
    let text = params["ErrorMsg"].as_str().unwrap_or_default();
    let mut error = unproved(text);
    let code = params["ErrorCode"]
        .as_i64()
        .and_then(|code| i32::try_from(code).ok());
    if let Some(status) = code.and_then(Status::from_code) {
        error.status = status;
    }
    Err(error)
}
