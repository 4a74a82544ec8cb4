//! Events: their vocabulary and messages ([`event`]), and their ordered delivery ([`hub`]).

pub mod event;
pub mod hub;

use crate::sync;

pub use event::{Event, EventType};
pub use hub::{Delivery, Ended, Hub, Receiver, Refused, Wake};
