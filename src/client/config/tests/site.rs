//! `site.json`: what it may set, and against whom.

use super::*;

fn check_with(options: &Options, site: &str) -> Config {
    let result = Config::check(options, |_| Some(site.as_bytes().to_vec()));
    match result {
        Ok(config) => config,
        Err(error) => panic!("{site}: {error}"),
    }
}

fn proxy_host(config: &Config) -> String {
    match &config.proxy {
        Proxy::Http(proxy) => proxy.host(),
        Proxy::Direct => "direct".into(),
        Proxy::System => "system".into(),
    }
}

const FILE: &str = r#"{"vendor": "v", "product": "p", "version": "1", "proxy": "http://file:1", "call_timeout_ms": 1000}"#;
const SITE: &str = r#"{"proxy": "http://site:2", "connect_timeout_ms": 201, "request_timeout_ms": 202, "call_timeout_ms": 203, "x_by": "IT"}"#;

#[test]
fn the_site_wins_over_default_and_file_but_not_over_code() {
    let options = from_file(FILE);
    let config = check_with(&options, SITE);
    assert_eq!(proxy_host(&config), "site:2");
    let Timeouts {
        connect,
        request,
        call,
    } = config.timeouts;
    assert_eq!(
        [connect, request, call].map(|d| d.as_millis()),
        [201, 202, 203]
    );
    assert!(config.warnings.is_empty());

    assert_eq!(proxy_host(&check_with(&required(), SITE)), "site:2");

    let mut options = options;
    set(&mut options, Key::Proxy, "http://code:3");
    set(&mut options, Key::CallTimeoutMs, "999");
    let config = check_with(&options, SITE);
    assert_eq!(proxy_host(&config), "code:3");
    assert_eq!(config.timeouts.call.as_millis(), 999);
    assert_eq!(config.timeouts.connect.as_millis(), 201);
}

#[test]
fn it_is_looked_for_in_the_data_folder() {
    let asked = RefCell::new(Vec::new());
    let ask = |path: &Path| {
        asked.borrow_mut().push(path.to_owned());
        None
    };
    let options = with(&[(Key::DataDir, ABSOLUTE)]);
    Config::check(&options, ask).ok().unwrap();
    assert_eq!(*asked.borrow(), [Path::new(ABSOLUTE).join("site.json")]);

    asked.borrow_mut().clear();
    Config::check(&required(), ask).ok().unwrap();
    let location = check(&required()).ok().unwrap().location;
    let folder = crate::store::default_dir(&location);
    let expected: Vec<PathBuf> = folder.iter().map(|dir| dir.join("site.json")).collect();
    assert_eq!(*asked.borrow(), expected);

    // Without a valid folder nothing is asked.
    asked.borrow_mut().clear();
    let mut options = required();
    set(&mut options, Key::Vendor, "../x");
    assert!(Config::check(&options, ask).is_err());
    assert!(asked.borrow().is_empty());
}

#[test]
fn what_is_wrong_with_it_is_a_warning() {
    let options = from_file(FILE);
    let table = [
        (r#"{"proxy": "socks5://h:1"}"#, "proxy: must be `direct`"),
        (r#"{"proxy": 5}"#, "proxy: must be a string"),
        (r#"{"proxy": ""}"#, "proxy: empty"),
        (
            r#"{"call_timeout_ms": 99}"#,
            "call_timeout_ms: 99 is below 100",
        ),
        (
            r#"{"call_timeout_ms": "500"}"#,
            "call_timeout_ms: must be a number",
        ),
        (
            r#"{"ca_file": "ca.pem"}"#,
            "ca_file: must be an absolute path",
        ),
        (
            r#"{"endpoint": "https://evil.example.com"}"#,
            "endpoint: only proxy, ca_file and time-outs",
        ),
        (r#"{"helper_path": "/tmp/evil"}"#, "helper_path: only proxy"),
        (r#"{"state_secret": "hunter2"}"#, "state_secret: only proxy"),
        (r#"{"prox": "http://h:1"}"#, "prox: unknown member"),
        (
            r#"{"allow_plain_secret": 1}"#,
            "allow_plain_secret: unknown member",
        ),
        ("[]", "is not a JSON object"),
        ("{", "is not valid JSON"),
        ("", "is not valid JSON"),
    ];
    for (site, expected) in table {
        let config = check_with(&options, site);
        assert_eq!(config.warnings.len(), 1, "{site}");
        let warning = &config.warnings[0];
        assert!(
            warning.starts_with(&format!("site.json: {expected}")),
            "{warning}"
        );
        assert!(!warning.contains("hunter2"), "{warning}");
        // What the program's file said stays.
        assert_eq!(proxy_host(&config), "file:1");
        assert_eq!(config.timeouts.call.as_millis(), 1000);
        assert_eq!(config.endpoints, good(&[]).endpoints);
    }
    let absent = ABSOLUTE.replace('\\', "\\\\") + "-no-such-file.pem";
    let config = check_with(&options, &format!("{{\"ca_file\": \"{absent}\"}}"));
    assert!(config.warnings[0].contains("cannot be read"));
    assert_eq!(config.ca_file, None);
}

#[test]
fn one_mistake_does_not_hide_the_rest() {
    let site = "\u{feff}{\"vendor\": \"x\", \"proxy\": \"http://site:2\", \"call_timeout_ms\": 0}";
    let config = check_with(&required(), site);
    assert_eq!(proxy_host(&config), "site:2");
    assert_eq!(config.warnings.len(), 2);
    assert_eq!(config.identity.vendor, "Acme");
}

#[test]
fn a_huge_one_is_not_read() {
    let config = check_with(&required(), &" ".repeat(1024 * 1024 + 1));
    assert!(config.warnings[0].contains("larger than 1 MiB"));
}
