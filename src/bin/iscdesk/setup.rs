//! `iscdesk setup --machine`: what an installer does once, as an administrator, so that all users share the licences.

use crate::connect::{self, ClientArgs};
use crate::output::Outcome;
use crate::words::{Word, say};
use iscdesk::client::config::Config;
use iscdesk::client::options::Key;
use iscdesk::text::Language;
use iscdesk::{Status, store};

#[derive(clap::Args)]
pub struct Args {
    /// Make the folder of scope machine, owned by the administrator, in which every user may write the state
    #[arg(long, required = true)]
    machine: bool,
    #[command(flatten)]
    client: ClientArgs,
}

pub fn run(args: &Args) -> Outcome {
    let mut language = Language::named(args.client.language());
    let made = connect::options(&args.client).and_then(|mut options| {
        language = Language::named(options.text(Key::Language));
        options.set_string(Key::Scope.code(), "machine")?;
        // The customer's own file is not there before the folder is.
        let config = Config::check(&options, |_| None)?;
        store::machine_folder(&config.location)
    });
    let mut outcome = match made {
        Ok((folder, status)) => {
            let word = match status {
                Status::Already => Word::FolderWasThere,
                _ => Word::FolderMade,
            };
            let folder = folder.display().to_string();
            Outcome::new(Ok(status))
                .with_line(format!("{} {folder}", say(word, language)))
                .with_member("folder", folder)
        }
        Err(error) => Outcome::failed(error),
    };
    outcome.language = language;
    outcome
}
