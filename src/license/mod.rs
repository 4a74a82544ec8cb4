//! Pure: what is known about licences, and what follows from it at a given time. No clock is read here, nothing is
//! written and no thread is started; every function takes the time as an argument.
//!
//! * [`facts`]: what the marketplace said about one code.
//! * [`suite`]: all codes of one product on one machine, as they are stored.

pub mod facts;
pub mod suite;

pub use facts::{Facts, Said};
pub use suite::{ClockFacts, Suite};
