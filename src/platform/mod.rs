//! What differs between operating systems, and what needs `unsafe` outside the C ABI: threads ([`thread`]), the module's
//! own reference ([`module`]), and a value that is read without a lock ([`published`]).

pub mod module;
pub mod published;
pub mod thread;
