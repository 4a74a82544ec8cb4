//! The vendor's minisign key. What the program `minisign` writes is read here, and the other way round: a key with a
//! password and one without (`minisign -G -W`).
//!
//! The password comes from a file, from `ISCDESK_MINISIGN_PASSWORD`, or is asked for at the terminal; it never comes from
//! the command line, which every user of the computer can read.

use super::done;
use crate::files::{read, write_new};
use crate::output::Outcome;
use crate::secrets;
use iscdesk::Error;
use iscdesk::license::file::base64;
use minisign::{KeyPair, PublicKey, SecretKey, SecretKeyBox};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const VARIABLE: &str = "ISCDESK_MINISIGN_PASSWORD";

#[derive(clap::Args)]
pub struct Args {
    /// Where to write the secret key; must not exist. Keep it off the web server and the customers' machines
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The key gets no password: whoever has the file can sign
    #[arg(long, conflicts_with = "password_file")]
    no_password: bool,
    #[command(flatten)]
    password: Password,
}

#[derive(clap::Args)]
pub struct Password {
    /// File with the key's password; default: ISCDESK_MINISIGN_PASSWORD, else the terminal is asked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A key that can sign.
pub struct Signer {
    pub secret: SecretKey,
    pub public: PublicKey,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let made = match args.no_password {
        true => KeyPair::generate_unencrypted_keypair(),
        false => {
            let password = args.password.choose()?;
            KeyPair::generate_encrypted_keypair(Some(password.to_string()))
        }
    };
    let pair = made.map_err(|e| Error::internal(format!("no key can be made: {e}")))?;
    let text = pair
        .sk
        .to_box(None)
        .map_err(|e| Error::internal(format!("the key made cannot be written: {e}")))?;
    let text = Zeroizing::new(text.into_string());
    write_new(&args.out, &text, true)?;
    let public = pair.pk.to_base64();
    Ok(done()
        .with_line(public.clone())
        .with_member("public_key", public)
        .with_member("secret_key_file", args.out.display().to_string()))
}

impl Password {
    /// For a key that is there.
    fn get(&self) -> Result<Zeroizing<String>, Error> {
        match self.given()? {
            Some(password) => Ok(password),
            None => ask("Password of the key: "),
        }
    }

    /// For a new key: typed twice, because nobody can see it.
    fn choose(&self) -> Result<Zeroizing<String>, Error> {
        if let Some(password) = self.given()? {
            return Ok(password);
        }
        let password = ask("Password for the new key: ")?;
        match *ask("Once more: ")? == *password {
            true => Ok(password),
            false => Err(Error::argument("the two passwords differ")),
        }
    }

    fn given(&self) -> Result<Option<Zeroizing<String>>, Error> {
        secrets::read(self.password_file.as_ref(), VARIABLE)
    }
}

/// Only of a person: a script that waits for an answer would hang.
fn ask(prompt: &str) -> Result<Zeroizing<String>, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::argument(format!(
            "the key has a password: name its file by --password-file, or set {VARIABLE}"
        )));
    }
    let password = rpassword::prompt_password(prompt);
    password
        .map(Zeroizing::new)
        .map_err(|e| Error::argument(format!("the terminal gives no password: {e}")))
}

/// Asks for a password only where the key has one.
pub fn load(path: &Path, password: &Password) -> Result<Signer, Error> {
    let refused = |e: minisign::PError| Error::argument(format!("{}: {e}", path.display()));
    let bytes = Zeroizing::new(read(path)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key(path))?;
    let boxed = || SecretKeyBox::from_string(text).map_err(refused);
    let secret = match kind(text).ok_or_else(|| not_a_key(path))? {
        Kind::Encrypted => {
            let password = Some(password.get()?.to_string());
            boxed()?.into_secret_key(password)
        }
        Kind::Plain => boxed()?.into_unencrypted_secret_key(),
        Kind::PlainUnchecked(bytes) => SecretKey::from_bytes(&bytes),
    };
    let secret = secret.map_err(refused)?;
    let public = PublicKey::from_secret_key(&secret).map_err(refused)?;
    Ok(Signer { secret, public })
}

enum Kind {
    Encrypted,
    Plain,
    /// What the program `minisign` writes for `-W`: it leaves the checksum zero, which the crate takes for damage. A key
    /// that is damaged shows when the signature made with it is verified.
    PlainUnchecked(Zeroizing<Vec<u8>>),
}

/// By the key's second line, which begins with the algorithms of signature, encryption and checksum.
fn kind(text: &str) -> Option<Kind> {
    const CHECKSUM: std::ops::Range<usize> = 126..158;
    let line = text.lines().nth(1).map(str::trim)?;
    let bytes = Zeroizing::new(base64::decode_standard(line)?);
    let unchecked = bytes.get(CHECKSUM)?.iter().all(|byte| *byte == 0);
    match bytes.get(..6)? {
        b"EdScB2" => Some(Kind::Encrypted),
        b"Ed\0\0B2" if unchecked => Some(Kind::PlainUnchecked(bytes)),
        b"Ed\0\0B2" => Some(Kind::Plain),
        _ => None,
    }
}

fn not_a_key(path: &Path) -> Error {
    Error::argument(format!("{}: is no minisign secret key", path.display()))
}
