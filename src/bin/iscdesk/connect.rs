//! From arguments to a client. What an argument says wins over the options file; `auto_heartbeat` is always off, so that
//! nothing is sent but what the command is for.

use crate::output::Outcome;
use crate::{progress, secrets};
use iscdesk::client::options::{Key, Kind};
use iscdesk::client::{Client, DEFAULT_SHUTDOWN, Level, LogSink, Options};
use iscdesk::text::Language;
use iscdesk::{Cause, Error, Status};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const CONFIG_FILE: &str = "iscdesk.json";
/// Options that may not stand on a command line.
const SECRET: [Key; 3] = [Key::SecretKey, Key::BearerToken, Key::StateSecret];
/// `version` is required of programs; here it is only seen by the marketplace's log.
const NO_VERSION: &str = "0";

/// Which product, and how to reach the marketplace
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Product and marketplace")]
pub struct ClientArgs {
    /// The product's options file [default: iscdesk.json beside this program, if it is there; the
    /// current folder is not searched]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Minisign public key: the options file must be signed by it (FILE.minisig)
    #[arg(long, value_name = "KEY")]
    config_key: Option<String>,
    /// Who made the product
    #[arg(long)]
    vendor: Option<String>,
    /// What it is called
    #[arg(long)]
    product: Option<String>,
    /// Its version
    #[arg(long)]
    version: Option<String>,
    /// The marketplace, or the vendor's own server in front of it: scheme://host[:port][/prefix]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Asked when the first one is unavailable
    #[arg(long, value_name = "URL")]
    fallback_endpoint: Option<String>,
    /// Folder of the licence state
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// PEM roots to trust in addition to the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// http://host:port or direct [default: the system's]
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// The merchant's access key; its secret key comes from --secret-key-file or ISCDESK_SECRET_KEY
    #[arg(long, value_name = "KEY")]
    access_key: Option<String>,
    /// File that holds the secret key [else: environment variable ISCDESK_SECRET_KEY]
    #[arg(long, value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
    /// File that holds the token of a vendor's own server [else: ISCDESK_BEARER_TOKEN]
    #[arg(long, value_name = "FILE")]
    bearer_token_file: Option<PathBuf>,
    /// File that holds the secret under which the product seals its state [else: ISCDESK_STATE_SECRET]
    #[arg(long, value_name = "FILE")]
    state_secret_file: Option<PathBuf>,
    /// Any other member of the options file, for example call_timeout_ms=5000
    #[arg(long = "set", value_name = "MEMBER=VALUE")]
    others: Vec<String>,
    /// Language of the texts: en or zh
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// Tell on stderr what happens
    #[arg(long, short)]
    verbose: bool,
}

impl ClientArgs {
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }
}

/// Runs a command with a client and ends the client, which writes what is not written yet.
pub fn with_client(
    args: &ClientArgs,
    waiting: &'static str,
    command: impl FnOnce(&Client, Language) -> Outcome,
) -> Outcome {
    let warnings = Arc::<Mutex<Vec<String>>>::default();
    let mut language = Language::named(args.language.as_deref());
    let made = options(args).and_then(|mut options| {
        language = Language::named(options.text(Key::Language));
        options.set_log(Some(log(args.verbose, warnings.clone())));
        Client::init(&options)
    });
    let mut outcome = match made {
        Ok(client) => progress::during(waiting, || {
            let outcome = command(&client, language);
            // Whatever cannot end in time ends with the process.
            let _ = client.shutdown(DEFAULT_SHUTDOWN);
            outcome
        }),
        Err(error) => Outcome::failed(error),
    };
    outcome.language = language;
    outcome.advised = true;
    outcome.warnings =
        std::mem::take(&mut *warnings.lock().unwrap_or_else(PoisonError::into_inner));
    outcome
}

/// Everything is told as it happens, or only the warnings afterwards.
fn log(verbose: bool, warnings: Arc<Mutex<Vec<String>>>) -> LogSink {
    let write = move |level: i32, text: &str| {
        if verbose {
            eprintln!("[{level}] {text}");
        } else {
            let mut warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner);
            warnings.push(text.to_owned());
        }
    };
    let max_level = match verbose {
        true => Level::Trace,
        false => Level::Warn,
    };
    LogSink {
        max_level: max_level as i32,
        write: Arc::new(write),
    }
}

/// What the arguments, the file and the environment say.
pub fn options(args: &ClientArgs) -> Result<Options, Error> {
    let mut options = load(args)?;
    for other in &args.others {
        set_other(&mut options, other)?;
    }
    if args.proxy.as_ref().is_some_and(|proxy| proxy.contains('@')) {
        return Err(fault(
            "--proxy: a password does not belong on the command line; write the proxy into the options file, \
             or set HTTPS_PROXY",
        ));
    }
    let given = [
        (Key::Vendor, &args.vendor),
        (Key::Product, &args.product),
        (Key::Version, &args.version),
        (Key::Endpoint, &args.endpoint),
        (Key::FallbackEndpoint, &args.fallback_endpoint),
        (Key::DataDir, &args.data_dir),
        (Key::CaFile, &args.ca_file),
        (Key::Proxy, &args.proxy),
        (Key::AccessKey, &args.access_key),
        (Key::Language, &args.language),
    ];
    for (key, value) in given {
        if let Some(value) = value {
            options.set_string(key.code(), value)?;
        }
    }
    let files = [
        (Key::SecretKey, &args.secret_key_file, "ISCDESK_SECRET_KEY"),
        (
            Key::BearerToken,
            &args.bearer_token_file,
            "ISCDESK_BEARER_TOKEN",
        ),
        (
            Key::StateSecret,
            &args.state_secret_file,
            "ISCDESK_STATE_SECRET",
        ),
    ];
    for (key, file, variable) in files {
        if let Some(secret) = secrets::read(file.as_ref(), variable)? {
            options.set_string(key.code(), &secret)?;
        }
    }
    if args.config.is_none() && names_nothing(&options) {
        return Err(which_product());
    }
    if options.text(Key::Version).is_none() {
        options.set_string(Key::Version.code(), NO_VERSION)?;
    }
    options.set_int(Key::AutoHeartbeat.code(), 0)?;
    Ok(options)
}

/// The current folder is not searched: whose it is nobody knows, and a file there could send tokens anywhere. That one lies
/// there is said.
fn which_product() -> Error {
    let looked = beside_program().unwrap_or_else(|| CONFIG_FILE.into());
    let here = match Path::new(CONFIG_FILE).exists() {
        true => " (for the one in the current folder: --config iscdesk.json)",
        false => "",
    };
    fault(&format!(
        "which product? {} is not there or names none: name the options file by --config{here}, \
         or give at least --vendor and --product",
        looked.display()
    ))
}

fn names_nothing(options: &Options) -> bool {
    let named = |key| options.text(key).is_some();
    !named(Key::Vendor) && !named(Key::Product)
}

/// The file that was named must be there, the one beside the program need not.
fn load(args: &ClientArgs) -> Result<Options, Error> {
    let path = match &args.config {
        Some(path) => Some(path.clone()),
        None => beside_program().filter(|path| path.exists()),
    };
    match (path, &args.config_key) {
        (Some(path), Some(key)) => Options::load_signed(Some(&path), key),
        (Some(path), None) => Options::load(Some(&path)),
        (None, Some(_)) => Err(fault("--config-key: there is no options file to verify")),
        (None, None) => Ok(Options::new()),
    }
}

fn beside_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.parent().map(|dir: &Path| dir.join(CONFIG_FILE))
}

fn set_other(options: &mut Options, given: &str) -> Result<(), Error> {
    let Some((name, value)) = given.split_once('=') else {
        return Err(fault("--set: write MEMBER=VALUE"));
    };
    let Some(key) = Key::from_name(name) else {
        return Err(fault(&format!("--set: there is no option {name:?}")));
    };
    if SECRET.contains(&key) || (key == Key::Proxy && value.contains('@')) {
        return Err(fault(&format!(
            "--set {name}: secrets do not belong on the command line; see --help for where they come from"
        )));
    }
    match key.kind() {
        Kind::Text => options.set_string(key.code(), value),
        Kind::Number => match value.parse() {
            Ok(number) => options.set_int(key.code(), number),
            Err(_) => Err(fault(&format!("--set {name}: must be a whole number"))),
        },
    }
}

fn fault(text: &str) -> Error {
    Error::new(Status::Config, Cause::Config, text)
}
