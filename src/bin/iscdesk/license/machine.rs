//! What the customer of an air-gapped machine does, by the program's own options: request, import, return.

use super::{Answer, fault, hand_over, unproved};
use iscdesk::client::options::Key;
use iscdesk::client::{Client, DEFAULT_SHUTDOWN, Options};
use iscdesk::events::{Event, EventType, Receiver};
use iscdesk::{Error, Status};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const CONFIG_FILE: &str = "iscdesk.json";
const PATIENCE: Duration = Duration::from_secs(30);

/// Which product
#[derive(clap::Args)]
pub struct ProductArgs {
    /// The product's options file [default: iscdesk.json beside this program, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Who made the product
    #[arg(long)]
    vendor: Option<String>,
    /// What it is called
    #[arg(long)]
    product: Option<String>,
    /// Folder of the licence state
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// The vendor's public keys, where the options file does not name them
    #[arg(long, value_name = "KEYS")]
    public_key: Option<String>,
}

#[derive(clap::Args)]
pub struct RequestArgs {
    /// Where to write it; must not exist [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    product: ProductArgs,
}

#[derive(clap::Args)]
pub struct ImportArgs {
    /// The licence file
    file: PathBuf,
    #[command(flatten)]
    product: ProductArgs,
}

#[derive(clap::Args)]
pub struct ReturnArgs {
    /// The code of the licence
    code: String,
    /// Where to write the proof; must not exist [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    product: ProductArgs,
}

pub fn request(args: &RequestArgs) -> Result<Answer, Error> {
    let request = with_client(&args.product, Client::license_request)?;
    hand_over(&request, args.out.as_ref(), "request")
}

/// Given back is given back: where the proof cannot be written, asking again shows it.
pub fn give_back(args: &ReturnArgs) -> Result<Answer, Error> {
    let proof = with_client(&args.product, |client| client.license_return(&args.code))?;
    hand_over(&proof, args.out.as_ref(), "proof")
}

pub fn import(args: &ImportArgs) -> Result<Answer, Error> {
    let path = std::path::absolute(&args.file)
        .map_err(|e| fault(format!("{}: {e}", args.file.display())))?;
    let name = path
        .to_str()
        .ok_or_else(|| fault("the path is not UTF-8"))?;
    let codes = with_client(&args.product, |client| {
        take_up(client, name)?;
        client.list_licenses()
    })?;
    let codes: Value = serde_json::from_str(&codes).unwrap_or_default();
    Ok(Answer::default()
        .line(format!("accepted: {name}"))
        .member("licenses", codes))
}

/// Asks the way a program does, and waits for the event that answers.
fn take_up(client: &Client, name: &str) -> Result<(), Error> {
    let heard = Arc::new(Heard::default());
    client.register(heard.clone())?;
    client.request_license_file(Some(name), None)?;
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(std::time::Instant::now());
        if client.poll(left)? == 0 {
            return Err(Error::timeout("the licence file was not read in time"));
        }
        let answer = heard
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(answer) = answer {
            return outcome(&answer["params"]);
        }
    }
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

/// The answer to the request, once it is there.
#[derive(Default)]
struct Heard(Mutex<Option<Value>>);

impl Receiver<Event> for Heard {
    fn receive(&self, event: &Event) {
        if event.kind == EventType::LicenseVerify {
            let answer = serde_json::from_str(&event.message).ok();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        }
    }

    fn retire(&self) {}
}

fn with_client<T>(
    args: &ProductArgs,
    ask: impl FnOnce(&Client) -> Result<T, Error>,
) -> Result<T, Error> {
    let client = Client::init(&options(args)?)?;
    let answer = ask(&client);
    // What cannot end in time ends with the process.
    let _ = client.shutdown(DEFAULT_SHUTDOWN);
    answer
}

fn options(args: &ProductArgs) -> Result<Options, Error> {
    let file = args.config.clone().or_else(beside_program);
    let mut options = match file {
        Some(path) => Options::load(Some(&path))?,
        None => Options::new(),
    };
    let given = [
        (Key::Vendor, &args.vendor),
        (Key::Product, &args.product),
        (Key::DataDir, &args.data_dir),
        (Key::LicensePublicKey, &args.public_key),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            options.set_string(key.code(), value)?;
        }
    }
    if options.text(Key::Version).is_none() {
        options.set_string(Key::Version.code(), "0")?;
    }
    // Nothing is sent, and the events are taken here.
    options.set_int(Key::AutoHeartbeat.code(), 0)?;
    options.set_string(Key::Delivery.code(), "poll")?;
    Ok(options)
}

fn beside_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let path = program.parent().map(|dir: &Path| dir.join(CONFIG_FILE));
    path.filter(|path| path.exists())
}
