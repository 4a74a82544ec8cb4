//! Platforms without a reader of their own: nothing is obtained, and a machine without any id is taken for the one it
//! was (see [`super::binding`]).

use super::Parts;

pub(super) fn os_id() -> String {
    String::new()
}

pub(super) fn parts() -> Parts {
    Parts {
        cpu: super::cpuid::processor_id(),
        ..Parts::default()
    }
}
