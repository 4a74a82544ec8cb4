pub mod lifecycle;
use crate::events::hub;
use crate::sync;
