//! Names and keys that are made up: request ids, and credentials where none were given.

use super::signature::hex;
use ring::rand::{SecureRandom, SystemRandom};

/// 32 hexadecimal characters. Without randomness from the system they are all zero, which a sandbox survives.
pub fn hex_id() -> String {
    let mut bytes = [0; 16];
    let _ = SystemRandom::new().fill(&mut bytes);
    hex(&bytes)
}
