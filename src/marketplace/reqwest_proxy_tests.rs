//! The HTTP library behind proxies on loopback that refuse, stay silent, or do their work.

use super::sockets::{OK, listen, read_head, server, tls_server};
use super::tests::{SOON, failure, post, transport_by};
use super::*;
use TransportErrorKind as Kind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn proxy_at(address: &str) -> Proxy {
    Proxy::parse(Some(&format!("http://me%40home:hunter2%25@{address}"))).unwrap()
}

#[tokio::test]
async fn a_proxy_s_refusals_are_its_own() {
    let table = [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Kind::ProxyAuth,
        ),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", Kind::Proxy),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", Kind::Proxy),
        ("garbage\r\n\r\n", Kind::Proxy),
        ("", Kind::Proxy),
    ];
    for (answer, expected) in table {
        let (address, heads) = server(answer).await;
        let through = transport_by(&proxy_at(&address), None);
        let error = failure(&through, "https://mkt.example.invalid/".into()).await;
        assert_eq!(error.kind, expected, "{answer:?}");
        let named = match expected {
            Kind::ProxyAuth => format!("the proxy {address} wants a user and password: "),
            _ => format!("the proxy {address} opens no way to mkt.example.invalid: "),
        };
        assert!(error.text.starts_with(&named), "{}", error.text);
        let head = heads.lock().unwrap()[0].clone();
        assert!(
            head.starts_with("CONNECT mkt.example.invalid:443 "),
            "{head}"
        );
        // base64 of me@home:hunter2%
        let login = "authorization: Basic bWVAaG9tZTpodW50ZXIyJQ==\r\n";
        assert!(
            head.to_lowercase().contains(&login.to_lowercase()),
            "{head}"
        );
    }
    let (listener, address) = listen().await;
    drop(listener);
    let through = transport_by(&proxy_at(&address), None);
    let error = failure(&through, "https://example.invalid/".into()).await;
    assert_eq!(error.kind, Kind::Proxy);
    let named = format!("no connection to the proxy {address}: ");
    assert!(error.text.starts_with(&named), "{}", error.text);
    let nowhere = proxy_at("no-such-proxy.invalid:3128");
    let slow = TransportConfig {
        proxy: &nowhere,
        ca_file: None,
        connect_timeout: SOON,
        user_agent: "x",
    };
    let through = ReqwestTransport::new(&slow, &ThreadsAlive::default()).unwrap();
    let error = failure(&through, "https://example.invalid/".into()).await;
    assert_eq!(error.kind, Kind::Proxy);
    let named = "the name of the proxy no-such-proxy.invalid:3128 cannot be resolved: ";
    assert!(error.text.starts_with(named), "{}", error.text);
}

#[tokio::test]
async fn a_mute_proxy_is_named() {
    let (_listener, address) = listen().await;
    let through = transport_by(&proxy_at(&address), None);
    let error = failure(&through, "https://mkt.example.invalid/".into()).await;
    assert_eq!(error.kind, Kind::Timeout);
    let start = format!("no connection to mkt.example.invalid in time by the proxy {address}: ");
    assert!(error.text.starts_with(&start), "{}", error.text);
}

#[tokio::test]
async fn a_proxy_that_wants_another_login_is_told_with_its_name() {
    let answer =
        "HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
    let (address, heads) = server(answer).await;
    let through = transport_by(&proxy_at(&address), None);
    let error = failure(&through, "https://mkt.example.invalid/v1".into()).await;
    assert_eq!(error.kind, Kind::ProxyAuth);
    let named = format!("the proxy {address} wants a login by Negotiate, NTLM, ");
    assert!(error.text.starts_with(&named), "{}", error.text);
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 2);
    // The second question carries no login.
    assert!(heads[1].starts_with("CONNECT mkt.example.invalid:443 "));
    assert!(!heads[1].to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_working_proxy_tunnels_and_http_to_loopback_goes_around_it() {
    let server_behind = tls_server().await;
    let (listener, address) = listen().await;
    let tunnels = Arc::new(AtomicUsize::new(0));
    let (count, target) = (tunnels.clone(), server_behind.address.clone());
    tokio::spawn(async move {
        while let Ok((mut inner, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            read_head(&mut inner).await;
            let _ = inner
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await;
            let mut outer = TcpStream::connect(&target).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut inner, &mut outer).await;
        }
    });
    let through = transport_by(&proxy_at(&address), Some(&server_behind.ca_file));
    let url = format!("https://{}/", server_behind.address);
    assert_eq!(post(&through, url).await.unwrap().status, 200);
    assert_eq!(tunnels.load(Ordering::SeqCst), 1);

    // Through the tunnel comes a certificate for another name.
    let wrong = post(&through, "https://mkt.example.invalid/".into()).await;
    assert_eq!(wrong.unwrap_err().kind, Kind::Tls);
    assert_eq!(tunnels.load(Ordering::SeqCst), 2);

    let (plain, heads) = server(OK).await;
    assert_eq!(
        post(&through, format!("http://{plain}/"))
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(heads.lock().unwrap().len(), 1);
    assert_eq!(tunnels.load(Ordering::SeqCst), 2);
}
