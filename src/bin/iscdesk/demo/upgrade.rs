//! The vendor's and the customer's side of an upgrade: a program with library and helper beside it, a feed that the command
//! line makes, and installers that carry the next version of the program.

use super::Teller;
use super::market::Market;
use super::program::Programs;
use super::running::Ended;
use iscdesk::upgrade::Staging;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const PRODUCT: &str = "Example CAD";

/// A product with its vendor and one customer.
pub struct Product<'a> {
    programs: &'a Programs,
    /// Of the vendor: key and feed.
    vendor: PathBuf,
    /// Of the customer: the program as it is installed.
    app: PathBuf,
    state: PathBuf,
    /// What the sandbox serves, and where.
    served: PathBuf,
    base: String,
}

impl Product<'_> {
    /// Makes the vendor's key and installs version 1.0.0 at the customer's. `dir` is the tour's folder.
    pub fn install<'a>(
        dir: &Path,
        programs: &'a Programs,
        market: &Market,
        teller: &Teller,
    ) -> Result<Product<'a>, String> {
        let product = Product {
            programs,
            vendor: dir.join("vendor"),
            app: dir.join("app"),
            state: dir.join("upgraded"),
            served: market.feed_folder(),
            base: market.feed(),
        };
        for folder in [&product.vendor, &product.app] {
            fs::create_dir(folder).map_err(|e| named(folder, &e))?;
        }
        let key = product.feed(
            teller,
            &["keygen", "--no-password", "--out", "minisign.key"],
        )?;
        programs.furnish(&product.app)?;
        programs.compile_version("1.0.0", &product.program())?;
        let options = json!({
            "vendor": "Example Ltd", "product": PRODUCT, "version": "1.0.0", "auto_heartbeat": 0,
            "data_dir": programs.machine().path(&product.state), "upgrade_feed": format!("{}/feed.json", product.base),
            "upgrade_public_key": key["public_key"],
        });
        let config = product.app.join("iscdesk.json");
        fs::write(&config, options.to_string()).map_err(|e| named(&config, &e))?;
        Ok(product)
    }

    /// Publishes a version.
    pub fn release(&self, teller: &Teller, version: &str, forced: bool) -> Result<(), String> {
        let program = self
            .vendor
            .join(self.programs.machine().file_name("program"));
        self.programs.compile_version(version, &program)?;
        let program = fs::read(&program).map_err(|e| named(&program, &e))?;
        let package = self.package(version);
        let machine = self.programs.machine();
        let written = fs::write(&package, machine.installer(&program));
        written.map_err(|e| named(&package, &e))?;
        let platform = machine.platform();
        let feed = self.served.join("feed.json");
        let feed = feed.to_string_lossy();
        let package = format!("{platform}={}", package.display());
        let [into, folder] = ["--into", "{install_dir}"].map(|arg| format!("{platform}={arg}"));
        let mut make = vec![
            "make",
            "--feed",
            &feed,
            "--release",
            version,
            "--url-base",
            &self.base,
        ];
        make.extend([
            "--package",
            &package,
            "--installer-arg",
            &into,
            "--installer-arg",
            &folder,
        ]);
        if forced {
            make.push("--forced");
        }
        self.feed(teller, &make)?;
        let sign = [
            "sign",
            "--feed",
            &feed,
            "--product",
            PRODUCT,
            "--key",
            "minisign.key",
        ];
        self.feed(teller, &sign)?;
        Ok(())
    }

    /// The installer of a version, on the server.
    pub fn package(&self, version: &str) -> PathBuf {
        self.served.join(self.programs.machine().package(version))
    }

    /// The program as it is installed.
    fn program(&self) -> PathBuf {
        self.app.join(self.programs.machine().file_name("program"))
    }

    /// A command of the vendor's, by this very executable.
    fn feed(&self, teller: &Teller, args: &[&str]) -> Result<Value, String> {
        let folder = format!("{}/", self.served.display());
        let shown = as_typed(args).replace(&folder, "");
        teller.say(&format!("   $ iscdesk feed {shown}"));
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        let output = Command::new(own)
            .args(["--json", "feed"])
            .args(args)
            .current_dir(&self.vendor)
            .output();
        let output = output.map_err(|e| format!("iscdesk feed: {e}"))?;
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        match output.status.success() {
            true => Ok(told),
            false => Err(format!("iscdesk feed {}: {told}", args.join(" "))),
        }
    }

    /// Runs the program as it is installed now.
    pub fn run(&self, teller: &Teller, answer: &str) -> Result<Ended, String> {
        let machine = self.programs.machine();
        let typed = machine.as_typed("program");
        teller.say(&format!("   $ {typed} iscdesk.json {answer}"));
        let config = machine.path(&self.app.join("iscdesk.json"));
        let ran = self
            .programs
            .run_file(&self.program(), &[&config, answer])?;
        teller.quote(&ran.output);
        Ok(ran)
    }

    /// Waits for the helper, which is at work from the moment on in which the program was told "staged": its result is
    /// there, and its lock is free. (A lock of wine's is not seen here, but after the result only tidying up is left.)
    pub fn wait_for_helper(&self) -> Result<(), String> {
        let staging = self.staging()?;
        let limit = self.programs.machine().limit();
        let deadline = Instant::now() + limit;
        let lock = staging.dir().join("helper.lock");
        let lock = File::open(&lock).map_err(|e| named(&lock, &e))?;
        while !matches!(staging.outcome(), Ok(Some(_))) || lock.try_lock_shared().is_err() {
            if Instant::now() > deadline {
                return Err(format!("the helper is not done within {limit:?}"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn staging(&self) -> Result<Staging, String> {
        let list = fs::read_dir(&self.state).map_err(|e| named(&self.state, &e))?;
        let mut folders = list.flatten().map(|entry| entry.path());
        let found = folders.find(|path| path.extension().is_some_and(|end| end == "upgrade"));
        let found = found.ok_or("the library has staged nothing")?;
        Staging::open(&found).map_err(|e| e.text)
    }
}

/// A command line that a reader can paste: arguments with blanks stand in quotes.
fn as_typed(args: &[&str]) -> String {
    let quoted = args.iter().map(|arg| match arg.contains(' ') {
        true => format!("\"{arg}\""),
        false => (*arg).to_owned(),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn named(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_with_blanks_stand_in_quotes() {
        let shown = as_typed(&["sign", "--product", PRODUCT]);
        assert_eq!(shown, "sign --product \"Example CAD\"");
    }
}
