//! The HTTP library against sockets that misbehave, on loopback.

use super::sockets::{OK, listen, read_head, server, tls_server};
use super::*;
use TransportErrorKind as Kind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

fn transport_by(proxy: &Proxy, ca_file: Option<&Path>) -> ReqwestTransport {
    let config = TransportConfig {
        proxy,
        ca_file,
        connect_timeout: Duration::from_millis(500),
        user_agent: &user_agent("Great Soft", "CAD", "1.0"),
    };
    ReqwestTransport::new(&config, &ThreadsAlive::default()).unwrap()
}

fn transport() -> ReqwestTransport {
    transport_by(&Proxy::Direct, None)
}

fn request(url: String) -> Request {
    Request {
        url,
        headers: vec![("Host", "named.example".into())],
        body: b"{}".to_vec(),
    }
}

async fn post(transport: &ReqwestTransport, url: String) -> Result<Response, TransportError> {
    timeout(SOON, transport.send(request(url)))
        .await
        .expect("no end")
}

/// The kind of the failure, whose text may hold neither the proxy's password nor a URL.
async fn kind(transport: &ReqwestTransport, url: String) -> Kind {
    let error = post(transport, url).await.expect_err("a failure");
    assert!(!error.text.contains("hunter2"), "{}", error.text);
    assert!(!error.text.contains("://"), "{}", error.text);
    error.kind
}

#[tokio::test]
async fn an_answer_is_handed_over_with_its_headers() {
    let (address, heads) = server(OK.replace("Date:", "Retry-After: 7\r\nDate:")).await;
    let response = post(&transport(), format!("http://{address}/p"))
        .await
        .unwrap();
    assert_eq!(
        response,
        Response {
            status: 200,
            date: Some(784_111_777),
            retry_after_s: Some(7),
            content_type: Some("application/json".into()),
            body: b"{}".to_vec(),
        }
    );
    let head = heads.lock().unwrap()[0].to_ascii_lowercase();
    assert!(head.starts_with("post /p http/1.1\r\n"), "{head}");
    assert_eq!(head.matches("host: ").count(), 1);
    assert!(head.contains("host: named.example\r\n"), "{head}");
    assert!(
        head.contains("user-agent: great%20soft/cad/1.0 iscdesk/"),
        "{head}"
    );
}

#[tokio::test]
async fn redirects_are_not_followed_and_any_status_is_an_answer() {
    let (other, heads) = server(OK).await;
    for status in [301, 302, 307, 401, 502] {
        let answer = format!(
            "HTTP/1.1 {status} x\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n"
        );
        let (address, _) = server(answer).await;
        let response = post(&transport(), format!("http://{address}/"))
            .await
            .unwrap();
        assert_eq!(response.status, status);
    }
    assert!(heads.lock().unwrap().is_empty());
}

#[tokio::test]
async fn bodies_that_are_no_json_pass_and_huge_ones_do_not() {
    let body = b"<html>\xff\xfe</html>";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let (address, _) = server([head.as_bytes(), body].concat()).await;
    let response = post(&transport(), format!("http://{address}/"))
        .await
        .unwrap();
    assert_eq!(response.body, body);

    let huge = vec![b' '; 64 * 1024 * 1024];
    let (address, _) = server([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), huge].concat()).await;
    assert_eq!(
        kind(&transport(), format!("http://{address}/")).await,
        Kind::TooLarge
    );
}

#[tokio::test]
async fn broken_connections_have_their_kinds() {
    let table: [(&str, Kind); 5] = [
        ("", Kind::Reset),
        ("HTTP/1.1 200 OK\r\nContent-Len", Kind::Reset),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
            Kind::Reset,
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", Kind::Protocol),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            Kind::Protocol,
        ),
    ];
    for (answer, expected) in table {
        let (address, _) = server(answer).await;
        let kind = kind(&transport(), format!("http://{address}/")).await;
        assert_eq!(kind, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn a_reset_is_told_from_a_refusal() {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_zero_linger().unwrap();
        }
    });
    assert_eq!(
        kind(&transport(), format!("http://{address}/")).await,
        Kind::Reset
    );

    let (listener, address) = listen().await;
    drop(listener);
    let error = post(&transport(), format!("http://{address}/"))
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::Connect);
    assert!(
        error.text.to_lowercase().contains("refused"),
        "{}",
        error.text
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_fault_of_the_name() {
    let url = "https://no-such-host.invalid/".to_string();
    assert_eq!(kind(&transport_slow(), url).await, Kind::Dns);
}

/// With time for a real look-up.
fn transport_slow() -> ReqwestTransport {
    let config = TransportConfig {
        proxy: &Proxy::Direct,
        ca_file: None,
        connect_timeout: SOON,
        user_agent: "x",
    };
    ReqwestTransport::new(&config, &ThreadsAlive::default()).unwrap()
}

#[tokio::test]
async fn a_mute_server_times_out_in_the_handshake_and_is_cut_by_dropping() {
    let (listener, address) = listen().await;
    assert_eq!(
        kind(&transport(), format!("https://{address}/")).await,
        Kind::Timeout
    );
    drop(listener);

    let (listener, address) = listen().await;
    let transport = transport();
    let mut asking = Box::pin(transport.send(request(format!("http://{address}/"))));
    let mut stream = tokio::select! {
        accepted = listener.accept() => accepted.unwrap().0,
        _ = &mut asking => unreachable!("nobody answers"),
    };
    let head = tokio::select! {
        head = read_head(&mut stream) => head,
        _ = &mut asking => unreachable!("nobody answers"),
    };
    assert!(head.starts_with("POST"));
    drop(asking);
    let mut rest = Vec::new();
    let end = timeout(SOON, stream.read_to_end(&mut rest)).await;
    assert!(end.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn only_a_trusted_server_is_talked_to() {
    let server = tls_server().await;
    let url = format!("https://{}/", server.address);
    let error = post(&transport(), url.clone()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Tls, "{}", error.text);
    assert!(error.text.contains("UnknownIssuer"), "{}", error.text);
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 0);

    let trusting = transport_by(&Proxy::Direct, Some(&server.ca_file));
    assert_eq!(post(&trusting, url).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_without_tls_or_that_hangs_up_is_a_fault_of_tls() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let (listener, address) = listen().await;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut hello = [0; 16];
                let _ = stream.read(&mut hello).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                // What is left unread would turn closing into a reset.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        let kind = kind(&transport(), format!("https://{address}/")).await;
        assert_eq!(kind, Kind::Tls, "{answer:?}");
    }
}

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
        let kind = kind(&through, "https://mkt.example.invalid/".into()).await;
        assert_eq!(kind, expected, "{answer:?}");
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
    assert_eq!(
        kind(&through, "https://example.invalid/".into()).await,
        Kind::Proxy
    );
    let nowhere = proxy_at("no-such-proxy.invalid:3128");
    let slow = TransportConfig {
        proxy: &nowhere,
        ca_file: None,
        connect_timeout: SOON,
        user_agent: "x",
    };
    let through = ReqwestTransport::new(&slow, &ThreadsAlive::default()).unwrap();
    assert_eq!(
        kind(&through, "https://example.invalid/".into()).await,
        Kind::Proxy
    );
}

#[tokio::test]
async fn a_proxy_that_wants_another_login_is_told_with_its_name() {
    let answer =
        "HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
    let (address, heads) = server(answer).await;
    let through = transport_by(&proxy_at(&address), None);
    let error = post(&through, "https://mkt.example.invalid/v1".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind, Kind::ProxyAuth);
    assert!(error.text.contains("Negotiate, NTLM"), "{}", error.text);
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

#[test]
fn what_cannot_be_a_header_is_a_fault_of_the_configuration() {
    let config = TransportConfig {
        proxy: &Proxy::Direct,
        ca_file: None,
        connect_timeout: SOON,
        user_agent: "a\nb",
    };
    let error = ReqwestTransport::new(&config, &ThreadsAlive::default())
        .err()
        .unwrap();
    assert_eq!(error.status, Status::Config);
    let encoded = user_agent("授权\n", "a/b", "1 0");
    assert!(
        encoded.starts_with("%E6%8E%88%E6%9D%83%0A/a%2Fb/1%200 iscdesk/"),
        "{encoded}"
    );
}

async fn get(url: String) -> Result<Opened, TransportError> {
    let headers = vec![("Range", "bytes=2-".into())];
    timeout(SOON, transport().open(Get { url, headers }))
        .await
        .expect("no end")
}

#[tokio::test]
async fn a_file_is_read_in_pieces_with_what_its_head_says() {
    let head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 2-6/7\r\nETag: \"a\"\r\n\
        Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 5\r\n\r\nhello";
    let (address, heads) = server(head).await;
    let mut opened = get(format!("http://{address}/x")).await.unwrap();
    assert_eq!((opened.status, opened.content_length), (206, Some(5)));
    assert_eq!(opened.content_range.as_deref(), Some("bytes 2-6/7"));
    assert_eq!(opened.etag.as_deref(), Some("\"a\""));
    assert!(opened.last_modified.is_some());
    let mut body = Vec::new();
    while let Some(piece) = opened.body.next().await.unwrap() {
        body.extend_from_slice(&piece);
    }
    assert_eq!(body, b"hello");
    let head = heads.lock().unwrap()[0].to_ascii_lowercase();
    assert!(head.starts_with("get /x http/1.1\r\n"), "{head}");
    assert!(head.contains("range: bytes=2-\r\n"), "{head}");
}

#[tokio::test]
async fn a_file_that_ends_early_is_a_reset_and_a_redirect_is_not_followed() {
    let (address, _) = server("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").await;
    let mut opened = get(format!("http://{address}/x")).await.unwrap();
    let failure = loop {
        match opened.body.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a whole file"),
            Err(error) => break error,
        }
    };
    assert_eq!(failure.kind, Kind::Reset);
    let moved =
        format!("HTTP/1.1 302 Found\r\nLocation: http://{address}/y\r\nContent-Length: 0\r\n\r\n");
    let (address, heads) = server(moved).await;
    assert_eq!(
        get(format!("http://{address}/x")).await.unwrap().status,
        302
    );
    assert_eq!(heads.lock().unwrap().len(), 1);
}
