//! The feed as a file that is edited. Members that this program does not know are kept as they are, and in their order:
//! other updaters read the same file.

use crate::files::{read, replace};
use iscdesk::Error;
use iscdesk::upgrade::Feed;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What is signed and judged: a feed, the folder its packages lie in, and the product that they are of.
#[derive(clap::Args)]
pub struct Subject {
    /// The feed
    #[arg(long, value_name = "FILE", default_value = "feed.json")]
    pub feed: PathBuf,
    /// Folder of the packages; default: that of the feed
    #[arg(long, value_name = "DIR")]
    pub packages: Option<PathBuf>,
    /// The product, exactly as in the program's options
    #[arg(long)]
    pub product: String,
}

impl Subject {
    /// The file of a package, by the last part of its URL.
    pub fn file_of(&self, url: &str) -> Option<PathBuf> {
        let path = url.split(['?', '#']).next()?;
        let name = path.rsplit('/').next().filter(|name| is_plain(name))?;
        let folder = self.packages.clone();
        let folder = folder.unwrap_or_else(|| crate::files::folder_of(&self.feed));
        Some(folder.join(name))
    }

    pub fn signature_file(&self) -> PathBuf {
        with_minisig(&self.feed)
    }
}

pub fn with_minisig(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".minisig");
    name.into()
}

/// Names that are the same in a URL and in every file system.
pub fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}

pub struct Document {
    root: Map<String, Value>,
}

impl Document {
    pub fn new(version: &str, notes: &str, pub_date: &str, forced: bool) -> Document {
        let root = json!({
            "version": version, "notes": notes, "pub_date": pub_date, "forced": forced, "platforms": {}
        });
        match root {
            Value::Object(root) => Document { root },
            _ => unreachable!("it was written as an object"),
        }
    }

    /// As programs will read it.
    pub fn parse(&self) -> Result<Feed, Error> {
        Feed::parse(self.text()?.as_bytes())
    }

    pub fn open(path: &Path) -> Result<Document, Error> {
        let refused = |why: &str| Error::argument(format!("{}: {why}", path.display()));
        match serde_json::from_slice(&read(path)?) {
            Ok(Value::Object(root)) => Ok(Document { root }),
            Ok(_) => Err(refused("is no JSON object")),
            Err(e) => Err(refused(&e.to_string())),
        }
    }

    pub fn save(&self, path: &Path) -> Result<(), Error> {
        replace(path, &self.text()?)
    }

    fn text(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(&self.root);
        text.map(|text| format!("{text}\n"))
            .map_err(|e| Error::internal(format!("the feed cannot be written: {e}")))
    }

    pub fn put(&mut self, platform: &str, package: Value) {
        if let Some(platforms) = self.platforms() {
            platforms.insert(platform.to_owned(), package);
        }
    }

    pub fn platforms(&mut self) -> Option<&mut Map<String, Value>> {
        self.root.get_mut("platforms")?.as_object_mut()
    }
}
