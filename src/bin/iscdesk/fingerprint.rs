//! `iscdesk fingerprint`: what a vendor asks for to issue a licence file for this computer.

use crate::output::Outcome;
use iscdesk::Status;
use iscdesk::device::{self, Machine, ThisMachine};

pub fn run() -> Outcome {
    let fingerprint = device::fingerprint(&ThisMachine.parts());
    Outcome::new(Ok(Status::Ok))
        .with_line(fingerprint.clone())
        .with_member("fingerprint", fingerprint)
}
