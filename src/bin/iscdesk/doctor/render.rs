//! The document for people: sections, one line per finding with a mark in plain words, advice last. Colours say nothing
//! here, so that what is copied into a mail says the same.

use chrono::DateTime;
use iscdesk::diagnose::{
    ConfigFacts, DeviceFacts, Fault, FeedFacts, Found, HostFacts, NetworkFacts, Report, StateFacts,
    SystemFacts,
};
use iscdesk::text::Language;

#[derive(Clone, Copy)]
enum Mark {
    Ok,
    Problem,
    /// Neither good nor bad.
    Note,
}

/// Lines in the making.
struct Page {
    zh: bool,
    lines: Vec<String>,
}

pub fn lines(report: &Report, language: Language) -> Vec<String> {
    let mut page = Page {
        zh: language == Language::Zh,
        lines: Vec::new(),
    };
    page.title("iscdesk", "iscdesk");
    let begun = time(report.at);
    page.say(Mark::Note, format!("{} · {begun}", report.iscdesk));
    page.config(&report.config);
    page.title("System", "系统");
    page.found(&report.system, Page::system);
    page.title("Data folder and licences", "数据目录与授权");
    page.found(&report.state, Page::state);
    page.title("This computer", "本机标识");
    page.found(&report.device, Page::device);
    page.title("Network", "网络");
    page.found(&report.network, Page::network);
    if let Some(upgrade) = &report.upgrade {
        page.title("Upgrades", "升级");
        page.found(upgrade, Page::feed);
    }
    page.clock(report);
    page.failures(report);
    page.advice(report);
    page.lines
}

impl Page {
    fn word(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.zh {
            true => zh,
            false => en,
        }
    }

    fn title(&mut self, en: &'static str, zh: &'static str) {
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        self.lines.push(self.word(en, zh).to_owned());
    }

    fn say(&mut self, mark: Mark, text: impl AsRef<str>) {
        let mark = match mark {
            Mark::Ok => self.word("[ok]     ", "[正常] "),
            Mark::Problem => self.word("[problem]", "[异常] "),
            Mark::Note => self.word("[note]   ", "[信息] "),
        };
        self.lines.push(format!("  {mark} {}", text.as_ref()));
    }

    fn judge(&mut self, good: bool, text: impl AsRef<str>) {
        let mark = match good {
            true => Mark::Ok,
            false => Mark::Problem,
        };
        self.say(mark, text);
    }

    fn found<T>(&mut self, found: &Found<T>, show: impl Fn(&mut Page, &T)) {
        match found {
            Found::Known(facts) => show(self, facts),
            Found::Unknown { error } => self.say(Mark::Problem, told(error)),
        }
    }

    fn config(&mut self, facts: &ConfigFacts) {
        self.title("Configuration", "配置");
        let names = [&facts.vendor, &facts.product, &facts.version];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        let mode = facts.mode.unwrap_or("?");
        self.judge(facts.ok, format!("{} ({mode})", names.join(" / ")));
        for fault in &facts.faults {
            self.say(Mark::Problem, fault);
        }
        for warning in &facts.warnings {
            self.say(Mark::Note, warning);
        }
    }

    fn system(&mut self, facts: &SystemFacts) {
        let version = facts.version.as_deref().unwrap_or(facts.os);
        self.say(Mark::Note, format!("{version} ({})", facts.arch));
        if let Some(kind) = &facts.container {
            let word = self.word("container", "容器");
            self.say(Mark::Note, format!("{word}: {kind}"));
        }
        if let Some(kind) = &facts.hypervisor {
            let word = self.word("virtual machine", "虚拟机");
            self.say(Mark::Note, format!("{word}: {kind}"));
        }
    }

    fn state(&mut self, facts: &StateFacts) {
        let folder = facts.folder.as_deref().unwrap_or("?");
        let state = match (facts.writable, facts.exists) {
            (true, true) => self.word("can be written", "可写"),
            (true, false) => self.word("will be made when it is needed", "需要时将自动创建"),
            (false, _) => self.word("cannot be written", "不可写"),
        };
        self.judge(facts.writable, format!("{folder}: {state}"));
        if let Some(free) = facts.free_bytes {
            let word = self.word("MiB free", "MiB 可用空间");
            self.say(Mark::Note, format!("{} {word}", free / 1024 / 1024));
        }
        for note in &facts.notes {
            self.judge(facts.readable, note);
        }
        if !facts.set_aside.is_empty() {
            let word = self.word("set aside earlier", "此前被移开的文件");
            self.say(
                Mark::Note,
                format!("{word}: {}", facts.set_aside.join(", ")),
            );
        }
        if facts.licenses.is_empty() {
            let none = self.word("no licence is held here", "本机没有授权");
            self.say(Mark::Note, none);
        }
        for one in &facts.licenses {
            let until = self.word("offline until", "离线有效期至");
            let checked = self.word("checked", "上次校验");
            let text = format!(
                "{}: {} ({checked} {}, {until} {})",
                one.code,
                one.verdict.name(),
                time(one.checked_at),
                time(one.offline_until)
            );
            self.judge(one.licensed, text);
        }
    }

    fn device(&mut self, facts: &DeviceFacts) {
        for part in &facts.parts {
            let state = match part.present {
                true => part.hashes.join(" "),
                false => self.word("not obtained", "未获取到").to_owned(),
            };
            self.say(Mark::Note, format!("{}: {state}", part.kind));
        }
        let Some(changed) = &facts.changed else {
            return;
        };
        match changed.is_empty() {
            true => {
                let same = self.word("as when the state was written", "与授权状态写入时一致");
                self.say(Mark::Ok, same);
            }
            false => {
                let word = self.word("changed since", "此后有变化");
                self.say(Mark::Note, format!("{word}: {}", changed.join(", ")));
            }
        }
    }

    fn network(&mut self, facts: &NetworkFacts) {
        let none = match facts.proxy.source {
            "none" => self.word("none", "无"),
            _ => self.word("direct", "直连"),
        };
        let address = facts.proxy.address.as_deref().unwrap_or(none);
        let word = self.word("proxy", "代理");
        let source = facts.proxy.source;
        self.say(Mark::Note, format!("{word}: {address} ({source})"));
        for host in &facts.hosts {
            self.host(host);
        }
    }

    fn host(&mut self, facts: &HostFacts) {
        let http = facts.answer.http.map(|http| format!("HTTP {http}"));
        let state = match (&http, &facts.answer.error) {
            (Some(http), _) => http.clone(),
            (None, Some(error)) => told(error),
            (None, None) => String::new(),
        };
        let host = format!("{} ({}): {state}", facts.host, facts.role);
        self.judge(facts.reached, host);
        let resolved = match &facts.resolved.error {
            None => facts.resolved.addresses.join(" "),
            Some(error) => told(error),
        };
        let name = self.word("name", "域名解析");
        self.step(name, resolved, facts.resolved.took_ms);
        let connected = match (&facts.connected.to, &facts.connected.error) {
            (Some(to), _) => to.clone(),
            (None, Some(error)) => told(error),
            (None, None) => String::new(),
        };
        let connection = self.word("connection", "连接");
        self.step(connection, connected, facts.connected.took_ms);
        if let Some(keys) = &facts.keys {
            let state = match &keys.error {
                None => self.word("accepted", "已被接受").to_owned(),
                Some(error) => told(error),
            };
            let word = self.word("access key or token", "访问密钥或令牌");
            self.lines.push(format!("              {word}: {state}"));
        }
        let Some(tls) = &facts.tls else {
            return;
        };
        let by = match (&tls.by_root, &tls.error) {
            (Some(root), _) => format!("{} ({})", root.subject, root.from),
            (None, Some(error)) => told(error),
            (None, None) => String::new(),
        };
        let trusted = match tls.trusted {
            true => self.word("trusted by", "信任自"),
            false => self.word("not trusted", "不受信任"),
        };
        self.lines
            .push(format!("              TLS, {trusted}: {by}"));
        for cert in &tls.chain {
            let line = format!("                {} <- {}", cert.subject, cert.issuer);
            self.lines.push(line);
        }
    }

    fn step(&mut self, name: &str, state: String, took_ms: u64) {
        self.lines
            .push(format!("              {name}: {state} ({took_ms} ms)"));
    }

    fn feed(&mut self, facts: &FeedFacts) {
        if let Some(error) = &facts.error {
            self.say(Mark::Problem, told(error));
        }
        if facts.verified {
            let verified = self.word(
                "the feed is signed with one of the program's keys",
                "升级源由程序所配置的密钥签名",
            );
            self.say(Mark::Ok, verified);
        }
        let Some(version) = &facts.version else {
            return;
        };
        let (word, published) = (
            self.word("newest version", "最新版本"),
            time(facts.published.unwrap_or_default()),
        );
        let platform = &facts.platform;
        let state = match facts.outcome {
            "offered" => self.word("is offered", "可升级"),
            "up_to_date" => self.word("is no newer than this program", "不高于当前程序"),
            "declined" => self.word("was declined here", "已在本机被拒绝"),
            "not_for_this_platform" => self.word("has no package here", "没有适用于本机的安装包"),
            _ => self.word("is refused", "未被采用"),
        };
        let text = format!("{word} {version} ({published}, {platform}): {state}");
        self.say(Mark::Note, text);
    }

    fn clock(&mut self, report: &Report) {
        self.title("Clock", "时钟");
        let clock = &report.clock;
        let local = time(clock.local);
        let text = match clock.offset_s {
            Some(offset) => {
                let word = self.word("s beside the marketplace's", "秒（相对于云商店）");
                format!("{local}, {offset:+} {word}")
            }
            None => {
                let word = self.word("could not be compared", "无法比对");
                format!("{local}, {word}")
            }
        };
        let mark = match clock.verdict {
            "right" => Mark::Ok,
            "unknown" => Mark::Note,
            _ => Mark::Problem,
        };
        self.say(mark, text);
    }

    fn failures(&mut self, report: &Report) {
        if report.errors.is_empty() {
            return;
        }
        self.title("Failures of the last days", "近期失败记录");
        for failure in report.errors.iter().rev() {
            let host = failure.host.as_deref().unwrap_or("-");
            let (at, count) = (time(failure.at), failure.count);
            let text = format!("{at} ×{count} {host} [{}] {}", failure.cause, failure.text);
            self.say(Mark::Note, text);
        }
    }

    fn advice(&mut self, report: &Report) {
        self.title("What to do", "处理建议");
        if report.ok {
            let nothing = self.word("Nothing: all is well.", "一切正常，无需处理。");
            self.lines.push(format!("  {nothing}"));
        }
        for (number, advice) in (1..).zip(&report.advice) {
            self.lines.push(format!("  {number}. {advice}"));
        }
    }
}

fn told(fault: &Fault) -> String {
    format!("{} [{}]", fault.text, fault.cause)
}

fn time(seconds: i64) -> String {
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) if seconds != 0 => time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        _ => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iscdesk::client::Options;
    use iscdesk::client::options::Key;
    use iscdesk::client::surroundings::Surroundings;
    use iscdesk::diagnose::examine;

    /// A folder without a state, and a marketplace that nobody runs.
    fn report(folder: &tempfile::TempDir, language: &str) -> Report {
        let mut options = Options::new();
        for (key, value) in [
            (Key::Vendor, "ACME"),
            (Key::Product, "Mini CAD"),
            (Key::Version, "1.0.0"),
            (Key::Endpoint, "https://127.0.0.1:1"),
            (Key::DataDir, folder.path().to_str().unwrap()),
            (Key::Proxy, "direct"),
            (Key::Language, language),
        ] {
            options.set_string(key.code(), value).unwrap();
        }
        examine(&options, &Surroundings::real())
    }

    #[test]
    fn a_person_finds_the_mark_and_the_advice() {
        let folder = tempfile::tempdir().unwrap();
        let lines = lines(&report(&folder, "en"), Language::En);
        let line = |words: &str| lines.iter().position(|line| line.contains(words));
        let problem = line("[problem] 127.0.0.1:1 (endpoint)").unwrap();
        let advice = line("1. No connection to 127.0.0.1:1").unwrap();
        assert!(line("[ok]      ACME / Mini CAD / 1.0.0").unwrap() < problem);
        assert!(line("What to do").unwrap() < advice && problem < advice);
        assert_eq!(advice, lines.len() - 1, "{}", lines.join("\n"));
    }

    #[test]
    fn chinese_is_chinese_throughout() {
        let folder = tempfile::tempdir().unwrap();
        let lines = lines(&report(&folder, "zh"), Language::Zh);
        let text = lines.join("\n");
        for words in ["[异常]", "[正常]", "处理建议", "1. 无法连接 127.0.0.1:1"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        for words in ["[ok]", "[problem]", "[note]", "What to do"] {
            assert!(!text.contains(words), "{words}: {text}");
        }
    }
}
