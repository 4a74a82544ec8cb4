//! What differs between operating systems, and what needs `unsafe` outside the C ABI: threads ([`thread`]), the module's
//! own reference ([`module`]), a fast clock ([`clock`]), new files ([`fresh`]), and a value that is read without a lock ([`published`]).

pub mod bell;
pub mod clock;
pub mod fresh;
pub mod module;
pub mod published;
pub mod thread;
