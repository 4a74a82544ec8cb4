//! The proxy that the user's Internet Options name: by hand for each protocol, or by a script. The settings lie in the
//! registry of the workshop's own Windows, so the cases follow each other in one test.

use crate::cc::{self, Language, Linkage, Ran};
use crate::mingw::{self, Workshop, windows_path};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use tempfile::TempDir;

const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
const NAME: &str = "DefaultConnectionSettings";
const ENDPOINT: &str = "https://mkt.example.invalid";

// Bits of what Windows calls connection settings.
const DIRECT: u32 = 1;
const BY_HAND: u32 = 2;
const BY_SCRIPT: u32 = 4;

/// A server that answers each request by `answer` and tells its first line.
fn server(answer: impl Fn(&str) -> String + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let first = first_line(&stream);
            let _ = stream.write_all(answer(&first).as_bytes());
            if sender.send(first).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn first_line(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    first
}

/// As Windows writes them: a mark, a counter, what is switched on, then three texts with their lengths before them.
fn settings(flags: u32, proxy: &str, bypass: &str, script: &str) -> String {
    let mut bytes = Vec::new();
    for number in [0x46, 1, flags] {
        bytes.extend(u32::to_le_bytes(number));
    }
    for text in [proxy, bypass, script] {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes.extend([0; 32]);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn set(workshop: &Workshop, settings: &str) {
    let mut reg = workshop.command("reg");
    reg.args([
        "add",
        KEY,
        "/v",
        NAME,
        "/t",
        "REG_BINARY",
        "/d",
        settings,
        "/f",
    ]);
    let ran = workshop.run(&mut reg, "");
    assert_eq!(ran.exit, Some(0), "{ran:?}");
}

#[test]
fn the_proxy_of_internet_options_is_taken_and_its_login_named() {
    let Some(workshop) = mingw::workshop() else {
        return;
    };
    let source = cc::root().join("examples-c/activate.c");
    let program = workshop.compile(&source, Language::C, Linkage::Shared);
    let folder = TempDir::new().unwrap();
    let activate = || -> Ran {
        let mut command = workshop.command(&program);
        command
            .arg("PL-1")
            .env("ISCDESK_ENDPOINT", ENDPOINT)
            .env("ISCDESK_ACCESS_KEY", "AK")
            .env("ISCDESK_SECRET_KEY", "SK")
            .env("ISCDESK_DATA_DIR", windows_path(folder.path()));
        for variable in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command
                .env_remove(variable)
                .env_remove(variable.to_lowercase());
        }
        workshop.run(&mut command, "")
    };
    let (proxy, tunnels) = server(|_| {
        "HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
            .into()
    });
    let asks_for_the_tunnel = || {
        let ran = activate();
        assert_eq!(ran.exit, Some(1), "{ran:?}");
        assert!(ran.stdout.contains("\"cause\":\"proxy_auth\""), "{ran:?}");
        assert!(ran.stdout.contains("Negotiate, NTLM"), "{ran:?}");
        let asked: Vec<String> = tunnels.try_iter().collect();
        let tunnel = "CONNECT mkt.example.invalid:443 HTTP/1.1";
        assert!(
            !asked.is_empty() && asked.iter().all(|line| line == tunnel),
            "{asked:?}"
        );
    };

    let by_hand = format!("http=127.0.0.1:9;https={proxy}");
    set(
        workshop,
        &settings(DIRECT | BY_HAND, &by_hand, "<local>", ""),
    );
    asks_for_the_tunnel();

    // The exception: nobody is asked for a tunnel.
    set(
        workshop,
        &settings(DIRECT | BY_HAND, &by_hand, "*.invalid", ""),
    );
    let ran = activate();
    assert!(ran.stdout.contains("\"cause\":\"dns\""), "{ran:?}");
    assert_eq!(tunnels.try_iter().count(), 0);

    let answer = format!("function FindProxyForURL(url, host) {{ return \"PROXY {proxy}\"; }}");
    let (host, scripts) = server(move |_| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-ns-proxy-autoconfig\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{answer}",
            answer.len()
        )
    });
    let script = format!("http://{host}/proxy.pac");
    set(workshop, &settings(DIRECT | BY_SCRIPT, "", "", &script));
    asks_for_the_tunnel();
    assert!(scripts.try_iter().any(|line| line.contains("/proxy.pac")));

    // A script that cannot be had is passed over.
    set(
        workshop,
        &settings(DIRECT | BY_SCRIPT, "", "", "http://127.0.0.1:9/none.pac"),
    );
    let ran = activate();
    assert!(ran.stdout.contains("\"cause\":\"dns\""), "{ran:?}");
    set(workshop, &settings(DIRECT, "", "", ""));
}
