//! The licence client of a desktop program that is sold on the Huawei Cloud marketplace.

pub mod client;
pub mod clock;
pub mod device;
pub mod diagnose;
pub mod error;
pub mod events;
pub mod ffi;
pub mod hex;
pub mod install;
pub mod license;
pub mod marketplace;
#[cfg(test)]
mod models;
mod platform;
pub mod store;
mod sync;
pub mod text;
pub mod upgrade;

pub use error::{Cause, Error, Status};
// For the helper of upgrades, which may hold no `unsafe` of its own.
#[cfg(all(windows, feature = "cli"))]
#[doc(hidden)]
pub use platform::elevation;
