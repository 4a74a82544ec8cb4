//! Text that must not be seen: the merchant's secret key, the relay's token, a proxy's password.
//!
//! A [`Secret`] has neither `Debug` nor `Display`, so that it cannot slip into a log line, and its memory is wiped when
//! it is dropped. Copies that the HTTP library makes of a header are beyond its reach.

use zeroize::Zeroizing;

#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
