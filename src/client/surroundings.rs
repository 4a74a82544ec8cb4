//! What a client gets from outside, so that tests can give something else: time, the machine, chance, the network.

use super::config::Config;
use super::live::Live;
use crate::clock::{self, SharedClock};
use crate::device::{Machine, ThisMachine};
use crate::error::Error;
use crate::marketplace::{ReqwestTransport, ThreadsAlive, Transport, TransportConfig, user_agent};
use crate::platform::{detached, disk};
use crate::store::{Scope, read_given};
use ring::rand::{SecureRandom, SystemRandom};
use std::io;
use std::path::Path;
use std::sync::Arc;

type MakeTransport =
    dyn Fn(&Config, &Live, &ThreadsAlive) -> Result<Arc<dyn Transport>, Error> + Send + Sync;

type Room = dyn Fn(&Path) -> Option<u64> + Send + Sync;

/// Takes the helper's path and the staging folder. What it gives is asked until it says how the start has ended.
type StartHelper = dyn Fn(&Path, &Path) -> io::Result<Starting> + Send + Sync;

/// A helper on its way: its exit code once it has one.
pub type Starting = Box<dyn FnMut() -> io::Result<Option<i32>> + Send>;
pub(super) type ReadGiven = dyn Fn(&Path, usize, Scope) -> Result<Vec<u8>, String> + Send + Sync;

#[derive(Clone)]
pub struct Surroundings {
    pub clock: SharedClock,
    pub machine: Arc<dyn Machine>,
    /// Uniform in 0..1.
    pub chance: Arc<dyn Fn() -> f64 + Send + Sync>,
    /// Makes the way to the network, anew for each operation: proxies and roots change while a program runs.
    pub transport: Arc<MakeTransport>,
    /// Bytes that may still be written in a folder, where that is known.
    pub room: Arc<Room>,
    /// Starts the helper on a staging folder. It goes on by itself.
    pub start_helper: Arc<StartHelper>,
    /// Reads a licence file, as [`read_given`]. May hang: the drive may be one of the network.
    pub read_given: Arc<ReadGiven>,
}

impl Surroundings {
    pub fn real() -> Surroundings {
        Surroundings {
            clock: clock::system(),
            machine: Arc::new(ThisMachine),
            chance: Arc::new(chance),
            transport: Arc::new(reqwest_transport),
            room: Arc::new(disk::free_bytes),
            start_helper: Arc::new(start_helper),
            read_given: Arc::new(read_given),
        }
    }
}

fn chance() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness every wait has its middle length, which is no error.
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_ne_bytes(bytes)) / (f64::from(u32::MAX) + 1.0),
        Err(_) => 0.5,
    }
}

fn start_helper(helper: &Path, staging: &Path) -> io::Result<Starting> {
    let arguments = [
        "upgrade-run".as_ref(),
        "--staging".as_ref(),
        staging.as_os_str(),
    ];
    let mut started = detached::start(helper, &arguments)?;
    Ok(Box::new(move || started.ended()))
}

fn reqwest_transport(
    config: &Config,
    live: &Live,
    lookups: &ThreadsAlive,
) -> Result<Arc<dyn Transport>, Error> {
    let identity = &config.identity;
    let transport = TransportConfig {
        proxy: &live.proxy,
        ca_file: live.ca_file.as_deref(),
        connect_timeout: config.timeouts.connect,
        user_agent: &user_agent(&identity.vendor, &identity.product, &identity.version),
    };
    Ok(Arc::new(ReqwestTransport::new(&transport, lookups)?))
}
