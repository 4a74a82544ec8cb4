//! Proxies as Windows writes them, by hand in Internet Options or by a script: `proxy:8080`, or one for each protocol
//! (`http=a:80;https=b:8080`), and the hosts that are reached without (`*.corp.example;<local>`).

use super::proxy::HttpProxy;

/// The proxy to an `https` host, of those that this library can use. None: the way is direct.
pub fn choose(list: &str, bypass: &str, host: &str) -> Option<HttpProxy> {
    if is_bypassed(bypass, host) {
        return None;
    }
    let of_protocol = |wanted: Option<&str>| {
        entries(list)
            .filter(move |entry| match (entry.split_once('='), wanted) {
                (Some((protocol, _)), Some(wanted)) => protocol.trim().eq_ignore_ascii_case(wanted),
                (None, None) => true,
                _ => false,
            })
            .find_map(|entry| address(entry.split_once('=').map_or(entry, |(_, address)| address)))
    };
    of_protocol(Some("https")).or_else(|| of_protocol(None))
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c == ';' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
}

/// Port 80 where none is named, as Windows takes it.
fn address(text: &str) -> Option<HttpProxy> {
    let text = text.trim().trim_end_matches('/');
    let bare = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => text,
    };
    HttpProxy::parse(&format!("http://{bare}"))
        .or_else(|| HttpProxy::parse(&format!("http://{bare}:80")))
}

fn is_bypassed(bypass: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    entries(bypass).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "<local>" {
            return !host.contains(['.', ':']);
        }
        let name = entry.split_once("://").map_or(&*entry, |(_, name)| name);
        // A port is part of some entries; the host is what is compared.
        let name = match name.rsplit_once(':') {
            Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
            _ => name,
        };
        matches(name.as_bytes(), host.as_bytes())
    })
}

/// `*` stands for any characters, also for none.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|from| matches(rest, &text[from..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(own, others)| own == first && matches(rest, others)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "mkt.myhuaweicloud.com";

    fn chosen(list: &str, bypass: &str) -> Option<String> {
        choose(list, bypass, HOST).map(|proxy| proxy.host())
    }

    #[test]
    fn one_for_all_or_one_for_each_protocol() {
        let table = [
            ("proxy:8080", Some("proxy:8080")),
            ("proxy", Some("proxy:80")),
            ("http://proxy:3128/", Some("proxy:3128")),
            ("[::1]:3128", Some("[::1]:3128")),
            ("http=a:80;https=b:8080;ftp=c:21", Some("b:8080")),
            ("http=a:80 HTTPS=http://b:8080", Some("b:8080")),
            ("proxy:1;https=b:2", Some("b:2")),
            ("socks=s:1080;all:9", Some("all:9")),
            ("first:1;second:2", Some("first:1")),
            // Windows takes none for a protocol that is not listed.
            ("http=a:80;ftp=c:21", None),
            ("socks=s:1080", None),
            ("https=https://b:8080", None),
            ("", None),
            (";; ;", None),
            ("https=", None),
            ("http://授权:1", None),
        ];
        for (list, expected) in table {
            assert_eq!(chosen(list, "").as_deref(), expected, "{list}");
        }
    }

    #[test]
    fn some_hosts_are_reached_without() {
        let table = [
            ("", false),
            ("<local>", false),
            ("*", true),
            ("*.myhuaweicloud.com", true),
            ("*.MyHuaweiCloud.com;other", true),
            ("https://mkt.myhuaweicloud.com:443", true),
            ("mkt.*.com", true),
            ("myhuaweicloud.com", false),
            ("*.myhuaweicloud.cn <local>", false),
        ];
        for (bypass, expected) in table {
            assert_eq!(chosen("proxy:1", bypass).is_none(), expected, "{bypass}");
        }
        assert!(choose("proxy:1", "<local>", "license-server").is_none());
        assert!(choose("proxy:1", "10.*", "10.1.2.3").is_none());
        assert!(choose("proxy:1", "<local>", "fe80::1").is_some());
    }
}
