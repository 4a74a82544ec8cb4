//! Which login a proxy wants. The HTTP library tells only that it wants one; a customer's administrator needs to know
//! which. So the proxy is asked once more, for the tunnel alone and without a login, and nothing goes through it.

use super::lookup::{ThreadsAlive, look_up};
use super::proxy::HttpProxy;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head that is read.
const HEAD_MAX: u64 = 16 * 1024;
/// What the HTTP library can do.
const BASIC: &str = "Basic";
/// What stands before and after the names in the sentence for a login that it cannot.
const WANTS: &str = "wants a login by ";
const ONLY: &str = ", and this library knows Basic only";
/// Most schemes that are told; each is a word.
const SCHEMES_MAX: usize = 8;

/// Names of the logins that the proxy offers for a tunnel to `target` (`host:port`). Empty where it does not tell in time.
pub async fn schemes(
    threads: &ThreadsAlive,
    proxy: &HttpProxy,
    target: &str,
    limit: Duration,
) -> Vec<String> {
    let asked = tokio::time::timeout(limit, head(threads, proxy, target)).await;
    let head = asked.ok().flatten().unwrap_or_default();
    in_head(&head)
}

/// The sentence for whoever has to set the proxy up so that `host` is reached.
pub fn sentence(schemes: &[String], proxy: &HttpProxy, host: &str) -> Option<String> {
    let basic = |scheme: &String| scheme.eq_ignore_ascii_case(BASIC);
    if schemes.is_empty() {
        return None;
    }
    let (named, proxy) = (schemes.join(", "), proxy.host());
    Some(match schemes.iter().any(basic) {
        true => format!(
            "the proxy {proxy} wants a user and password, or other ones (it offers {named})"
        ),
        false => format!(
            "the proxy {proxy} {WANTS}{named}{ONLY}: ask the proxy's administrator to let {host} through \
             without a login or to offer {BASIC} as well, or name in the option proxy a proxy on this computer that logs \
             in by itself"
        ),
    })
}

/// The names in a text with that sentence, where a user and password would not help.
pub fn other_logins(text: &str) -> Option<&str> {
    let (_, after) = text.split_once(WANTS)?;
    Some(after.split_once(ONLY)?.0)
}

async fn head(threads: &ThreadsAlive, proxy: &HttpProxy, target: &str) -> Option<String> {
    let (name, port) = proxy.name_and_port();
    let name = name.trim_matches(['[', ']']).to_owned();
    let mut addresses = look_up(threads, name).await.ok()?;
    for address in &mut addresses {
        address.set_port(port);
    }
    let mut stream = TcpStream::connect(&addresses[..]).await.ok()?;
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut head = Vec::new();
    let mut stream = stream.take(HEAD_MAX);
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.ok()? == 0 {
            break;
        }
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

fn in_head(head: &str) -> Vec<String> {
    let end = head.find("\r\n\r\n").unwrap_or(head.len());
    let mut found: Vec<String> = Vec::new();
    for line in head[..end].lines().skip(1) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if !name.trim().eq_ignore_ascii_case("proxy-authenticate") {
            continue;
        }
        for scheme in value.split(',').filter_map(scheme) {
            let known = found.iter().any(|other| other.eq_ignore_ascii_case(scheme));
            if !known && found.len() < SCHEMES_MAX {
                found.push(scheme.to_owned());
            }
        }
    }
    found
}

/// The first word, where it is one: `realm="a` of a list of parameters is none.
fn scheme(part: &str) -> Option<&str> {
    let word = part.split_whitespace().next()?;
    let is_name = word.len() <= 32 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_name.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemes_of_an_answer() {
        let head = "HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\
            Proxy-Authenticate: Digest realm=\"a\", nonce=\"b c\", qop=\"auth\"\r\nX: y\r\n\r\n\
            Proxy-Authenticate: Body\r\n";
        assert_eq!(in_head(head), ["Negotiate", "NTLM", "Digest"]);
        assert_eq!(
            in_head("HTTP/1.1 407 no\r\nProxy-Authenticate: Negotiate, ntlm, NTLM\r\n\r\n"),
            ["Negotiate", "ntlm"]
        );
        for none in [
            "",
            "garbage",
            "HTTP/1.1 407 no\r\nProxy-Authenticate: \r\n\r\n",
        ] {
            assert_eq!(in_head(none), [""; 0], "{none}");
        }
        let many: String = (0..99)
            .map(|i| format!("Proxy-Authenticate: S{i}\r\n"))
            .collect();
        assert_eq!(
            in_head(&format!("HTTP/1.1 407\r\n{many}")).len(),
            SCHEMES_MAX
        );
    }

    #[test]
    fn the_sentence_names_proxy_host_and_what_the_proxy_wants() {
        let proxy = HttpProxy::parse("http://jane:hunter2@proxy.test:3128").unwrap();
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            sentence(&names, &proxy, "mkt.test")
        };
        assert_eq!(of(&[]), None);
        let other = of(&["Negotiate", "NTLM"]).unwrap();
        let start = "the proxy proxy.test:3128 wants a login by Negotiate, NTLM, ";
        assert!(other.starts_with(start), "{other}");
        assert!(other.contains("let mkt.test through"), "{other}");
        let basic = of(&["NTLM", "basic"]).unwrap();
        let start = "the proxy proxy.test:3128 wants a user and password";
        assert!(basic.starts_with(start), "{basic}");
        for text in [&other, &basic] {
            assert!(
                !text.contains("jane") && !text.contains("hunter2"),
                "{text}"
            );
        }
        assert_eq!(other_logins(&other), Some("Negotiate, NTLM"));
        assert_eq!(other_logins(&basic), None);
    }
}
