//! What differs between operating systems, and what needs `unsafe` outside the C ABI: threads ([`thread`]), the module's
//! own reference ([`module`]), how a thread wakes the worker ([`bell`]), a fast clock ([`clock`]), new files ([`fresh`]), the
//! room on a disk ([`disk`]), and a value that is read without a lock ([`published`]).

pub mod bell;
pub mod clock;
pub mod disk;
pub mod fresh;
pub mod module;
pub mod process;
pub mod published;
pub mod thread;
