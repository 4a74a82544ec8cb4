//! The C ABI: every exported function, and nothing of the product's rules.
//!
//! An exported function guards, converts, calls the client and converts back. What all of them share lies in five files:
//!
//! | file | holds |
//! |---|---|
//! | `boundary` | the one funnel: panics, last error, from a handle to its object |
//! | `strings` | strings in, strings out |
//! | [`last_error`] | the calling thread's last failure |
//! | [`handle`], `layout` | handles that are checked and never followed |
//! | `fork` | what a child process may not use |
//!
//! Beyond these there is one file per object. The doc comments of the exported items are the documentation of
//! `include/iscdesk.h`, which cbindgen makes from these files: they are written for C programmers.
//!
//! A pointer that C passes is trusted only as far as C can promise: a string ends in NUL, a buffer is as long as said.
//! That is the safety contract of every `unsafe` function here.

// Names are C's. The header's comments carry the safety contract in the words of its readers.
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

mod boundary;
pub mod client;
pub mod cloud;
pub mod events;
mod fork;
mod handle;
pub mod hooks;
pub mod last_error;
mod layout;
pub mod licenses;
pub mod options;
pub mod requests;
pub mod status;
mod strings;
pub mod truth;
pub mod types;
pub mod upgrade;
