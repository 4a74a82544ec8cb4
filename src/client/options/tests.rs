use super::*;
use crate::{Cause, Status};
use minisign::KeyPair;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

fn config_fault(result: Result<Options, Error>) -> String {
    let error = result.err().expect("a fault");
    assert_eq!((error.status, error.cause), (Status::Config, Cause::Config));
    error.text
}

fn written(json: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("iscdesk.json");
    fs::write(&path, json).unwrap();
    (folder, path)
}

fn load(json: impl AsRef<[u8]>) -> Result<Options, Error> {
    let (_folder, path) = written(json);
    Options::load(Some(&path))
}

#[test]
fn the_setters_judge_key_and_type() {
    for (key, name, kind) in TABLE {
        let mut options = Options::new();
        let text = options.set_string(key.code(), "a");
        let number = options.set_int(key.code(), 5);
        let refused = match kind {
            Kind::Text => {
                text.unwrap();
                assert_eq!((options.text(key), options.number(key)), (Some("a"), None));
                number.unwrap_err()
            }
            Kind::Number => {
                number.unwrap();
                assert_eq!((options.text(key), options.number(key)), (None, Some(5)));
                text.unwrap_err()
            }
        };
        assert_eq!(refused.status, Status::InvalidArgument);
        assert!(refused.text.contains(name), "{}", refused.text);
        assert_eq!(options.origin(key), Some(Origin::Program));
    }
    for unknown in [0, -1, 4, 99, i32::MIN, i32::MAX] {
        let mut options = Options::new();
        let refused = options.set_string(unknown, "a").unwrap_err();
        assert_eq!(refused.status, Status::InvalidArgument);
        let refused = options.set_int(unknown, 1).unwrap_err();
        assert_eq!(refused.status, Status::InvalidArgument);
    }
}

#[test]
fn a_later_value_wins_with_its_origin() {
    let mut options = load(r#"{"secret_key": "old", "offline_days": 1}"#).unwrap();
    assert_eq!(options.origin(Key::SecretKey), Some(Origin::UnsignedFile));
    options.set_string(Key::SecretKey.code(), "mid").unwrap();
    options.set_string(Key::SecretKey.code(), "new").unwrap();
    assert_eq!(options.text(Key::SecretKey), Some("new"));
    assert_eq!(options.origin(Key::SecretKey), Some(Origin::Program));
    assert_eq!(options.origin(Key::OfflineDays), Some(Origin::UnsignedFile));
    assert_eq!(options.origin(Key::Vendor), None);
}

#[test]
fn a_copy_is_independent_and_keeps_the_log() {
    let mut options = Options::new();
    let write = Arc::new(|_: i32, _: &str| {});
    options.set_log(Some(LogSink {
        max_level: 3,
        write,
    }));
    let copy = options.clone();
    options.set_string(Key::Vendor.code(), "v").unwrap();
    options.set_log(None);
    assert_eq!(copy.text(Key::Vendor), None);
    assert_eq!(copy.log().map(|log| log.max_level), Some(3));
    assert!(options.log().is_none());
}

#[test]
fn live_options_are_those_of_the_contract() {
    let live = |key: Key| LiveOption::from_key(key.code());
    for (key, _, _) in TABLE {
        let expected = match key {
            Key::Proxy => Some(LiveOption::Proxy),
            Key::CaFile => Some(LiveOption::CaFile),
            Key::BearerToken => Some(LiveOption::BearerToken),
            Key::AccountId => Some(LiveOption::AccountId),
            _ => None,
        };
        assert_eq!(live(key), expected, "{key:?}");
    }
    assert_eq!(LiveOption::from_key(99), None);
}

#[test]
fn every_option_has_a_member() {
    for (key, name, kind) in TABLE {
        let (right, wrong) = match kind {
            Kind::Text => (r#""5""#, ["5", "true", "null", "[]", "{}", "1.5"]),
            Kind::Number => ("5", [r#""5""#, "true", "null", "[]", "5.0", "1e400"]),
        };
        let options = load(format!("{{\"{name}\": {right}}}")).unwrap();
        assert_eq!(options.origin(key), Some(Origin::UnsignedFile));
        let text = options.text(key).map(str::to_owned);
        let number = options.number(key).map(|number| number.to_string());
        assert_eq!(text.or(number).as_deref(), Some("5"), "{name}");
        for wrong in wrong {
            let fault = config_fault(load(format!("{{\"{name}\": {wrong}}}")));
            // 1e400 is not even JSON to the parser.
            assert!(
                fault.contains(name) || wrong == "1e400",
                "{name}: {wrong}: {fault}"
            );
        }
    }
}

#[test]
fn all_typing_mistakes_are_told_at_once() {
    let json = r#"{"vendor": "v", "vendr": 1, "Product": "p", "offline_days": "7", "scope": "user", "scope": "machine",
        "x_note": [1, {"vendr": 2}], "x_": null, "auto_heartbeat": true, "log": 1, "bad\u001bname": 1}"#;
    let fault = config_fault(load(json));
    let faults = [
        "vendr: unknown member",
        "Product: unknown member",
        "offline_days: must be a number, without quotes",
        "scope: given twice",
        "auto_heartbeat: must be a number, without quotes",
        "log: unknown member",
        "bad\\u{1b}name: unknown member",
    ];
    assert!(fault.ends_with(&faults.join("; ")), "{fault}");
    assert!(fault.contains("iscdesk.json: vendr"), "{fault}");
}

#[test]
fn members_that_begin_with_x_are_the_vendors_own() {
    let options = load(r#"{"x_vendor": 5, "x_vendor": 6, "vendor": "v"}"#).unwrap();
    assert_eq!(options.text(Key::Vendor), Some("v"));
    assert!(load(r#"{"xvendor": 5}"#).is_err());
    assert!(load(r#"{"X_vendor": 5}"#).is_err());
}

#[test]
fn a_bom_is_allowed_once() {
    assert!(load("\u{feff}{\"vendor\": \"v\"}").is_ok());
    assert!(load("\u{feff}\u{feff}{\"vendor\": \"v\"}").is_err());
}

#[test]
fn what_is_no_object_is_refused_without_repeating_it() {
    let table: [(&[u8], &str); 8] = [
        (b"", "line 1"),
        (b"{\"vendor\": \"hunter2\"", "line 1"),
        (b"{\"vendor\":\n hunter2}", "line 2"),
        (b"{} hunter2", "line 1"),
        (b"\"hunter2\"", "not a JSON object"),
        (b"[\"hunter2\"]", "not a JSON object"),
        (b"{\"vendor\": \"hunter2\xff\"}", "not UTF-8"),
        (b"\xff\xfe{\0}\0", "not UTF-8"),
    ];
    for (json, expected) in table {
        let fault = config_fault(load(json));
        assert!(fault.contains(expected), "{expected}: {fault}");
        assert!(!fault.contains("hunter2"), "{fault}");
    }
    assert!(load("{}").is_ok());
    let deep = format!("{{\"x_\": {}", "[".repeat(100_000));
    config_fault(load(deep));
}

#[test]
fn the_leave_for_a_plain_secret_is_0_or_1() {
    for (value, expected) in [("1", Some(true)), ("0", Some(false))] {
        let options = load(format!("{{\"allow_plain_secret\": {value}}}")).ok();
        assert_eq!(
            options.map(|options| options.allows_plain_secret()),
            expected
        );
    }
    for wrong in ["2", "-1", "true", "\"1\"", "1.0", "null"] {
        let fault = config_fault(load(format!("{{\"allow_plain_secret\": {wrong}}}")));
        assert!(fault.contains("allow_plain_secret: must be 0 or 1"));
    }
    assert!(!load("{}").unwrap().allows_plain_secret());
}

#[test]
fn a_file_may_have_one_mebibyte() {
    let padded = |size: usize| format!("{{{}}}", " ".repeat(size - 2));
    assert!(load(padded(MAX_BYTES as usize)).is_ok());
    let fault = config_fault(load(padded(MAX_BYTES as usize + 1)));
    assert!(fault.contains("larger than 1 MiB"), "{fault}");
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let fault = config_fault(Options::load(Some(folder.path())));
    assert!(fault.contains("not a file"), "{fault}");
}

#[test]
fn the_first_file_that_exists_counts() {
    let (program, library) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = || (Some(program.path().into()), Some(library.path().into()));
    let find = || {
        let (program, library) = folders();
        file::first_of(file::beside(program, library))
    };
    let missing = find().err().unwrap();
    assert_eq!(missing.status, Status::Config);
    for folder in [&program, &library] {
        let path = folder.path().join("iscdesk.json");
        assert!(missing.text.contains(path.to_str().unwrap()));
    }
    fs::write(library.path().join("iscdesk.json"), "library").unwrap();
    assert_eq!(find().ok().unwrap().bytes, b"library");
    fs::write(program.path().join("iscdesk.json"), "program").unwrap();
    assert_eq!(find().ok().unwrap().bytes, b"program");
    // Something in the way of the first is a fault, not a reason to take the second.
    fs::remove_file(program.path().join("iscdesk.json")).unwrap();
    fs::create_dir(program.path().join("iscdesk.json")).unwrap();
    assert!(find().is_err());
}

#[test]
fn one_folder_is_asked_once_and_the_default_is_beside_the_program() {
    let folder = || Some(PathBuf::from("/opt/cad"));
    assert_eq!(file::beside(folder(), folder()).len(), 1);
    assert_eq!(file::beside(None, folder()).len(), 1);
    let program = std::env::current_exe().unwrap();
    let expected = program.parent().unwrap().join("iscdesk.json");
    let fault = config_fault(Options::load(None));
    assert!(fault.contains(expected.to_str().unwrap()), "{fault}");
}

struct Signer {
    pair: KeyPair,
    public: String,
}

impl Signer {
    fn new() -> Signer {
        let pair = KeyPair::generate_unencrypted_keypair().unwrap();
        let public = pair.pk.to_base64();
        Signer { pair, public }
    }

    fn sign(&self, bytes: &[u8]) -> String {
        let signed = minisign::sign(None, &self.pair.sk, bytes, Some("t"), Some("u"));
        signed.unwrap().to_string()
    }
}

const SIGNED: &str =
    r#"{"vendor": "v", "secret_key": "s", "helper_path": "/opt/h", "offline_days": 3}"#;

fn load_signed(json: &[u8], signature: impl AsRef<[u8]>, key: &str) -> Result<Options, Error> {
    let (folder, path) = written(json);
    fs::write(folder.path().join("iscdesk.json.minisig"), signature).unwrap();
    Options::load_signed(Some(&path), key)
}

#[test]
fn a_signed_file_is_taken_as_signed() {
    let signer = Signer::new();
    let with_bom = format!("\u{feff}{SIGNED}");
    for json in [SIGNED, &with_bom] {
        let signature = signer.sign(json.as_bytes());
        let options = load_signed(json.as_bytes(), signature, &signer.public).unwrap();
        for key in [Key::SecretKey, Key::HelperPath, Key::OfflineDays] {
            assert_eq!(options.origin(key), Some(Origin::SignedFile));
        }
    }
    let signature = signer.sign(SIGNED.as_bytes()).replace('\n', "\r\n");
    let key = format!(" {}\n", signer.public);
    assert!(load_signed(SIGNED.as_bytes(), signature, &key).is_ok());
}

#[test]
fn without_a_good_signature_nothing_is_taken() {
    let signer = Signer::new();
    let json = SIGNED.as_bytes();
    let signature = signer.sign(json);
    let other = Signer::new();
    let table = [
        (signature.clone(), other.public.as_str(), "refused"),
        (other.sign(json), &signer.public, "refused"),
        (signer.sign(b"{}"), &signer.public, "refused"),
        (
            signature.replace("comment: t", "comment: T"),
            &signer.public,
            "refused",
        ),
        (String::new(), &signer.public, "no signature"),
        (
            "no\nsignature\nat\nall\n".into(),
            &signer.public,
            "no signature",
        ),
        (signature.clone(), "", "not usable"),
        (signature.clone(), "RWQ", "not usable"),
        (signature.clone(), "授权", "not usable"),
    ];
    for (signature, key, expected) in table {
        let fault = config_fault(load_signed(json, signature, key));
        assert!(fault.contains(expected), "{expected}: {fault}");
    }
    let (_folder, path) = written(json);
    let fault = config_fault(Options::load_signed(Some(&path), &signer.public));
    assert!(fault.contains("iscdesk.json.minisig"), "{fault}");
    let fault = config_fault(load_signed(json, b"\xff\xff", &signer.public));
    assert!(fault.contains("not UTF-8"), "{fault}");
}

#[test]
fn a_signed_file_is_as_strict_as_another() {
    let signer = Signer::new();
    let json = br#"{"vendr": "v"}"#;
    let fault = config_fault(load_signed(json, signer.sign(json), &signer.public));
    assert!(fault.contains("vendr: unknown member"), "{fault}");
}

#[test]
fn every_changed_byte_of_a_signed_file_is_found() {
    let signer = Signer::new();
    let json = br#"{"vendor":"v"}"#;
    let signature = signer.sign(json);
    assert!(load_signed(json, &signature, &signer.public).is_ok());
    for at in 0..json.len() {
        let mut changed = json.to_vec();
        changed[at] ^= 1;
        let fault = config_fault(load_signed(&changed, &signature, &signer.public));
        assert!(fault.contains("refused"), "{fault}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = file::parse(&bytes, Origin::UnsignedFile);
    }

    /// Whatever was cut off or overwritten in a file, its values stay out of the fault.
    #[test]
    fn a_damaged_file_does_not_show_its_secrets(
        secret in "Zq7[a-zA-Z0-9+/]{12,40}", key in 0..TABLE.len(), at in 0_usize..120, byte in any::<u8>(), cut: bool,
    ) {
        let name = TABLE[key].1;
        let json = format!("{{\"access_key\": \"AK\", \"{name}\": \"{secret}\", \"vendr\": \"{secret}\"}}");
        let mut bytes = json.into_bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Err(fault) = file::parse(&bytes, Origin::UnsignedFile) {
            prop_assert!(!fault.contains("Zq7"), "{}", fault);
        }
    }
}
