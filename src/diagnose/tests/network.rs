//! Hosts that are well, and hosts that are not.

use super::*;
use crate::Cause;
use crate::diagnose::HostFacts;

/// As the gateway refuses a request that is not signed, at [`NOON`].
const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n\
    Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
const LATER: &str = "HTTP/1.1 401 Unauthorized\r\nDate: Mon, 18 Jan 2027 09:00:00 GMT\r\n\
    Content-Length: 2\r\nConnection: close\r\n\r\n{}";
const LOGIN_PAGE: &str =
    "HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\nContent-Length: 0\r\n\r\n";
const WANTS_KERBEROS: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\
    Proxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
const WANTS_LOGIN: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";

fn first(report: &Report) -> &HostFacts {
    &report.network.known().unwrap().hosts[0]
}

#[test]
fn a_host_that_answers_is_well() {
    let desk = Desk::new().with(
        Key::Endpoint,
        &format!("http://{}", servers::plain(REFUSAL)),
    );
    let report = desk.examine();
    let host = first(&report);
    assert!(host.reached && host.connected.ok && host.resolved.ok);
    assert_eq!(host.keys, None, "there are none");
    assert_eq!(host.resolved.addresses, ["127.0.0.1"]);
    assert_eq!(
        (host.answer.http, host.answer.date),
        (Some(401), Some(NOON))
    );
    assert_eq!((host.via.as_str(), host.role), ("direct", "endpoint"));
    assert_eq!(
        (report.clock.verdict, report.clock.offset_s),
        ("right", Some(0))
    );
    assert!(report.ok && report.advice.is_empty(), "{:?}", report.advice);
}

#[test]
fn keys_that_are_refused_at_the_right_time_are_wrong() {
    for (answer, offset) in [(REFUSAL, 0), (LATER, 262_800)] {
        let desk = Desk::new()
            .with(Key::Endpoint, &format!("http://{}", servers::plain(answer)))
            .with(Key::AccessKey, "AK-1")
            .with(Key::SecretKey, "hush-hush");
        let report = desk.examine();
        let host = first(&report);
        assert!(host.reached);
        let keys = host.keys.as_ref().unwrap();
        assert!(!keys.accepted, "{keys:?}");
        assert!(advises(&report, &["refuses this program's access key"]));
        assert_eq!(report.clock.offset_s, Some(offset));
        let document = serde_json::to_string(&report).unwrap();
        assert!(!document.contains("hush-hush") && !document.contains("AK-1"));
    }
}

#[test]
fn a_clock_that_is_off_is_seen() {
    let desk = Desk::new().with(Key::Endpoint, &format!("http://{}", servers::plain(LATER)));
    let report = desk.examine();
    assert_eq!(
        (report.clock.verdict, report.clock.offset_s),
        ("wrong", Some(262_800))
    );
    assert_eq!(report.clock.marketplace, Some(NOON + 262_800));
    assert!(advises(&report, &["3 days behind"]), "{:?}", report.advice);
    assert!(!report.ok);
}

#[test]
fn a_root_of_the_ca_file_is_named() {
    let desk = Desk::new();
    let (address, ca_file) = servers::tls(REFUSAL, "127.0.0.1", &desk.folder);
    let desk = desk
        .with(Key::Endpoint, &format!("https://{address}"))
        .with(Key::CaFile, ca_file.to_str().unwrap());
    let report = desk.examine();
    let host = first(&report);
    assert!(host.reached, "{host:?}");
    let tls = host.tls.as_ref().unwrap();
    let root = tls.by_root.as_ref().unwrap();
    assert!(tls.trusted);
    assert_eq!(root.subject, "CN=Proxy Root, O=ACME IT");
    assert_eq!(root.from, "ca_file");
    assert_eq!(tls.chain[0].subject, "CN=127.0.0.1");
    assert_eq!(report.network.known().unwrap().roots.ca_file, 1);
    assert!(report.ok, "{:?}", report.advice);
}

#[test]
fn an_inspecting_proxy_is_named_with_its_issuer() {
    let desk = Desk::new();
    let (address, _) = servers::tls(REFUSAL, "127.0.0.1", &desk.folder);
    // On a machine without roots that is the fault to be told; here there must be one.
    let other = desk.folder.path().join("other.pem");
    let made = rcgen::generate_simple_self_signed(vec!["other.test".into()]).unwrap();
    std::fs::write(&other, made.cert.pem()).unwrap();
    let desk = desk
        .with(Key::Endpoint, &format!("https://{address}"))
        .with(Key::CaFile, other.to_str().unwrap());
    let report = desk.examine();
    let host = first(&report);
    let tls = host.tls.as_ref().unwrap();
    assert!(!tls.trusted && !host.reached && host.connected.ok);
    assert_eq!(tls.by_root, None);
    assert!(tls.error.as_ref().unwrap().is(Cause::Tls));
    assert_eq!(tls.chain[0].issuer, "CN=Proxy Root, O=ACME IT");
    let words = ["issued by CN=Proxy Root, O=ACME IT", "ca_file"];
    assert!(advises(&report, &words), "{:?}", report.advice);
}

#[test]
fn a_certificate_for_another_name_is_not_taken_for_inspection() {
    let desk = Desk::new();
    let (address, ca_file) = servers::tls(REFUSAL, "elsewhere.test", &desk.folder);
    let desk = desk
        .with(Key::Endpoint, &format!("https://{address}"))
        .with(Key::CaFile, ca_file.to_str().unwrap());
    let report = desk.examine();
    assert!(
        advises(&report, &["is refused", "endpoint"]),
        "{:?}",
        report.advice
    );
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let report = Desk::new().examine();
    let host = first(&report);
    assert!(host.resolved.ok && !host.connected.ok && !host.reached);
    assert!(host.connected.error.as_ref().unwrap().is(Cause::Connect));
    assert!(host.tls.is_none());
    assert!(advises(
        &report,
        &["No connection to 127.0.0.1:1", "firewall"]
    ));
    assert_eq!(report.clock.verdict, "unknown");
}

#[test]
fn a_name_that_is_not_known_is_told() {
    let desk = Desk::new().with(Key::Endpoint, "https://no-such-name.invalid");
    let report = desk.examine();
    assert!(!first(&report).resolved.ok);
    assert!(advises(
        &report,
        &["no-such-name.invalid cannot be resolved"]
    ));
}

#[test]
fn a_mute_host_costs_its_own_time_only() {
    let (_listener, address) = servers::mute();
    let mut desk = Desk::new()
        .with(Key::Endpoint, &format!("https://{address}"))
        .with(Key::FallbackEndpoint, servers::REFUSED);
    desk.options
        .set_int(Key::RequestTimeoutMs.code(), 100)
        .unwrap();
    let report = desk.examine();
    let hosts = &report.network.known().unwrap().hosts;
    assert!(hosts[0].connected.ok && !hosts[0].reached);
    assert!(hosts[0].answer.error.as_ref().unwrap().is(Cause::Timeout));
    assert!(!hosts[1].connected.ok);
    assert!(
        advises(&report, &[&address, "stays silent"]),
        "{:?}",
        report.advice
    );
}

#[test]
fn a_proxy_that_wants_a_login_is_told_without_the_one_given() {
    let proxy = servers::plain(WANTS_LOGIN);
    let desk = Desk::new()
        .with(Key::Endpoint, "https://market.invalid")
        .with(Key::Proxy, &format!("http://jane:hunter2@{proxy}"));
    let report = desk.examine();
    let network = report.network.known().unwrap();
    assert_eq!(network.proxy.source, "program");
    assert_eq!(network.proxy.address.as_deref(), Some(proxy.as_str()));
    let host = first(&report);
    assert_eq!(host.via, proxy);
    assert!(host.connected.ok && host.answer.error.as_ref().unwrap().is(Cause::ProxyAuth));
    assert!(
        advises(&report, &["wants a user and password"]),
        "{:?}",
        report.advice
    );
    // That the name is unknown here is no fault: it is the proxy's to resolve.
    assert_eq!(report.advice.len(), 1);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("jane"));
}

#[test]
fn a_proxy_that_wants_another_login_is_told_with_what_helps() {
    let proxy = servers::plain(WANTS_KERBEROS);
    for (language, words) in [
        (
            "en",
            ["wants a login by Negotiate, NTLM", "without a login"],
        ),
        ("zh", ["Negotiate, NTLM 方式登录", "免认证放行"]),
    ] {
        let desk = Desk::new()
            .with(Key::Endpoint, "https://market.invalid")
            .with(Key::Proxy, &format!("http://jane:hunter2@{proxy}"))
            .with(Key::Language, language);
        let report = desk.examine();
        assert!(
            advises(&report, &[&proxy, words[0], words[1]]),
            "{:?}",
            report.advice
        );
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("jane"));
    }
}

#[test]
fn a_proxy_that_refuses_the_way_is_told_with_the_host() {
    let proxy = servers::plain("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let desk = Desk::new()
        .with(Key::Endpoint, "https://market.invalid")
        .with(Key::Proxy, &format!("http://{proxy}"));
    let report = desk.examine();
    let expected = format!(
        "The proxy {proxy} does not let connections to market.invalid through (tunnel error: unsuccessful); ask its \
         administrator to allow that host."
    );
    assert_eq!(report.advice, [expected]);
}

#[test]
fn a_proxy_that_is_not_there_is_told_once() {
    let desk = Desk::new()
        .with(Key::Endpoint, "https://market.invalid")
        .with(Key::FallbackEndpoint, "https://market2.invalid")
        .with(Key::Proxy, "http://127.0.0.1:1");
    let report = desk.examine();
    assert!(advises(&report, &["proxy 127.0.0.1:1 cannot be reached"]));
    assert_eq!(report.advice.len(), 1, "{:?}", report.advice);
}

#[test]
fn a_login_page_is_not_taken_for_the_marketplace() {
    let desk = Desk::new().with(
        Key::Endpoint,
        &format!("http://{}", servers::plain(LOGIN_PAGE)),
    );
    let report = desk.examine();
    assert!(first(&report).reached);
    assert!(
        advises(&report, &["login page", "302"]),
        "{:?}",
        report.advice
    );
}

#[test]
fn a_fallback_is_no_trouble_while_the_first_host_answers() {
    let desk = Desk::new()
        .with(
            Key::Endpoint,
            &format!("http://{}", servers::plain(REFUSAL)),
        )
        .with(Key::FallbackEndpoint, servers::REFUSED);
    let report = desk.examine();
    let hosts = &report.network.known().unwrap().hosts;
    assert_eq!(hosts[1].role, "fallback");
    assert!(!hosts[1].reached && report.ok, "{:?}", report.advice);
}
