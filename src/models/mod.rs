//! The shutdown and dispatch logic under shuttle: the sources of `events::hub` and `client::lifecycle`, compiled against
//! shuttle's locks, in every interleaving that a few thousand random schedules reach. Each model is run once as it is
//! and once for each error that could be made, which it has to notice.
//!
//! `ISC_MODEL_SCHEDULES` sets the number of schedules per model (CI: the default; the long form: 200000).

#[path = "../events/hub.rs"]
#[allow(dead_code, clippy::duplicate_mod)]
mod hub;
#[path = "../client/lifecycle.rs"]
#[allow(dead_code, clippy::duplicate_mod)]
mod lifecycle;
mod scenarios;
mod sync;
