//! `iscdesk install-report PATH PERCENT`: the progress file for installers that can run programs but load no library.

use crate::output::Outcome;
use iscdesk::{Status, install};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    /// The progress file, usually install.json
    path: PathBuf,
    /// 0 to 100; 100 = finished
    percent: u32,
    /// Why the installation failed
    #[arg(long, value_name = "MESSAGE")]
    error: Option<String>,
}

/// Says nothing where all is well: installers show what a program prints.
pub fn run(args: &Args) -> Outcome {
    let written = install::report(&args.path, args.percent, args.error.as_deref());
    Outcome::new(written.map(|()| Status::Ok))
}
