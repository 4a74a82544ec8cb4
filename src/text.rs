//! What the library says to people: one sentence per status and verdict, in English and Chinese.
//!
//! Written for who has to act on it, a vendor's support desk or developer: what happened, then what to do. The sentences
//! are constants with a NUL, so that the C ABI hands them out as they are. Details of a single failure stay English and
//! come after the sentence: they name options, hosts and codes that one searches for.

use crate::error::{Cause, Error, Status};
use crate::license::Verdict;
use std::ffi::CStr;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    En,
    Zh,
}

impl Language {
    /// By its name in the options. An unknown one is the client's to complain of.
    pub fn named(name: Option<&str>) -> Language {
        match name {
            Some("zh") => Language::Zh,
            _ => Language::En,
        }
    }
}

/// The sentence for a status.
pub fn status_message(status: Status, language: Language) -> &'static CStr {
    match language {
        Language::En => status_en(status),
        Language::Zh => status_zh(status),
    }
}

/// The sentence for a verdict.
pub fn verdict_message(verdict: Verdict, language: Language) -> &'static CStr {
    match language {
        Language::En => verdict_en(verdict),
        Language::Zh => verdict_zh(verdict),
    }
}

/// A failure as a person reads it: the sentence first, then its detail.
pub fn describe(error: &Error, language: Language) -> String {
    let detail = error.to_string();
    let sentence = sentence(error, language).to_string_lossy();
    match language {
        _ if detail.is_empty() => sentence.into_owned(),
        Language::En => format!("{sentence} Detail: {detail}"),
        Language::Zh => format!("{sentence}（{detail}）"),
    }
}

/// The same for a program, which asks for the sentence by its status: in English the detail alone, which small buffers hold.
pub fn detail(error: &Error, language: Language) -> String {
    let detail = error.to_string();
    match language {
        Language::En if !detail.is_empty() => detail,
        _ => describe(error, language),
    }
}

/// The sentence for a failure: that of its status, but where the cause is known to need another remedy.
pub fn sentence(error: &Error, language: Language) -> &'static CStr {
    match (error.cause, language) {
        (Cause::Frozen, Language::En) => FROZEN_EN,
        (Cause::Frozen, Language::Zh) => FROZEN_ZH,
        _ => status_message(error.status, language),
    }
}

const FROZEN_EN: &CStr = c"The marketplace has frozen this licence, mostly because its renewal is due; ask whoever buys the software to renew it in the marketplace, or ask the software's vendor, then check again.";
const FROZEN_ZH: &CStr = c"云商店已冻结该授权，通常是因为到期未续费；请联系负责采购的人员在云商店续费，或向软件厂商询问原因，然后重新校验。";

fn status_en(status: Status) -> &'static CStr {
    match status {
        Status::Ok => c"Done.",
        Status::Deferred => c"Accepted; it takes effect as soon as the running callback returns.",
        Status::Cached => c"The marketplace could not be reached; the licence stays valid by the last check, so only look at the network if this lasts.",
        Status::Already => c"Nothing was left to do: the code is already active, or today's check has already been done.",
        Status::InvalidArgument => c"An argument of the call is not valid; compare the call with its description in iscdesk.h.",
        Status::InvalidUtf8 => c"A text handed over is not valid UTF-8; convert it before the call, on Windows from the code page in use.",
        Status::BufferTooSmall => c"The buffer is too small; call again with room for the length reported plus one byte.",
        Status::InvalidHandle => c"The handle is NULL, was released or never came from this library; check how long the program keeps it.",
        Status::Closed => c"The client has been shut down; make a new one with isc_init to go on.",
        Status::Timeout => c"The time allowed was not enough; check the network and the time-outs, and after isc_shutdown look for a callback that does not return.",
        Status::Unsupported => c"This is not available in this version or with these options; the detail says what it would need.",
        Status::Reentrant => c"Events are already being delivered; call isc_poll_events from one thread only, and not from a callback.",
        Status::Config => c"The options hold faults; correct the members that the detail names.",
        Status::Busy => c"Too many requests are waiting for their answers; try again when some have been answered.",
        Status::Limit => c"A limit on the number of codes has been reached; forget codes that are out of use, or split the request.",
        Status::InvalidState => c"The call does not fit what happened before it; keep to the order of calls that the documentation gives.",
        Status::NotActivated => c"This authorization code has not been activated here; activate it first.",
        Status::UnknownLicense => c"The marketplace does not know this authorization code; check it for typing errors and for belonging to this product.",
        Status::NotReceived => c"The buyer has not yet received this authorization code; have it received in the marketplace console, then activate it.",
        Status::Expired => c"The licence has expired or is frozen; renew it in the marketplace and check again, or ask the software's vendor if it has been renewed.",
        Status::Released => c"The licence was returned or its subscription has ended; order a new one if the software is still needed.",
        Status::OfflineTooLong => c"The licence has not been checked for longer than allowed; connect this computer to the network and check again.",
        Status::Clock => c"This computer's clock shows an implausible time; set it right and check again while online.",
        Status::WrongDevice => c"The licence belongs to another computer; check it online here, or ask the vendor for a licence file of this computer.",
        Status::LicenseFile => c"The licence file is not accepted; the detail says why, and the vendor can issue a new one.",
        Status::TooManyDevices => c"The licence is in use on as many computers as it allows; give it back on one of them first.",
        Status::Network => c"The server cannot be reached; check the network connection, name resolution and firewall.",
        Status::Tls => c"The server's certificate is not trusted or encryption failed; check the clock, and set ca_file where a company proxy inspects connections.",
        Status::Proxy => c"The proxy refuses or cannot be reached; check its address, user and password in the option proxy, and have it let the server through where it wants another login than Basic.",
        Status::Throttled => c"The server receives too many requests from this account; try again later.",
        Status::Unauthorized => c"The server refuses this program's keys or token; check access_key and secret_key or bearer_token, and the computer's clock.",
        Status::Server => c"The server has a fault of its own; try again later, and report the request id to its operator if this lasts.",
        Status::Protocol => c"The answer is not what the marketplace documents; check that the endpoint is right and that no portal or proxy answers in its place.",
        Status::Rejected => c"The server rejects the request; the detail gives its error code, which its documentation explains.",
        Status::Untrusted => c"The relay's answer is not signed with the expected key; check relay_public_key and who operates the server.",
        Status::Storage => c"The licence state cannot be read or written; check the data folder and the space left on its disk.",
        Status::StorageDenied => c"Access to the licence state is denied; check the owner and the permissions of the data folder.",
        Status::StorageBusy => c"Another process holds the licence state; try again, and look for a hanging process if this lasts.",
        Status::UpgradeFeed => c"The upgrade feed cannot be used; check its address, content and version number.",
        Status::UpgradeSignature => c"The signature of an upgrade is not valid, and nothing of it was run; check upgrade_public_key and sign the feed anew.",
        Status::UpgradeDownload => c"The upgrade could not be downloaded completely; it resumes when it is started again.",
        Status::Internal => c"The library has met a fault of its own; the program can go on, and the log helps the vendor to report it.",
    }
}

fn status_zh(status: Status) -> &'static CStr {
    match status {
        Status::Ok => c"操作成功。",
        Status::Deferred => c"请求已受理，将在当前回调函数返回后立即生效。",
        Status::Cached => c"暂时无法连接云商店，授权根据上次校验结果仍然有效；如长时间如此，请检查网络。",
        Status::Already => c"无需重复操作：该授权码已激活，或今日校验已完成。",
        Status::InvalidArgument => c"调用参数无效，请对照 iscdesk.h 中的接口说明检查该调用。",
        Status::InvalidUtf8 => c"传入的文本不是有效的 UTF-8，请在调用前完成转码（Windows 上通常需从系统代码页转换）。",
        Status::BufferTooSmall => c"缓冲区太小，请按返回的长度再加一个字节分配后重新调用。",
        Status::InvalidHandle => c"句柄为空、已释放或并非由本库创建，请检查程序中句柄的生命周期。",
        Status::Closed => c"客户端已关闭，如需继续使用，请调用 isc_init 重新创建。",
        Status::Timeout => c"操作超时，请检查网络和超时设置；如发生在 isc_shutdown 之后，请检查是否有回调函数未返回。",
        Status::Unsupported => c"当前版本或当前配置不支持此功能，所需条件见详细信息。",
        Status::Reentrant => c"事件正在派发中，请只在一个线程中调用 isc_poll_events，且不要在回调函数内调用。",
        Status::Config => c"配置有误，请按详细信息中列出的配置项逐一修改。",
        Status::Busy => c"等待应答的请求过多，请在部分请求得到应答后重试。",
        Status::Limit => c"授权码数量已达上限，请移除不再使用的授权码，或分批提交请求。",
        Status::InvalidState => c"当前状态下不能进行此调用，请按文档规定的顺序调用。",
        Status::NotActivated => c"该授权码尚未在本机激活，请先激活。",
        Status::UnknownLicense => c"云商店中不存在该授权码，请检查是否输入有误，以及是否属于本产品。",
        Status::NotReceived => c"买家尚未领取该授权码，请先在云商店控制台领取，然后再激活。",
        Status::Expired => c"授权已过期或被冻结，请在云商店续费后重新校验；如已续费，请联系软件厂商。",
        Status::Released => c"授权已退订或已释放，如需继续使用软件，请重新购买。",
        Status::OfflineTooLong => c"授权未校验的时间超过了允许的离线期限，请将本机联网后重新校验。",
        Status::Clock => c"本机时钟的时间不合理，请校准系统时间并在联网状态下重新校验。",
        Status::WrongDevice => c"该授权属于另一台计算机，请在本机联网校验，或向软件厂商申请本机的授权文件。",
        Status::LicenseFile => c"授权文件未被接受，原因见详细信息，可请软件厂商重新签发。",
        Status::TooManyDevices => c"使用该授权的计算机数量已达上限，请先在其中一台上归还授权。",
        Status::Network => c"无法连接服务器，请检查网络连接、域名解析和防火墙。",
        Status::Tls => c"服务器证书不受信任或加密连接失败，请检查系统时间；如企业代理会解密流量，请设置 ca_file。",
        Status::Proxy => c"代理服务器拒绝请求或无法连接，请检查配置项 proxy 中的地址、用户名和密码；如其要求 Basic 以外的登录方式，请管理员对该服务器免认证放行。",
        Status::Throttled => c"该账号的请求过于频繁，已被服务器限流，请稍后重试。",
        Status::Unauthorized => c"服务器不接受本程序的密钥或令牌，请检查 access_key 与 secret_key 或 bearer_token，以及系统时间。",
        Status::Server => c"服务器内部出错，请稍后重试；如持续出现，请向服务方提供请求 ID。",
        Status::Protocol => c"应答内容与云商店文档不符，请检查服务地址是否正确，以及是否有认证页面或代理代为应答。",
        Status::Rejected => c"服务器拒绝了该请求，请根据详细信息中的错误码查阅服务方文档。",
        Status::Untrusted => c"中继服务器的应答未使用预期的密钥签名，请检查 relay_public_key 以及该服务器的运营方。",
        Status::Storage => c"无法读写授权状态，请检查数据目录及其磁盘剩余空间。",
        Status::StorageDenied => c"没有访问授权状态的权限，请检查数据目录的所有者和权限。",
        Status::StorageBusy => c"授权状态正被其他进程占用，请重试；如持续出现，请检查是否有进程停止响应。",
        Status::UpgradeFeed => c"升级源不可用，请检查其地址、内容和版本号。",
        Status::UpgradeSignature => c"升级内容的签名无效，未运行其中任何程序；请检查 upgrade_public_key 并重新签名。",
        Status::UpgradeDownload => c"升级包未能完整下载，再次开始时将从断点继续。",
        Status::Internal => c"本库发生内部错误，程序可以继续运行；请将日志提供给软件厂商以便反馈。",
    }
}

fn verdict_en(verdict: Verdict) -> &'static CStr {
    match verdict {
        Verdict::None => c"No such licence is known on this computer; activate one.",
        Verdict::Foreign => c"The licence state comes from another computer; check the licence online here.",
        Verdict::Released => c"The marketplace says that this licence was released or never existed; order a new one if needed.",
        Verdict::Expired => c"The licence has expired or is frozen; renew it in the marketplace, or ask the software's vendor if it has been renewed.",
        Verdict::Clock => c"The clock of this computer is not plausible, so the licence cannot be judged; set it right and go online.",
        Verdict::Alive => c"Licensed, and checked today.",
        Verdict::Offline => c"Licensed by an earlier check; go online before the offline period ends.",
        Verdict::Stale => c"The offline period is over; go online to have the licence checked.",
    }
}

fn verdict_zh(verdict: Verdict) -> &'static CStr {
    match verdict {
        Verdict::None => c"本机没有该授权，请先激活。",
        Verdict::Foreign => c"授权状态来自另一台计算机，请在本机联网校验。",
        Verdict::Released => c"云商店表示该授权已释放或不存在，如有需要请重新购买。",
        Verdict::Expired => c"授权已过期或被冻结，请在云商店续费；如已续费，请联系软件厂商。",
        Verdict::Clock => c"本机时钟不合理，无法判断授权是否有效，请校准系统时间并联网。",
        Verdict::Alive => c"已授权，今日已校验。",
        Verdict::Offline => c"根据此前的校验仍有授权，请在离线期限结束前联网。",
        Verdict::Stale => c"离线期限已过，请联网校验授权。",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const VERDICTS: [Verdict; 8] = [
        Verdict::None,
        Verdict::Foreign,
        Verdict::Released,
        Verdict::Expired,
        Verdict::Clock,
        Verdict::Alive,
        Verdict::Offline,
        Verdict::Stale,
    ];

    fn is_chinese(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    fn check(language: Language, texts: &[&'static CStr]) {
        let mut seen = BTreeSet::new();
        for text in texts {
            let text = text.to_str().expect("UTF-8");
            assert!(seen.insert(text), "said twice: {text}");
            assert!(!text.contains(['\n', '\r']), "{text}");
            match language {
                Language::En => assert!(text.is_ascii() && text.ends_with('.'), "{text}"),
                Language::Zh => {
                    let hanzi = text.chars().filter(|c| is_chinese(*c)).count();
                    assert!(hanzi >= 4 && text.ends_with('。'), "{text}");
                }
            }
        }
    }

    #[test]
    fn every_status_and_verdict_has_a_sentence_of_its_own() {
        for language in [Language::En, Language::Zh] {
            let frozen = Error::new(Status::Protocol, Cause::Frozen, "");
            let statuses = Status::ALL.map(|s| status_message(s, language));
            check(
                language,
                &[&statuses[..], &[sentence(&frozen, language)]].concat(),
            );
            check(language, &VERDICTS.map(|v| verdict_message(v, language)));
        }
    }

    #[test]
    fn a_failure_says_what_to_do() {
        for status in Status::ALL.into_iter().filter(|s| !s.is_success()) {
            let text = status_message(status, Language::En).to_str().unwrap();
            assert!(text.contains([';', ',']), "{text}");
            let text = status_message(status, Language::Zh).to_str().unwrap();
            assert!(text.contains('，'), "{text}");
        }
    }

    #[test]
    fn a_description_begins_with_the_sentence_and_holds_the_detail() {
        let error = Error::new(Status::Network, Cause::Dns, "the name has no address");
        let error = error.with_host("mkt.example.com");
        let english = describe(&error, Language::En);
        let detail = "the name has no address (host mkt.example.com)";
        let expected = format!(
            "The server cannot be reached; check the network connection, name resolution and firewall. Detail: {detail}"
        );
        assert_eq!(english, expected);
        let chinese = describe(&error, Language::Zh);
        assert_eq!(
            chinese,
            format!("无法连接服务器，请检查网络连接、域名解析和防火墙。（{detail}）")
        );
    }

    #[test]
    fn a_program_gets_the_detail_in_english_and_both_in_chinese() {
        let error = Error::argument("buf is NULL");
        assert_eq!(detail(&error, Language::En), "buf is NULL");
        let both = describe(&error, Language::Zh);
        assert!(both.ends_with("（buf is NULL）"), "{both}");
        assert_eq!(detail(&error, Language::Zh), both);
        let silent = Error::argument("");
        assert_eq!(
            detail(&silent, Language::En),
            describe(&silent, Language::En)
        );
    }

    #[test]
    fn a_frozen_licence_is_told_with_whom_to_ask() {
        let error = Error::new(Status::Protocol, Cause::Frozen, "status FROZEN");
        for (language, start, whom) in [
            (Language::En, "The marketplace has frozen", "vendor"),
            (Language::Zh, "云商店已冻结该授权", "软件厂商"),
        ] {
            let told = describe(&error, language);
            assert!(told.starts_with(start) && told.contains(whom), "{told}");
            assert!(told.contains("status FROZEN"), "{told}");
        }
    }

    #[test]
    fn a_failure_without_detail_still_says_something() {
        let error = Error::unsupported("");
        for language in [Language::En, Language::Zh] {
            let sentence = status_message(Status::Unsupported, language);
            assert_eq!(describe(&error, language), sentence.to_str().unwrap());
        }
    }
}
