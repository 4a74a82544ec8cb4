//! What differs between operating systems, and what needs `unsafe` outside the C ABI: threads ([`thread`]), the module's
//! own reference ([`module`]), how a thread wakes the worker ([`bell`]), a fast clock ([`clock`]), programs that outlive this
//! one ([`detached`]), new files ([`fresh`]), who may do what with them ([`access`]), files that others have open
//! ([`held`]), the room on a disk ([`disk`]), work that may hang ([`unwaited`]), a value that is read without a lock ([`published`]), the proxy that Windows would take
//! (`winhttp`), and for the helper of upgrades how Windows asks for an administrator (`elevation`).

pub mod access;
pub mod bell;
pub mod clock;
pub mod detached;
pub mod disk;
#[cfg(all(feature = "cli", any(windows, test)))]
pub mod elevation;
pub mod fresh;
pub mod held;
pub mod module;
pub mod process;
pub mod published;
pub mod thread;
pub mod unwaited;
#[cfg(windows)]
pub mod winhttp;
