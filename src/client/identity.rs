//! The machine as the store sees it.

use crate::device::{Binding, Machine, file_tag};
use crate::store::Identity;
use std::sync::Arc;

pub struct MachineIdentity(pub Arc<dyn Machine>);

impl Identity for MachineIdentity {
    fn file_tag(&self, key: &[u8]) -> String {
        file_tag(key, &self.0.os_id())
    }

    fn bind(&self, key: &[u8]) -> serde_json::Value {
        serde_json::to_value(Binding::of(key, &self.0.parts())).unwrap_or_default()
    }

    fn is_ours(&self, key: &[u8], binding: &serde_json::Value) -> bool {
        serde_json::from_value::<Binding>(binding.clone())
            .is_ok_and(|binding| binding.is_this_machine(key, self.0.as_ref()).is_ours())
    }
}
