//! What must not be run: packages that were swapped, are another's, or that nobody signed, and plans that lead elsewhere.

use super::*;

/// Runs the helper on something that must not be run, and returns what it says of it.
fn refused(staged: &Staged) -> String {
    let result = staged.run();
    assert_eq!(staged.said(), "", "it was run");
    assert_eq!((result.outcome, result.exit_code), (Ended::Failed, None));
    assert!(!result.text.is_empty());
    assert!(
        staged.progress().contains("\"status\":0"),
        "{}",
        staged.progress()
    );
    // It cannot be good another time, so it is gone.
    assert_eq!(staged.left(), ["install.json", "result.json"]);
    result.text
}

#[test]
fn a_package_that_was_swapped_is_not_run() {
    let staged = Staged::with(RUNS);
    let good = fs::read_to_string(staged.package()).unwrap();
    let other = good.replace("run >>", "bad >>");
    assert_eq!(other.len(), good.len());
    fs::write(staged.package(), other).unwrap();
    assert!(refused(&staged).contains("signature"));

    for (change, why) in [("# more", "larger"), ("", "smaller")] {
        let staged = Staged::with(RUNS);
        let mut bytes = fs::read(staged.package()).unwrap();
        match change {
            "" => bytes.truncate(bytes.len() - 1),
            more => bytes.extend(more.as_bytes()),
        }
        fs::write(staged.package(), bytes).unwrap();
        assert!(refused(&staged).contains(why));
    }
    let staged = Staged::with(RUNS);
    fs::remove_file(staged.package()).unwrap();
    assert!(refused(&staged).contains("gone"));
}

#[test]
fn swapping_while_the_helper_waits_or_the_installer_runs_changes_nothing() {
    let staged = Staged::with(RUNS);
    let program = staged.running();
    staged.start();
    fs::write(
        staged.package(),
        format!("#!/bin/sh\necho bad >> {}\n", staged.log().display()),
    )
    .unwrap();
    drop(program);
    staged.wait();
    assert_eq!(staged.said(), "");
    assert_eq!(
        staged.staging.outcome().unwrap().unwrap().outcome,
        Ended::Failed
    );

    // The copy that runs is another file than the one that was staged.
    let staged = Staged::empty();
    let (log, package) = (staged.log(), staged.package());
    let (log, package) = (log.display(), package.display());
    staged.stage(format!(
        "echo 'echo bad >> {log}' > {package}\ncmp -s \"$0\" {package} || echo run >> {log}"
    ));
    assert_eq!(staged.run().outcome, Ended::Installed);
    assert_eq!(staged.said(), "run\n");
}

#[test]
fn an_installer_of_another_product_version_or_platform_is_not_run() {
    let staged = Staged::empty();
    let good = staged.comment();
    for (comment, told) in [
        (
            good.replace("2.0.0", "1.9.0"),
            "another version: for \"1.9.0\"",
        ),
        (
            good.replace("Example CAD", "Other CAD"),
            "another product: for \"Other CAD\" instead of \"Example CAD\"",
        ),
        (
            good.replace("platform:", "platform:windows-"),
            "another platform: for \"windows-",
        ),
        (format!("{good} "), "another platform"),
        (String::new(), "does not say what it is for"),
    ] {
        let staged = Staged::empty();
        let package = format!("#!/bin/sh\necho run >> {}\n", staged.log().display());
        let feed = staged.feed(package.as_bytes(), &comment);
        let signature = staged.vendor.sign(feed.to_string().as_bytes(), "feed");
        staged.put(package.as_bytes(), &feed, &signature);
        let why = refused(&staged);
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn what_is_not_signed_by_the_vendor_is_not_run() {
    // The feed by somebody else, by nobody, and changed after it was signed: arguments are the vendor's, too.
    for case in ["foreign", "none", "missing", "changed"] {
        let staged = Staged::with(RUNS);
        let mut signed = staged.staging.signed_feed().unwrap().unwrap();
        match case {
            "foreign" => signed.signature = Vendor::new().sign(&signed.feed, "feed").into_bytes(),
            "none" => signed.signature.clear(),
            "changed" => {
                let text = String::from_utf8(signed.feed).unwrap();
                signed.feed = text.replace("--into", "--evil").into_bytes();
            }
            _ => {}
        }
        staged.staging.write_signed_feed(&signed).unwrap();
        if case == "missing" {
            fs::remove_file(staged.staging.dir().join("feed.json.minisig")).unwrap();
        }
        assert!(refused(&staged).contains("signature"), "{case}");
    }
    // The package by somebody else.
    let staged = Staged::empty();
    let package = format!("#!/bin/sh\necho run >> {}\n", staged.log().display());
    let mut feed = staged.feed(package.as_bytes(), &staged.comment());
    let platform = iscdesk::upgrade::this_platform();
    let foreign = Vendor::new().sign(package.as_bytes(), &staged.comment());
    feed["platforms"][&platform]["signature"] = foreign.into();
    let signature = staged.vendor.sign(feed.to_string().as_bytes(), "feed");
    staged.put(package.as_bytes(), &feed, &signature);
    assert!(refused(&staged).contains("signature"));
}

#[test]
fn a_plan_that_leads_back_or_elsewhere_is_not_followed() {
    let staged = Staged::with(RUNS);
    let changes: [fn(&mut Plan); 7] = [
        |plan| plan.installed = "2.0.0".into(),
        |plan| plan.installed = "3.0".into(),
        |plan| plan.platform = "windows-i686".into(),
        |plan| plan.format = 2,
        |plan| plan.version = "2.0.1".into(),
        |plan| plan.public_keys.clear(),
        |plan| plan.product = "Other CAD".into(),
    ];
    for change in changes {
        let staged = Staged::with(RUNS);
        let mut plan = staged.plan();
        change(&mut plan);
        staged.staging.write_plan(&plan).unwrap();
        refused(&staged);
    }
    fs::write(staged.staging.dir().join("plan.json"), "{").unwrap();
    assert!(refused(&staged).contains("plan.json is damaged"));
}
