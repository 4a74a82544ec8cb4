//! The licence client of a desktop program that is sold on the Huawei Cloud marketplace.

pub mod clock;
pub mod error;
pub mod license;

pub use error::{Cause, Error, Status};
