//! What differs between operating systems, and what needs `unsafe` outside the C ABI: threads ([`thread`]), the module's
//! own reference ([`module`]), a value that is read without a lock ([`published`]), and the room on a disk ([`disk`]).

pub mod disk;
pub mod module;
pub mod published;
pub mod thread;
