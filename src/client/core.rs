//! What the parts of a client share: the program's calls, the worker and the dispatcher hold it by reference count.

use super::config::Config;
use super::files::ThisDevice;
use super::identity::MachineIdentity;
use super::inbox::Inbox;
use super::ledger::Ledger;
use super::lifecycle::Lifecycle;
use super::live::Live;
use super::log::Log;
use super::snapshot::Snapshot;
use super::surroundings::Surroundings;
use super::upgrade::Upgrades;
use super::worker::Threads;
use crate::clock::SharedClock;
use crate::events::{Event, Hub};
use crate::license::Suite;
use crate::marketplace::ThreadsAlive;
use crate::platform::published::Published;
use crate::store::Store;
use crate::sync::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Notify;

pub struct Core {
    pub(super) config: Config,
    pub(super) surroundings: Surroundings,
    pub(super) clock: SharedClock,
    pub(super) live: Mutex<Live>,
    pub(super) store: Store,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) published: Published<Snapshot>,
    pub(super) life: Lifecycle<Event>,
    pub(super) log: Log,
    pub(super) upgrades: Upgrades,
    /// Read when the first licence file asks for it.
    pub(super) device: ThisDevice,
    pub(super) inbox: Inbox,
    pub(super) threads: Mutex<Threads>,
    pub(super) lookups: ThreadsAlive,
    /// Licence requests that were not answered yet.
    pub(super) pending_requests: AtomicUsize,
    /// Whose turn it is to make today's check in this process. Used on the worker only.
    pub(super) checking: tokio::sync::Mutex<()>,
    /// An option was changed that a failed check may have waited for.
    pub(super) retry_now: AtomicBool,
    /// Whose turn it is to take up a licence file: they are answered in order. Used on the worker only.
    pub(super) taking_up: tokio::sync::Mutex<()>,
    /// Tells the background that something changed. Used on the worker only.
    pub(super) nudged: Notify,
    /// Last by a query or an activation, which raise `LicenseChanged` only: expiries wait for the background's next look.
    pub(super) nudged_quietly: AtomicBool,
}

impl Core {
    pub fn new(config: Config, surroundings: Surroundings) -> Arc<Core> {
        let identity = Arc::new(MachineIdentity(surroundings.machine.clone()));
        let empty = Snapshot::of(&Suite::default(), &config.policy);
        Arc::new(Core {
            clock: surroundings.clock.clone(),
            live: Mutex::new(Live::of(&config)),
            store: Store::new(&config.location, &config.state_secrets, identity),
            ledger: Mutex::default(),
            published: Published::new(empty),
            life: Lifecycle::new(Hub::new(config.delivery)),
            log: Log::new(config.log.clone()),
            inbox: Inbox::default(),
            upgrades: Upgrades::default(),
            device: ThisDevice::default(),
            threads: Mutex::default(),
            lookups: ThreadsAlive::default(),
            pending_requests: AtomicUsize::new(0),
            checking: tokio::sync::Mutex::new(()),
            taking_up: tokio::sync::Mutex::new(()),
            retry_now: AtomicBool::new(false),
            nudged: Notify::new(),
            nudged_quietly: AtomicBool::new(false),
            surroundings,
            config,
        })
    }

    /// Lets the background look again.
    pub(super) fn nudge(&self) {
        self.nudged_quietly.store(false, Ordering::SeqCst);
        self.nudged.notify_one();
    }

    pub(super) fn nudge_quietly(&self) {
        self.nudged_quietly.store(true, Ordering::SeqCst);
        self.nudged.notify_one();
    }
}
