//! The chapters. Each says in plain words what is about to happen, lets it happen, and looks whether it did.

use super::Teller;
use super::machine::{Machine, Native};
use super::market::Market;
use super::program::Programs;
use super::running::Ended;
use super::upgrade::Product;
use super::wine::Wine;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub const FAREWELL: &str = "\
\nThat was all. Where to go on: examples-c/quickstart.c is a program with a licence in 30 lines, include/iscdesk.h
describes every function, and `iscdesk sandbox` runs the marketplace of this tour for programs of your own.";

const CODE: &str = "DEMO-2F7A-91C4";
/// The path of the marketplace's daily check.
const CHECK: &str = "/license/heartbeat";
const PROCESSES: usize = 10;
const MINUTES_PER_DAY: u64 = 24 * 60;

struct Tour {
    dir: PathBuf,
    market: Market,
    programs: Programs,
    config: PathBuf,
}

/// Tells everything, of this system or of Windows. An error: the tour could not even begin.
pub fn tell(teller: &mut Teller, windows: bool) -> Result<(), String> {
    let dir = tempfile::Builder::new().prefix("iscdesk-demo-").tempdir();
    let dir = dir.map_err(|e| format!("no temporary folder: {e}"))?;
    teller.say(
        "What a licence does for a program, in one tour. The program is examples-c/demo.c, its marketplace is a sandbox\n\
         on this computer. Nothing leaves this computer, and nothing stays on it.",
    );
    let machine: Box<dyn Machine> = match windows {
        false => Box::new(Native::new()?),
        true => {
            teller.say(WINDOWS);
            Box::new(Wine::new(dir.path(), teller)?)
        }
    };
    let mut tour = prepare(dir.path(), machine)?;
    // A chapter builds on what was before, so the first that fails is the last.
    let _ = teller.chapter("A program is built", BUILT, |t| tour.build(t))
        && teller.chapter("A customer activates", ACTIVATED, |t| tour.activate(t))
        && teller.chapter("The marketplace is gone", OFFLINE, |t| tour.offline(t))
        && teller.chapter("Ten programs start at once", TEN, |t| tour.ten_at_once(t))
        && teller.chapter("The licence expires", EXPIRED, |t| tour.expire(t))
        && teller.chapter("The customer renews", RENEWED, |t| tour.renew(t))
        && teller.chapter("The program ends inside its own callback", SHUTDOWN, |t| {
            tour.shutdown(t)
        })
        && tour.upgrades(teller);
    Ok(())
}

fn prepare(dir: &Path, machine: Box<dyn Machine>) -> Result<Tour, String> {
    let programs = Programs::new(dir, machine)?;
    let market = Market::open(&dir.join("sandbox"))?;
    let mut options = json!({
        "vendor": "Example Ltd", "product": "Example CAD", "version": "1.0",
        "data_dir": programs.machine().path(&dir.join("state")), "day_offset_minutes": noon()
    });
    if let (Some(options), Value::Object(more)) = (options.as_object_mut(), market.options()) {
        options.extend(more);
    }
    let config = dir.join("iscdesk.json");
    let text = serde_json::to_string_pretty(&options).unwrap_or_default();
    std::fs::write(&config, text).map_err(|e| format!("iscdesk.json: {e}"))?;
    Ok(Tour {
        dir: dir.to_owned(),
        market,
        programs,
        config,
    })
}

/// A zone in which it is noon: no new day shall begin within the tour.
fn noon() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let minutes = now.map_or(0, |now| now.as_secs() / 60 % MINUTES_PER_DAY);
    MINUTES_PER_DAY as i64 / 2 - minutes as i64
}

const WINDOWS: &str = "\
The program is a Windows one here: built by MinGW, run under wine in a Windows that is made for the tour. The sandbox stays
a program of this system.";
const BUILT: &str = "A C compiler, one header and one library are all it takes.";
const ACTIVATED: &str = "\
The user types the authorization code that came with the order. The program calls isc_activate; the library signs the
request, asks the marketplace and tells the program by an event that the licence has changed. (So that something is left
to be checked later, the sandbox fails the second request of the activation, which asks until when the licence is good.)";
const OFFLINE: &str = "\
The sandbox is stopped: a customer without network. The program starts all the same, because what the marketplace said
last is good for 7 days (the option offline_days).";
const TEN: &str = "\
The sandbox is back. Today's check with the marketplace is still to be made, and ten copies of the program start in the
same moment. One of them asks, the others take its answer: the marketplace is not asked ten times.";
const EXPIRED: &str = "\
The subscription ends at the marketplace. The user clicks on \"check now\" (isc_query), and the program is told why it may
not go on.";
const RENEWED: &str = "\
The customer pays, and starts the program again. A negative answer does not close the day: the library asks again at each
start, so nobody waits until tomorrow.";
const SHUTDOWN: &str = "\
The original SDK forbids ending it inside its event callback. Here isc_shutdown answers \"deferred\" at once, and everything
ends when the callback returns. (The program is examples-c/shutdown_in_callback.c.)";

const OPTIONAL: &str = "\
The vendor makes a key once, and for each release an installer, a feed and their signatures; the public key is in the
program's options. The program (examples-c/upgrade.c) looks for a new version and its user agrees: the library downloads and
verifies the installer. It runs when the program has ended, by the helper `iscdesk upgrade-run`, which verifies it again.";
const FORCED: &str = "\
The next release is a forced one: nobody is asked, and nobody can decline. (The user says \"no\" here.)";
const TAMPERED: &str = "\
Somebody changes an installer on the server. Its signature does not hold any more, and it is not run.";

type Found = Result<String, String>;

impl Tour {
    fn build(&self, teller: &Teller) -> Found {
        teller.say(&format!("   $ {}", self.programs.compile("demo")?));
        self.programs.compile("shutdown_in_callback")?;
        Ok(format!(
            "built against {}",
            self.programs.machine().library().display()
        ))
    }

    fn activate(&self, teller: &Teller) -> Found {
        let license = json!({"license": CODE, "product_id": "example-cad"});
        self.market.admin("POST", "/licenses", license)?;
        let failing = json!({"path": CHECK, "status": 503});
        self.market.admin("POST", "/faults", failing)?;
        let ran = self.demo(teller, &["activate", CODE])?;
        self.market.admin("DELETE", "/faults", Value::Null)?;
        licensed(&ran)?;
        told(&ran, "\"operate\":\"LicenseChanged\"")?;
        let license = self
            .market
            .admin("GET", &format!("/licenses/{CODE}"), Value::Null)?;
        same(
            "the marketplace's own view",
            &license["status"],
            &json!("ALIVE"),
        )?;
        Ok("licensed; the event LicenseChanged was delivered; the marketplace has the code as activated".into())
    }

    fn offline(&mut self, teller: &Teller) -> Found {
        self.market.stop()?;
        let ran = self.demo(teller, &["start"])?;
        licensed(&ran)?;
        told(&ran, "right after isc_init: licensed")?;
        told(&ran, "cannot be reached")?;
        Ok("still licensed, from the first moment on".into())
    }

    fn ten_at_once(&mut self, teller: &Teller) -> Found {
        self.market.reopen()?;
        let config = self.config();
        let start = |_| self.programs.start("demo", &[&config, "start"]);
        let running: Vec<_> = (0..PROCESSES).map(start).collect::<Result<_, _>>()?;
        for program in running {
            licensed(&program.end()?)?;
        }
        teller.quote(&format!("{PROCESSES} programs: licensed"));
        let checks = self.market.count_requests(CHECK)?;
        teller.quote(&format!("requests in the sandbox's log: {checks}"));
        same("the number of requests", &json!(checks), &json!(1))?;
        Ok(format!(
            "{PROCESSES} programs are licensed, and ONE request arrived"
        ))
    }

    fn expire(&self, teller: &Teller) -> Found {
        self.license("expire", Value::Null)?;
        let ran = self.demo(teller, &["ask"])?;
        same("the program's exit code", &json!(ran.exit), &json!(1))?;
        told(&ran, "now: not licensed")?;
        told(&ran, "expired")?;
        Ok("not licensed any more, and the program knows the reason".into())
    }

    fn renew(&self, teller: &Teller) -> Found {
        self.license("renew", json!({"days": 365}))?;
        let ran = self.demo(teller, &["start"])?;
        told(&ran, "right after isc_init: not licensed")?;
        licensed(&ran)?;
        Ok("licensed again, and nobody had to click anything".into())
    }

    fn shutdown(&self, teller: &Teller) -> Found {
        let config = self.config();
        let ran = self.programs.run("shutdown_in_callback", &[&config])?;
        teller.quote(&ran.output);
        same("the program's exit code", &json!(ran.exit), &json!(0))?;
        told(&ran, "called 1 time(s), user_data freed 1 time(s)")?;
        Ok("nothing hung, nothing was called after its end, nothing was freed twice".into())
    }

    /// Three chapters about one product.
    fn upgrades(&self, teller: &mut Teller) -> bool {
        let mut product = None;
        let told = teller.chapter("A new version, and the user agrees", OPTIONAL, |t| {
            let installed = Product::install(&self.dir, &self.programs, &self.market, t)?;
            let installed = product.insert(installed);
            Tour::upgrade(t, installed, ("1.0.0", "2.0.0"), false)
        });
        let Some(product) = product.filter(|_| told) else {
            return false;
        };
        teller.chapter("A version that has to be", FORCED, |t| {
            Tour::upgrade(t, &product, ("2.0.0", "3.0.0"), true)
        }) && teller.chapter("A tampered installer", TAMPERED, |t| {
            Tour::tampered(t, &product)
        })
    }

    fn upgrade(
        teller: &Teller,
        product: &Product,
        (old, new): (&str, &str),
        forced: bool,
    ) -> Found {
        product.release(teller, new, forced)?;
        let ran = product.run(teller, if forced { "no" } else { "yes" })?;
        told(&ran, &format!("this is version {old}"))?;
        told(&ran, &format!("\"fromForceWin\":\"{forced}\""))?;
        told(&ran, "\"Stage\":\"staged\"")?;
        product.wait_for_helper()?;
        let ran = product.run(teller, "yes")?;
        told(&ran, &format!("this is version {new}"))?;
        told(&ran, "\"Stage\":\"installed\"")?;
        Ok(format!(
            "version {old} ended, and version {new} was started"
        ))
    }

    fn tampered(teller: &Teller, product: &Product) -> Found {
        product.release(teller, "4.0.0", false)?;
        let package = product.package("4.0.0");
        let failed = |e: std::io::Error| format!("{}: {e}", package.display());
        let mut bad = std::fs::read(&package).map_err(failed)?;
        bad[2..10].copy_from_slice(b"/tmp/bad");
        std::fs::write(&package, bad).map_err(failed)?;
        let ran = product.run(teller, "yes")?;
        told(&ran, "\"Stage\":\"failed\"")?;
        told(&ran, "\"ErrorCode\":-81")?;
        let ran = product.run(teller, "no")?;
        told(&ran, "this is version 3.0.0")?;
        Ok("the new version was refused, and the old one goes on".into())
    }

    fn license(&self, action: &str, body: Value) -> Result<Value, String> {
        let path = format!("/licenses/{CODE}/{action}");
        self.market.admin("POST", &path, body)
    }

    fn demo(&self, teller: &Teller, args: &[&str]) -> Result<Ended, String> {
        let typed = self.programs.machine().as_typed("demo");
        teller.say(&format!("   $ {typed} iscdesk.json {}", args.join(" ")));
        let config = self.config();
        let ran = self.programs.run("demo", &[&[&*config], args].concat())?;
        teller.quote(&ran.output);
        Ok(ran)
    }

    /// The options' file, as programs name it.
    fn config(&self) -> String {
        self.programs.machine().path(&self.config)
    }
}

fn licensed(ran: &Ended) -> Result<(), String> {
    same("the program's exit code", &json!(ran.exit), &json!(0))?;
    told(ran, "now: licensed")
}

fn told(ran: &Ended, text: &str) -> Result<(), String> {
    match ran.output.contains(text) {
        true => Ok(()),
        false => Err(format!(
            "the program did not say {text:?} but:\n{}",
            ran.output
        )),
    }
}

fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} is {found}, not {expected}")),
    }
}
