//! The program `minisign` takes what we make, and we take what it makes.

use super::*;

fn minisign(desk: &Desk, arguments: &[&str]) -> Output {
    let mut child = Command::new("minisign")
        .args(arguments)
        .current_dir(desk.dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // For a key with a password: typed, and typed again. Others do not read it.
    let _ = child.stdin.take().unwrap().write_all(b"secret\nsecret\n");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output
}

/// `minisign -v` is a version, `--version` an error; either shows that it is there.
fn has_minisign() -> bool {
    need::need("minisign")
}

#[test]
fn the_program_minisign_verifies_what_we_sign() {
    if !has_minisign() {
        return;
    }
    let desk = Desk::new();
    let public = desk.keygen();
    desk.make();
    desk.sign();
    minisign(&desk, &["-V", "-H", "-P", &public, "-m", "feed.json"]);
    let feed = desk.feed();
    let signature = feed["platforms"]["linux-x86_64"]["signature"].as_str();
    let signature = base64::decode_standard(signature.unwrap()).unwrap();
    std::fs::write(desk.path("setup.run.minisig"), signature).unwrap();
    let told = minisign(&desk, &["-V", "-H", "-Q", "-P", &public, "-m", "setup.run"]);
    let comment = format!("product:{PRODUCT} version:2.0.0 platform:linux-x86_64\n");
    assert_eq!(String::from_utf8_lossy(&told.stdout), comment);
}

#[test]
fn a_key_of_the_program_minisign_signs_and_ours_does_there() {
    if !has_minisign() {
        return;
    }
    let desk = Desk::new();
    let key = ["-G", "-W", "-p", "key.pub", "-s", "key"];
    minisign(&desk, &key);
    desk.make();
    desk.sign();
    minisign(&desk, &["-V", "-H", "-p", "key.pub", "-m", "feed.json"]);
    // All signatures by that program, as they are, are good as well.
    let mut feed = desk.feed();
    let platforms = [
        ("linux-x86_64", "setup.run"),
        ("windows-x86_64", "Setup.exe"),
    ];
    for (platform, file) in platforms {
        let comment = format!("product:{PRODUCT} version:2.0.0 platform:{platform}");
        minisign(&desk, &["-S", "-s", "key", "-t", &comment, "-m", file]);
        let signature = desk.read(&format!("{file}.minisig"));
        feed["platforms"][platform]["signature"] = json!(signature);
    }
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    minisign(&desk, &["-S", "-s", "key", "-m", "feed.json"]);
    let public = desk.read("key.pub").lines().nth(1).unwrap().to_owned();
    desk.ok(&["check", "--product", PRODUCT, "--public-key", &public]);

    // Without a password it leaves the checksum out: damage has to show in another way.
    let key = desk.read("key");
    let mut lines: Vec<String> = key.lines().map(str::to_owned).collect();
    let mut bytes = base64::decode_standard(&lines[1]).unwrap();
    bytes[70] ^= 1;
    lines[1] = base64::encode_standard(&bytes);
    std::fs::write(desk.path("damaged"), lines.join("\n")).unwrap();
    let sign = ["sign", "--product", PRODUCT, "--key", "damaged"];
    desk.refused(&sign, 2, "cannot sign");

    let ours = desk.ok(&["keygen", "--out", "ours", "--no-password"]);
    minisign(&desk, &["-S", "-s", "ours", "-m", "Setup.exe"]);
    let public = ours["public_key"].as_str().unwrap();
    minisign(&desk, &["-V", "-P", public, "-m", "Setup.exe"]);
}

/// It is good, but covers the whole file in memory: refused wherever it stands, though nothing else is wrong with it.
#[test]
fn a_signature_of_minisigns_legacy_format_is_refused() {
    if !has_minisign() {
        return;
    }
    let (desk, arguments) = signed();
    let public = arguments.last().unwrap().clone();
    let legacy = |file: &str, comment: &str| {
        minisign(&desk, &["-S", "-l", "-s", "key", "-t", comment, "-m", file]);
        minisign(&desk, &["-V", "-P", &public, "-m", file]);
        desk.read(&format!("{file}.minisig"))
    };
    legacy("feed.json", "feed");
    let told = check(&desk, &arguments, &[], 4)["faults"].to_string();
    assert!(told.contains("Unexpected signature algorithm"), "{told}");

    let mut feed = desk.feed();
    let comment = format!("product:{PRODUCT} version:2.0.0 platform:linux-x86_64");
    feed["platforms"]["linux-x86_64"]["signature"] = json!(legacy("setup.run", &comment));
    std::fs::write(desk.path("feed.json"), feed.to_string()).unwrap();
    minisign(&desk, &["-S", "-s", "key", "-m", "feed.json"]);
    let told = check(&desk, &arguments, &[], 4)["faults"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    assert!(told.to_string().contains("non-legacy"), "{told}");
}

/// Each use of a password takes a second and a gigabyte, as minisign means it to.
#[test]
fn keys_with_passwords_work_both_ways() {
    if !has_minisign() {
        return;
    }
    let desk = Desk::new();
    minisign(&desk, &["-G", "-p", "key.pub", "-s", "key"]);
    desk.make();
    std::fs::write(desk.path("password"), "secret\n").unwrap();
    let sign = ["sign", "--product", PRODUCT, "--key", "key"];
    desk.ok(&[&sign[..], &["--password-file", "password"]].concat());
    minisign(&desk, &["-V", "-H", "-p", "key.pub", "-m", "feed.json"]);
    let wrong = desk.command(&sign).env(PASSWORD, "wrong").output().unwrap();
    let told = answer(&wrong, 2).to_string();
    assert!(told.contains("Wrong password"), "{told}");

    let made = desk
        .command(&["keygen", "--out", "ours"])
        .env(PASSWORD, "secret")
        .output();
    let public = answer(&made.unwrap(), 0)["public_key"].clone();
    minisign(&desk, &["-S", "-s", "ours", "-m", "Setup.exe"]);
    minisign(
        &desk,
        &["-V", "-P", public.as_str().unwrap(), "-m", "Setup.exe"],
    );
}
