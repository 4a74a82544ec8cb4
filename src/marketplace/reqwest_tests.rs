//! The HTTP library against sockets that misbehave, on loopback.

use super::sockets::{OK, listen, read_head, server, tls_server};
use super::*;
use TransportErrorKind as Kind;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

pub const SOON: Duration = Duration::from_secs(20);

pub fn transport_by(proxy: &Proxy, ca_file: Option<&Path>) -> ReqwestTransport {
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

pub async fn post(transport: &ReqwestTransport, url: String) -> Result<Response, TransportError> {
    timeout(SOON, transport.send(request(url)))
        .await
        .expect("no end")
}

/// The failure, whose text may hold neither the proxy's login nor a URL.
pub async fn failure(transport: &ReqwestTransport, url: String) -> TransportError {
    let error = post(transport, url).await.expect_err("a failure");
    for hidden in ["hunter2", "me@home", "me%40home", "://"] {
        assert!(!error.text.contains(hidden), "{}", error.text);
    }
    error
}

async fn kind(transport: &ReqwestTransport, url: String) -> Kind {
    failure(transport, url).await.kind
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
    let error = failure(&transport_slow(), url).await;
    assert_eq!(error.kind, Kind::Dns);
    let start = "the name no-such-host.invalid cannot be resolved: ";
    assert!(error.text.starts_with(start), "{}", error.text);
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
    let error = failure(&transport(), format!("https://{address}/")).await;
    assert_eq!(error.kind, Kind::Timeout);
    let start = format!("no connection to {address} in time: ");
    assert!(error.text.starts_with(&start), "{}", error.text);
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
