//! Pure: what is known about licences, and what follows from it at a given time. No clock is read here, nothing is
//! written and no thread is started; every function takes the time as an argument.
//!
//! * [`facts`]: what the marketplace said about one code.
//! * [`failures`]: what went wrong in the background lately.
//! * [`suite`]: all codes of one product on one machine, as they are stored.
//! * [`day`]: the day of "daily first use".
//! * [`plausible`]: which of the times on offer is believed.
//! * [`verdict`]: licensed or not, and until when.
//! * [`file`]: licence files, for machines that are never online.
//! * [`expiring`]: when an expiry is announced.
//! * [`schedule`]: when the next check is due.

pub mod day;
pub mod expiring;
pub mod facts;
pub mod failures;
pub mod file;
pub mod plausible;
pub mod schedule;
pub mod suite;
pub mod verdict;

pub use day::DayRule;
pub use facts::{Facts, Said};
pub use failures::{Failure, Failures};
pub use suite::{ClockFacts, MAX_CODE_BYTES, MAX_CODES, Suite};
pub use verdict::{Policy, Verdict};
