//! Exit codes: what a script can branch on without reading anything. The number of the status itself is in `--json`.

use iscdesk::Status;
use std::process::ExitCode;

pub const HELP: &str = "\
Exit codes:
  0  done, or licensed
  1  not licensed: the code is not activated here, unknown, expired, released, or unchecked for too long
  2  the command line or the options hold a fault
  3  the marketplace cannot be reached or cannot answer now: try again later
  4  the marketplace refuses: keys, clock or request are wrong, or a feed does not hold; trying again does not help
  5  the licence state or a file cannot be read or written
  6  a fault of this program
With --json, \"isc_status\" is the status number of the C header.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Success = 0,
    NotLicensed = 1,
    Usage = 2,
    Unreachable = 3,
    Refused = 4,
    Storage = 5,
    Internal = 6,
}

impl Exit {
    pub fn of(status: Status) -> Exit {
        match status {
            Status::Ok | Status::Deferred | Status::Cached | Status::Already => Exit::Success,
            Status::NotActivated
            | Status::UnknownLicense
            | Status::NotReceived
            | Status::Expired
            | Status::Released
            | Status::OfflineTooLong
            | Status::Clock
            | Status::WrongDevice
            | Status::LicenseFile
            | Status::TooManyDevices => Exit::NotLicensed,
            Status::InvalidArgument
            | Status::InvalidUtf8
            | Status::Unsupported
            | Status::Config
            | Status::Limit => Exit::Usage,
            Status::Timeout
            | Status::Network
            | Status::Tls
            | Status::Proxy
            | Status::Throttled
            | Status::Server
            | Status::Protocol
            | Status::UpgradeDownload => Exit::Unreachable,
            Status::Unauthorized
            | Status::Rejected
            | Status::Untrusted
            | Status::UpgradeFeed
            | Status::UpgradeSignature => Exit::Refused,
            Status::Storage | Status::StorageDenied | Status::StorageBusy => Exit::Storage,
            Status::BufferTooSmall
            | Status::InvalidHandle
            | Status::Closed
            | Status::Reentrant
            | Status::Busy
            | Status::InvalidState
            | Status::Internal => Exit::Internal,
        }
    }

    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_zero_and_nothing_else_is() {
        for status in Status::ALL {
            assert_eq!(Exit::of(status).code() == 0, status.is_success());
        }
    }

    #[test]
    fn every_code_is_explained() {
        for status in Status::ALL {
            let line = format!("\n  {}  ", Exit::of(status).code());
            assert!(HELP.contains(&line), "{status:?}");
        }
    }
}
