//! The vendor's key: Ed25519, PKCS#8 in PEM as every tool writes it, so that `openssl` or a JWT library can use it too.

use super::{done, fault, read, unproved, write_new};
use crate::output::Outcome;
use iscdesk::Error;
use iscdesk::license::file::base64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// What stands before the seed in the first version of PKCS#8, the one that all tools read.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

#[derive(clap::Args)]
pub struct Args {
    /// Where to write the private key; must not exist. Keep it off the customers' machines
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(args: &Args) -> Result<Outcome, Error> {
    let mut der = Zeroizing::new([0_u8; 48]);
    der[..16].copy_from_slice(&PKCS8_HEAD);
    SystemRandom::new()
        .fill(&mut der[16..])
        .map_err(|_| Error::internal("the system gives no random numbers"))?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&*der)
        .map_err(|_| Error::internal("the key made cannot be used"))?;
    let body = Zeroizing::new(base64::encode_standard(&*der));
    let pem = Zeroizing::new(format!("{BEGIN}\n{}\n{END}\n", *body));
    write_new(&args.out, &pem, true)?;
    let public = public_text(&pair);
    Ok(done()
        .with_line(public.clone())
        .with_member("public_key", public)
        .with_member("private_key_file", args.out.display().to_string()))
}

/// As the option `license_public_key` wants it.
pub fn public_text(pair: &Ed25519KeyPair) -> String {
    base64::encode_standard(pair.public_key().as_ref())
}

pub fn load(path: &Path) -> Result<Ed25519KeyPair, Error> {
    let bytes = Zeroizing::new(read(path)?);
    let der = decode_pem(&bytes);
    let pair = der.and_then(|der| Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok());
    pair.ok_or_else(|| {
        fault(format!(
            "{}: is not an Ed25519 private key in PEM (PKCS#8, not encrypted)",
            path.display()
        ))
    })
}

fn decode_pem(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    let digits: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    base64::decode_standard(&digits).map(Zeroizing::new)
}

/// Public keys as they stand in the option: base64, several separated by spaces.
pub fn public(texts: &[String]) -> Result<Vec<[u8; 32]>, Error> {
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    let decoded = words.map(|word| base64::decode_standard(word)?.try_into().ok());
    let keys: Option<Vec<[u8; 32]>> = decoded.collect();
    keys.ok_or_else(|| unproved("a public key is 32 bytes in standard base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_once_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let args = Args {
            out: dir.path().join("vendor.pem"),
        };
        let answer = run(&args).unwrap();
        let pair = load(&args.out).unwrap();
        assert_eq!(answer.lines, [public_text(&pair)]);
        assert_eq!(
            public(&answer.lines).unwrap()[0],
            *pair.public_key().as_ref()
        );
        assert!(run(&args).is_err(), "a key was overwritten");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&args.out).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(public(&["AAAA".into()]).is_err());
    }

    /// `openssl genpkey -algorithm ed25519`, and what `openssl pkey -pubout` says of it.
    #[test]
    fn a_key_of_openssl_can_be_used() {
        let pem = format!(
            "{BEGIN}\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n{END}\n"
        );
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rfc8032.pem");
        std::fs::write(&path, pem).unwrap();
        // RFC 8032, test 1.
        assert_eq!(
            public_text(&load(&path).unwrap()),
            "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        );
        std::fs::write(&path, "no key").unwrap();
        assert!(load(&path).is_err());
    }
}
