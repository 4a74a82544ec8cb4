//! The proxy that Windows would take for the current user: from Internet Options, from the company's script (PAC), or from
//! one that the network names (WPAD). WinHTTP finds and runs the script; that takes as long as the network likes, so it is
//! asked on a thread that nobody waits for.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{GetLastError, GlobalFree};
use windows_sys::Win32::Networking::WinHttp::{
    ERROR_WINHTTP_LOGIN_FAILURE, WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_AUTO_DETECT_TYPE_DHCP,
    WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT, WINHTTP_AUTOPROXY_CONFIG_URL,
    WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CURRENT_USER_IE_PROXY_CONFIG, WINHTTP_PROXY_INFO,
    WinHttpCloseHandle, WinHttpGetIEProxyConfigForCurrentUser, WinHttpGetProxyForUrl, WinHttpOpen,
    WinHttpSetTimeouts,
};

/// Each step of WinHTTP's own requests, in milliseconds.
const STEP_MS: i32 = 5_000;

/// As Windows writes them: `proxy:8080`, or one for each protocol; and who is reached without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub list: String,
    pub bypass: String,
}

/// A text of WinHTTP's, freed with it.
struct Text(*mut u16);

impl Drop for Text {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: WinHTTP allocated it for us by `GlobalAlloc`, and nobody else frees it.
            unsafe { GlobalFree(self.0.cast()) };
        }
    }
}

impl Text {
    fn to_text(&self) -> String {
        if self.0.is_null() {
            return String::new();
        }
        // SAFETY: WinHTTP's texts are NUL-terminated: read up to there.
        let length = (0..).take_while(|&i| unsafe { *self.0.add(i) } != 0);
        // SAFETY: that many were just read.
        let units = unsafe { std::slice::from_raw_parts(self.0, length.count()) };
        String::from_utf16_lossy(units)
    }
}

/// A WinHTTP session, closed with it.
struct Session(*mut std::ffi::c_void);

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: opened by us and closed once.
        unsafe { WinHttpCloseHandle(self.0) };
    }
}

/// What the user's settings say about `url`, which holds nothing but scheme, host and port. None: no proxy. Waits for the
/// network where a script is to be asked; one that cannot be had is passed over.
pub fn proxy_for(url: &str) -> Option<Found> {
    let mut config = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
    // SAFETY: the structure is ours to fill.
    if unsafe { WinHttpGetIEProxyConfigForCurrentUser(&mut config) } == 0 {
        return None;
    }
    let [script, list, bypass] = [
        config.lpszAutoConfigUrl,
        config.lpszProxy,
        config.lpszProxyBypass,
    ]
    .map(Text);
    let by_script = (!script.0.is_null())
        .then(|| ask_script(url, Some(&script)))
        .flatten();
    let detects = config.fAutoDetect != 0;
    let automatic = by_script.or_else(|| detects.then(|| ask_script(url, None)).flatten());
    let found = automatic.unwrap_or_else(|| Found {
        list: list.to_text(),
        bypass: bypass.to_text(),
    });
    (!found.list.is_empty()).then_some(found)
}

/// None: there is no script, or it fails. An empty list: it says that there is no proxy.
fn ask_script(url: &str, script: Option<&Text>) -> Option<Found> {
    // SAFETY: no agent, no proxy, no flags.
    let session = unsafe { WinHttpOpen(null(), WINHTTP_ACCESS_TYPE_NO_PROXY, null(), null(), 0) };
    if session.is_null() {
        return None;
    }
    let session = Session(session);
    // SAFETY: the session is open.
    unsafe { WinHttpSetTimeouts(session.0, STEP_MS, STEP_MS, STEP_MS, STEP_MS) };
    match ask(&session, url, script, false) {
        // Only then with the user's own login: a script should need none.
        Err(ERROR_WINHTTP_LOGIN_FAILURE) => ask(&session, url, script, true).ok(),
        answer => answer.ok(),
    }
}

fn ask(session: &Session, url: &str, script: Option<&Text>, logs_in: bool) -> Result<Found, u32> {
    let url: Vec<u16> = OsStr::new(url).encode_wide().chain([0]).collect();
    let mut options = WINHTTP_AUTOPROXY_OPTIONS {
        fAutoLogonIfChallenged: logs_in.into(),
        ..Default::default()
    };
    match script {
        Some(script) => {
            options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
            options.lpszAutoConfigUrl = script.0;
        }
        None => {
            options.dwFlags = WINHTTP_AUTOPROXY_AUTO_DETECT;
            options.dwAutoDetectFlags =
                WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
        }
    }
    let mut info = WINHTTP_PROXY_INFO {
        dwAccessType: 0,
        lpszProxy: null_mut(),
        lpszProxyBypass: null_mut(),
    };
    // SAFETY: the session is open, the texts are NUL-terminated and live until after the call, `info` is ours to fill.
    if unsafe { WinHttpGetProxyForUrl(session.0, url.as_ptr(), &mut options, &mut info) } == 0 {
        // SAFETY: reads this thread's last error.
        return Err(unsafe { GetLastError() });
    }
    let [list, bypass] = [info.lpszProxy, info.lpszProxyBypass].map(Text);
    Ok(Found {
        list: list.to_text(),
        bypass: bypass.to_text(),
    })
}
