//! Upgrades: what a feed may say, what follows from it, and the folder in which the library and the helper hand over.
//!
//! The vendor signs the feed, and each package with a trusted comment that names product, version and platform. The library
//! fetches and checks both and stages the package; the helper (`iscdesk upgrade-run`) waits for the program's end, checks
//! everything once more and runs the installer. Neither believes the other: what they share are the formats here.
//!
//! * [`version`]: which of two versions is the newer one.
//! * [`feed`], [`url`]: the feed's bytes, checked and typed; what an address may look like.
//! * [`fetch`]: the feed and its signature, from their server.
//! * [`signature`]: minisign, of the feed and of a package that is read in pieces.
//! * [`rules`], [`facts`]: pure: what a feed means to this program; what is remembered for that.
//! * [`resume`]: pure: how a broken download goes on.
//! * [`staging`], [`plan`]: the folder, its names and locks; what its small files say.
//! * [`running`]: how the helper knows that no process of the product runs any more.

pub mod facts;
pub mod feed;
pub mod fetch;
pub mod plan;
pub mod resume;
pub mod rules;
pub mod running;
pub mod signature;
pub mod staging;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod url;
pub mod version;

pub use facts::UpgradeFacts;
pub use feed::{Feed, Package, this_platform};
pub use plan::{Attempts, Ended, Outcome, Plan};
pub use rules::{Decision, Offer, Refusal};
pub use signature::Keys;
pub use staging::Staging;
pub use version::Version;
