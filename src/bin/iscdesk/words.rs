//! The command line's own words in both languages. What a status or a verdict means is said by the library.

use iscdesk::text::Language;

#[derive(Clone, Copy)]
pub enum Word {
    Activated,
    AlreadyActive,
    Checked,
    CheckedBefore,
    NoCheckByFile,
    BatchRefused,
    ByFile,
    ValidUntil,
    NeverOnline,
    Forgotten,
    ForgottenAll,
    FolderMade,
    FolderWasThere,
    Expires,
    LastCheck,
    OfflineUntil,
    Unknown,
    Never,
}

pub fn say(word: Word, language: Language) -> &'static str {
    match language {
        Language::En => english(word),
        Language::Zh => chinese(word),
    }
}

fn english(word: Word) -> &'static str {
    match word {
        Word::Activated => "Activated.",
        Word::AlreadyActive => "Already active; nothing had to be done.",
        Word::Checked => "Checked with the marketplace.",
        Word::CheckedBefore => "Today's check had been made before; nothing was sent.",
        Word::NoCheckByFile => {
            "Licensed by a licence file, which needs no check; nothing was sent."
        }
        Word::BatchRefused => {
            "None of these codes was activated by this command: several go in one request, which one wrong code spoils. \
             Try them one by one."
        }
        Word::ByFile => "Licensed by a licence file.",
        Word::ValidUntil => "valid until",
        Word::NeverOnline => "never checked online, and needs no check",
        Word::Forgotten => {
            "Forgotten on this computer. The marketplace was not told: there the code stays as it is."
        }
        Word::ForgottenAll => {
            "All licences of this product are forgotten on this computer. The marketplace was not told."
        }
        Word::FolderMade => "Made the state folder of all users:",
        Word::FolderWasThere => "The state folder of all users was there and is in order:",
        Word::Expires => "expires",
        Word::LastCheck => "last check",
        Word::OfflineUntil => "usable offline until",
        Word::Unknown => "unknown",
        Word::Never => "never",
    }
}

fn chinese(word: Word) -> &'static str {
    match word {
        Word::Activated => "激活成功。",
        Word::AlreadyActive => "此前已激活，无需重复操作。",
        Word::Checked => "已向云商店校验。",
        Word::CheckedBefore => "今日已完成校验，未发送任何请求。",
        Word::NoCheckByFile => "由授权文件授权，无需校验，未发送任何请求。",
        Word::BatchRefused => {
            "本次命令未激活其中任何授权码：多个授权码在同一请求中提交，一个有误则全部失败。请逐个激活。"
        }
        Word::ByFile => "由授权文件授权。",
        Word::ValidUntil => "有效期至",
        Word::NeverOnline => "从未联网校验，也无需校验",
        Word::Forgotten => "已从本机移除该授权。云商店未收到通知，授权码在云商店中的状态不变。",
        Word::ForgottenAll => "已从本机移除本产品的全部授权。云商店未收到通知。",
        Word::FolderMade => "已创建所有用户共用的状态目录：",
        Word::FolderWasThere => "所有用户共用的状态目录已存在，检查无误：",
        Word::Expires => "到期时间",
        Word::LastCheck => "上次校验",
        Word::OfflineUntil => "离线可用至",
        Word::Unknown => "未知",
        Word::Never => "从未",
    }
}
