//! `iscdesk demo`.
use crate::output::Outcome;
#[derive(clap::Args)]
pub struct Args {}
pub fn run(_args: &Args, _json: bool) -> Outcome {
    Outcome::failed(iscdesk::Error::unsupported("not yet"))
}
