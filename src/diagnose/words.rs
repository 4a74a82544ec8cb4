//! The advice as sentences: what is the matter, then what to do, in English and Chinese. Written for whoever sits before
//! the machine with a support desk on the telephone.

use super::advice::{Advice, Part};
use crate::text::{Language, describe, verdict_message};

impl Advice {
    pub fn text(&self, language: Language) -> String {
        match language {
            Language::En => self.english(),
            Language::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Advice::Configuration { faults } => {
                format!("The configuration holds faults, and the vendor has to correct them: {faults}.")
            }
            Advice::SiteFile { warnings } => {
                format!("Not everything in the administrator's file is used; correct it: {warnings}.")
            }
            Advice::FolderNotWritable { folder, why } => format!(
                "The data folder {folder} cannot be written ({why}); give this user the right to write there."
            ),
            Advice::DiskFull { folder, free } => format!(
                "The disk of the data folder {folder} is full ({free} bytes left); make room on it."
            ),
            Advice::StateUnreadable { notes } => format!(
                "The licence state could not be read ({notes}); check the licences online to build it anew."
            ),
            Advice::Hangs { part } => format!(
                "{}; restart the computer if this lasts, and tell the vendor.",
                hangs_en(*part)
            ),
            Advice::OtherMachine { changed } => format!(
                "The licence state was written on another computer, or too much of this one has changed{}; check \
                 the licences online here.",
                in_brackets(changed)
            ),
            Advice::NotLicensed { code, verdict } => {
                let sentence = verdict_message(*verdict, Language::En);
                format!("{code}: {}", sentence.to_string_lossy())
            }
            Advice::ProxyUnreachable { proxy, why } => format!(
                "The proxy {proxy} cannot be reached ({why}); check its address, or set proxy to \"direct\" if \
                 none is needed."
            ),
            Advice::ProxyLogin { proxy } => format!(
                "The proxy {proxy} wants a user and password, or other ones; set the option proxy to \
                 http://user:password@{proxy}, or have the marketplace's hosts let through without a login."
            ),
            Advice::ProxyOtherLogin { proxy, logins } => format!(
                "The proxy {proxy} wants a login by {logins}, which this program cannot do; ask its administrator to \
                 let the marketplace's hosts through without a login or to offer Basic as well, or set the option \
                 proxy to a proxy on this computer that logs in by itself."
            ),
            Advice::ProxyRefuses { proxy, host, why } => format!(
                "The proxy {proxy} does not let connections to {host} through ({why}); ask its administrator to allow \
                 that host."
            ),
            Advice::NameUnknown { host } => format!(
                "The name {host} cannot be resolved; check the network connection and the DNS server, and whether a \
                 proxy has to be set."
            ),
            Advice::Unreachable { host, why } => format!(
                "No connection to {host} ({why}); ask the administrator to open the firewall for it, and whether a \
                 proxy has to be set."
            ),
            Advice::Mute { host } => format!(
                "{host} accepts the connection and then stays silent; a firewall that drops TLS connections is the \
                 usual reason."
            ),
            Advice::NoRoots => "This computer has no root certificates, so it can trust no server; install the package \
                 ca-certificates."
                .into(),
            Advice::Inspected { host, issuer } => format!(
                "The certificate of {host} was issued by {issuer}, whom this computer does not trust; if that is \
                 your company's proxy, which inspects TLS, put its root certificate into a PEM file and set ca_file."
            ),
            Advice::CertificateDate { host } => format!(
                "The certificate of {host} is not valid at the time that this computer shows; set the clock right."
            ),
            Advice::CertificateRefused { host, why } => format!(
                "The certificate of {host} is refused ({why}); check the endpoint, and what stands between this \
                 computer and it."
            ),
            Advice::NoAnswer { host, why } => format!(
                "{host} gives no answer ({why}); ask the administrator what stands between this computer and it."
            ),
            Advice::KeysRefused { host, why } => format!(
                "{host} refuses this program's access key or token ({why}); the vendor has to check access_key and \
                 secret_key, or bearer_token."
            ),
            Advice::NoUpgrades { error } => {
                format!("No upgrade can be found. {}", describe(error, Language::En))
            }
            Advice::StateSetAside { files } => format!(
                "An earlier licence state was damaged or could not be opened and is kept as {files}; check the licences \
                 online to build it anew."
            ),
            Advice::Portal { host, http } => format!(
                "Something else answers in the place of {host} (HTTP {http}), such as the login page of a network; log \
                 in there with a browser, or check the endpoint."
            ),
            Advice::ServerFault { host, http } => format!(
                "{host} has a fault of its own (HTTP {http}); try again later, and report it to its operator if this \
                 lasts."
            ),
            Advice::ClockWrong { offset_s } => {
                let (span, behind) = (span_en(*offset_s), *offset_s > 0);
                let way = if behind { "behind" } else { "ahead" };
                format!("The clock of this computer is {span} {way}; set it right, time zone included.")
            }
            Advice::ClockImplausible => "The clock of this computer shows a time before the last one that was seen; \
                 set it right and go online."
                .into(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Advice::Configuration { faults } => {
                format!("配置有误，请联系软件厂商修改：{faults}。")
            }
            Advice::SiteFile { warnings } => {
                format!("管理员配置文件中的部分内容未被采用，请修改：{warnings}。")
            }
            Advice::FolderNotWritable { folder, why } => {
                format!("数据目录 {folder} 不可写（{why}），请授予当前用户写权限。")
            }
            Advice::DiskFull { folder, free } => {
                format!("数据目录 {folder} 所在磁盘已满（剩余 {free} 字节），请清理空间。")
            }
            Advice::StateUnreadable { notes } => {
                format!("授权状态无法读取（{notes}），请联网重新校验授权以重建。")
            }
            Advice::Hangs { part } => {
                format!(
                    "{}，如持续如此请重启计算机，并告知软件厂商。",
                    hangs_zh(*part)
                )
            }
            Advice::OtherMachine { changed } => format!(
                "授权状态来自另一台计算机，或本机硬件变化过大{}，请在本机联网重新校验授权。",
                match changed.is_empty() {
                    true => String::new(),
                    false => format!("（{changed}）"),
                }
            ),
            Advice::NotLicensed { code, verdict } => {
                let sentence = verdict_message(*verdict, Language::Zh);
                format!("{code}：{}", sentence.to_string_lossy())
            }
            Advice::ProxyUnreachable { proxy, why } => format!(
                "无法连接代理服务器 {proxy}（{why}），请检查其地址；如不需要代理，请将 proxy 设为 \"direct\"。"
            ),
            Advice::ProxyLogin { proxy } => format!(
                "代理服务器 {proxy} 需要用户名和密码，或现有的不正确，请将配置项 proxy 设为 \
                 http://用户名:密码@{proxy}，或请管理员对云商店域名免认证放行。"
            ),
            Advice::ProxyOtherLogin { proxy, logins } => format!(
                "代理服务器 {proxy} 要求以 {logins} 方式登录，本程序不支持，请管理员对云商店域名免认证放行，\
                 或同时提供 Basic 登录，也可将配置项 proxy 设为本机上能自行登录的代理程序。"
            ),
            Advice::ProxyRefuses { proxy, host, why } => {
                format!("代理服务器 {proxy} 不允许连接 {host}（{why}），请管理员放行该域名。")
            }
            Advice::NameUnknown { host } => {
                format!(
                    "无法解析域名 {host}，请检查网络连接和 DNS 服务器，并确认是否需要设置代理。"
                )
            }
            Advice::Unreachable { host, why } => format!(
                "无法连接 {host}（{why}），请管理员在防火墙上放行，并确认是否需要设置代理。"
            ),
            Advice::Mute { host } => {
                format!(
                    "{host} 接受连接后没有任何应答，通常是防火墙丢弃了 TLS 连接，请联系管理员。"
                )
            }
            Advice::NoRoots => {
                "本机没有根证书，无法信任任何服务器，请安装 ca-certificates 软件包。".into()
            }
            Advice::Inspected { host, issuer } => format!(
                "{host} 的证书由 {issuer} 签发，本机不信任该签发者；如果它是贵公司解密 TLS 流量的代理，\
                 请将其根证书存为 PEM 文件并设置 ca_file。"
            ),
            Advice::CertificateDate { host } => {
                format!("按本机时间，{host} 的证书不在有效期内，请校准系统时间。")
            }
            Advice::CertificateRefused { host, why } => format!(
                "{host} 的证书未被接受（{why}），请检查服务地址，以及本机与其之间的网络设备。"
            ),
            Advice::NoAnswer { host, why } => {
                format!("{host} 没有应答（{why}），请联系管理员检查本机与其之间的网络设备。")
            }
            Advice::KeysRefused { host, why } => format!(
                "{host} 拒绝了本程序的访问密钥或令牌（{why}），请软件厂商检查 access_key 和 secret_key，或 bearer_token。"
            ),
            Advice::NoUpgrades { error } => {
                format!("无法查找升级。{}", describe(error, Language::Zh))
            }
            Advice::StateSetAside { files } => format!(
                "此前的授权状态已损坏或无法打开，保留为 {files}，请联网重新校验授权以重建。"
            ),
            Advice::Portal { host, http } => format!(
                "应答并非来自 {host}（HTTP {http}），可能是网络认证页面，请先用浏览器登录网络，或检查服务地址。"
            ),
            Advice::ServerFault { host, http } => {
                format!(
                    "{host} 服务器内部出错（HTTP {http}），请稍后重试；如持续出现，请联系服务方。"
                )
            }
            Advice::ClockWrong { offset_s } => {
                let way = if *offset_s > 0 { "慢" } else { "快" };
                let span = span_zh(*offset_s);
                format!("本机时钟{way}了 {span}，请校准系统时间并检查时区。")
            }
            Advice::ClockImplausible => "本机时钟早于此前已知的时间，请校准系统时间并联网。".into(),
        }
    }
}

fn in_brackets(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(" ({text})"),
    }
}

fn hangs_en(part: Part) -> &'static str {
    match part {
        Part::System => "The look at the system did not come back",
        Part::State => {
            "The look into the data folder did not come back, as with a network drive that is gone"
        }
        Part::Device => "The look at this computer's parts did not come back",
        Part::Network => "The look at the network did not come back",
    }
}

fn hangs_zh(part: Part) -> &'static str {
    match part {
        Part::System => "读取系统信息没有响应",
        Part::State => "读取数据目录没有响应，例如网络驱动器已断开",
        Part::Device => "读取本机硬件信息没有响应",
        Part::Network => "检查网络没有响应",
    }
}

/// The unit in which a person would say it.
fn span(seconds: i64) -> (u64, usize) {
    let seconds = seconds.unsigned_abs();
    match seconds {
        172_800.. => (seconds / 86_400, 2),
        7_200.. => (seconds / 3_600, 1),
        _ => (seconds / 60, 0),
    }
}

fn span_en(seconds: i64) -> String {
    let (count, unit) = span(seconds);
    format!("{count} {}", ["minutes", "hours", "days"][unit])
}

fn span_zh(seconds: i64) -> String {
    let (count, unit) = span(seconds);
    format!("{count} {}", ["分钟", "小时", "天"][unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_in_the_unit_of_people_and_the_right_way_round() {
        let told = |offset_s, language| Advice::ClockWrong { offset_s }.text(language);
        assert!(told(3 * 86_400, Language::En).contains("is 3 days behind"));
        assert!(told(-7_200, Language::En).contains("is 2 hours ahead"));
        assert!(told(600, Language::En).contains("is 10 minutes behind"));
        assert!(told(-3 * 86_400, Language::Zh).contains("快了 3 天"));
        assert!(told(7_200, Language::Zh).contains("慢了 2 小时"));
    }

    #[test]
    fn a_verdict_is_told_in_the_words_of_the_library() {
        let advice = Advice::NotLicensed {
            code: "CO****01".into(),
            verdict: crate::license::Verdict::Stale,
        };
        assert!(
            advice
                .text(Language::En)
                .starts_with("CO****01: The offline period")
        );
        assert!(advice.text(Language::Zh).starts_with("CO****01：离线期限"));
    }
}
