/*
 * iscdesk: the licence client of a desktop program sold on the Huawei Cloud marketplace (KooGallery).
 *
 * Made by cbindgen from src/ffi; changes are made there. C99 or later, C++11 or later.
 *
 * CONVENTIONS
 *
 * Status      Calls answer isc_status: ISC_OK (0), a success that says more (positive) or a failure (negative). What
 *             failed is told by isc_last_error_message() and isc_last_error_json(), per thread, until the next failure.
 *             Handle values that you do not know, they come from a newer library: an unknown verdict is not licensed.
 * Handles     isc_options and isc_client are numbers that are looked up, never addresses, and no number is given out
 *             twice. NULL, a released or an invented one answers ISC_ERR_INVALID_HANDLE (truth functions: 0), never a
 *             crash.
 * Strings in  NUL-terminated UTF-8, paths too, copied before the call returns. NULL is an error where the parameter's
 *             description does not allow it. The library keeps no pointer of the program's but callbacks and their
 *             user_data.
 * Strings out (buf, cap, len): `len` receives the full length without the NUL. Too small a buffer answers
 *             ISC_ERR_BUFFER_TOO_SMALL and holds an empty string. `buf` NULL with `cap` 0 asks for the length.
 * Structs out Begin with `struct_size`, which the program sets to sizeof. They grow at their end; the library fills what
 *             it knows and never writes past the size given.
 * Out         parameters are emptied first, so they hold nothing old after a failure.
 * Truth       int32_t: 0 or 1 out, non-zero is true in.
 * Times       int64_t Unix seconds UTC, 0 = unknown. Durations carry their unit in the name.
 *
 * THREADS
 *
 * Every function may be called from any thread, also inside an event callback. Callbacks are cdecl and must not throw or
 * longjmp. No call waits longer than its description says, whatever the network, DNS, a proxy or a callback does. After
 * fork() the child makes a client of its own; one of the parent's answers ISC_ERR_CLOSED there.
 *
 * SHUTDOWN
 *
 * 1. isc_shutdown(c, ISC_TIMEOUT_DEFAULT), from an ordinary thread, best before the program's windows go. ISC_OK: no
 *    callback will ever come. ISC_ERR_TIMEOUT: a callback does not return; call it again, or go on, it does no harm.
 * 2. isc_release(c).
 * 3. The library may be unloaded once every client was shut down with ISC_OK.
 *
 * EXAMPLE
 *
 *     #include <iscdesk.h>
 *     #include <stdio.h>
 *
 *     int main(void) {
 *         isc_options *o = NULL;
 *         isc_client *c = NULL;
 *         // iscdesk.json beside the program says which product this is and how to reach the marketplace.
 *         if (isc_options_load(NULL, &o) != ISC_OK || isc_init(o, &c) != ISC_OK) {
 *             char why[512];
 *             isc_last_error_message(why, sizeof why, NULL);
 *             fprintf(stderr, "%s\n", why);
 *         }
 *         isc_options_free(o);
 *         if (!isc_is_licensed(c, NULL))
 *             isc_activate(c, "the code that the user typed");
 *         puts(isc_is_licensed(c, NULL) ? "licensed" : "not licensed");
 *         isc_shutdown(c, ISC_TIMEOUT_DEFAULT);
 *         isc_release(c);
 *         return 0;
 *     }
 */


#ifndef ISCDESK_H
#define ISCDESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** \file
 *  The C interface of iscdesk. Its conventions stand at the top of this file. */

/* Define ISCDESK_DLL on Windows to import from iscdesk.dll a little faster; needed neither for it nor for linking statically. */
#ifndef ISC_API
#if defined(_WIN32) && defined(ISCDESK_DLL)
#define ISC_API __declspec(dllimport)
#else
#define ISC_API
#endif
#endif

/**
 * The version of this header.
 */
#define ISC_VERSION "0.1.0"

/**
 * The version of the binary interface of this header: grows with every addition, so that a program can ask with
 * isc_abi_version() whether a function or member it wants is there.
 */
#define ISC_ABI_VERSION 1

/**
 * Log level: something failed.
 */
#define ISC_LOG_ERROR 1

/**
 * Log level: something is wrong, the library can go on.
 */
#define ISC_LOG_WARN 2

/**
 * Log level: what happens at most a few times a day.
 */
#define ISC_LOG_INFO 3

/**
 * Log level: each request and decision.
 */
#define ISC_LOG_DEBUG 4

/**
 * Log level: everything.
 */
#define ISC_LOG_TRACE 5

/**
 * How long isc_release() waits at most, in milliseconds, and a good choice for isc_shutdown().
 */
#define ISC_TIMEOUT_DEFAULT 5000

/**
 * Nobody says so.
 */
#define ISC_SOURCE_NONE 0

/**
 * The marketplace says so.
 */
#define ISC_SOURCE_MARKETPLACE 1

/**
 * A licence file says so.
 */
#define ISC_SOURCE_FILE 2

/**
 * A client: made by isc_init(), freed by isc_release(). The value is a number that is looked up, never an address.
 */
typedef struct isc_client isc_client;

/**
 * Options for a client: made by isc_options_new() or isc_options_load(), freed by isc_options_free(). The value is
 * a number that is looked up, never an address.
 */
typedef struct isc_options isc_options;

/**
 * What a call answers: ISC_OK (0), a success that says more (positive), or a failure (negative). A newer library may
 * answer values that this header does not name.
 */
typedef int32_t isc_status;

/**
 * Which option: one of ISC_OPT_....
 */
typedef int32_t isc_option_key;

/**
 * Receives log messages.
 *
 * Runs on any thread, one call at a time per client, without a lock of the library held, never after isc_shutdown() has
 * answered ISC_OK. It may not call the library, throw or longjmp. Messages hold no secret, token or whole licence code.
 *
 * \param level      ISC_LOG_ERROR to ISC_LOG_TRACE
 * \param message    UTF-8 text of one line, valid during the call
 * \param user_data  what isc_options_set_log() was given
 */
typedef void (*isc_log_callback)(int32_t level, const char *message, void *user_data);

/**
 * Which event: one of ISC_EVENT_.... Take a value that this header does not name for ISC_EVENT_UNKNOWN.
 *
 * Each comes with a message, `{"operate":...,"params":{...},"comeBackParams":{}}`: `operate` is the word that begins the
 * event's description, and the members of `params` are listed there. "number" is a JSON number without a fraction; all
 * else is a JSON string, truth values too: `"true"` or `"false"`. Newer versions may add members: overlook those that you
 * do not know. In every event:
 *
 * - `Status`: `success` or `failed`
 * - `License`: the whole code. Keep messages out of logs
 * - `LicenseStatus`, `Previous`, `Current`: a verdict as ISC_LICENSE_... without that beginning, for example `ALIVE`
 * - `ExpireTime`: number, Unix seconds UTC, 0 = unknown
 * - `ErrorCode`, `ErrorMsg`: number, the isc_status of the failure; why, in the language of ISC_OPT_LANGUAGE. Only there
 *   where something failed, unless it is said otherwise
 */
typedef int32_t isc_event_type;

/**
 * Receives events: in order, never two at a time, without a lock of the library held.
 *
 * It may call every function of the library, also isc_shutdown() and isc_release(). It may not throw or longjmp.
 *
 * \param type       ISC_EVENT_...
 * \param message    UTF-8 JSON `{"operate":...,"params":{...},"comeBackParams":{}}`, valid during the call
 * \param user_data  what isc_register_event_callback() was given
 */
typedef void (*isc_event_callback)(isc_event_type type, const char *message, void *user_data);

/**
 * Frees the `user_data` of a callback: called exactly once, after the callback's last call.
 */
typedef void (*isc_free_callback)(void *user_data);

/**
 * Told that events wait, in poll delivery. Runs on any thread; it may only post a message to the program's own loop,
 * and may neither call the library nor wait.
 */
typedef void (*isc_wakeup_callback)(void *user_data);

/**
 * The verdict on a licence: one of ISC_LICENSE_.... Take a value that this header does not name for not licensed.
 */
typedef int32_t isc_license_status;

/**
 * What is known about one licence. Set `struct_size` to `sizeof(isc_license_info)` before the call.
 *
 * Times are Unix seconds UTC, 0 = unknown.
 */
typedef struct isc_license_info {
    /**
     * Set by the caller. The library never writes past it.
     */
    uint32_t struct_size;
    /**
     * The verdict: ISC_LICENSE_....
     */
    isc_license_status status;
    /**
     * 1 where the program is licensed by it, else 0.
     */
    int32_t licensed;
    /**
     * Who says so: ISC_SOURCE_....
     */
    int32_t source;
    /**
     * When it expires by what the marketplace said last.
     */
    int64_t expires_at;
    /**
     * When the marketplace last answered about it.
     */
    int64_t checked_at;
    /**
     * Until when it stays licensed without a further check; of a licence file, when it ends. Means nothing where
     * `licensed` is 0: then it is what was allowed before, and may lie ahead.
     */
    int64_t offline_until;
    /**
     * When it was activated.
     */
    int64_t activated_at;
    /**
     * Quantity bought, -1 = not stated.
     */
    int64_t amount;
    /**
     * The code. Keep it out of logs.
     */
    char license[65];
    /**
     * The marketplace's product, empty if not stated.
     */
    char product_id[129];
    /**
     * Zero.
     */
    char reserved[6];
} isc_license_info;

/**
 * Done. From the calls that ask the marketplace: asked, and licensed.
 */
#define ISC_OK 0

/**
 * Accepted; takes effect when the running callback returns.
 */
#define ISC_OK_DEFERRED 1

/**
 * The marketplace could not be reached; licensed by an earlier check. Only from isc_heartbeat().
 */
#define ISC_OK_CACHED 2

/**
 * Nothing was left to do: today's check is done, or the code is already active.
 */
#define ISC_OK_ALREADY 3

/**
 * An argument is NULL, empty, too long or out of its range.
 */
#define ISC_ERR_INVALID_ARGUMENT -1

/**
 * A string is no valid UTF-8.
 */
#define ISC_ERR_INVALID_UTF8 -2

/**
 * The buffer is too small; the length needed was told.
 */
#define ISC_ERR_BUFFER_TOO_SMALL -3

/**
 * The handle is NULL, released, of another kind or invented.
 */
#define ISC_ERR_INVALID_HANDLE -4

/**
 * The client is shut down, or belongs to the parent process.
 */
#define ISC_ERR_CLOSED -5

/**
 * It took longer than it may.
 */
#define ISC_ERR_TIMEOUT -6

/**
 * Not available in this version or with these options.
 */
#define ISC_ERR_UNSUPPORTED -7

/**
 * Events are already being delivered.
 */
#define ISC_ERR_REENTRANT -8

/**
 * The options hold faults; isc_last_error_message() names all of them.
 */
#define ISC_ERR_CONFIG -9

/**
 * Too many requests are pending.
 */
#define ISC_ERR_BUSY -10

/**
 * More codes or handles than there can be.
 */
#define ISC_ERR_LIMIT -11

/**
 * The call does not fit what happened before.
 */
#define ISC_ERR_INVALID_STATE -12

/**
 * The code is not activated here.
 */
#define ISC_ERR_NOT_ACTIVATED -20

/**
 * The marketplace does not know the code.
 */
#define ISC_ERR_UNKNOWN_LICENSE -21

/**
 * The buyer has not yet received the code.
 */
#define ISC_ERR_NOT_RECEIVED -22

/**
 * The licence has expired.
 */
#define ISC_ERR_EXPIRED -23

/**
 * The licence was released.
 */
#define ISC_ERR_RELEASED -24

/**
 * The licence has not been checked for longer than allowed.
 */
#define ISC_ERR_OFFLINE_TOO_LONG -25

/**
 * The computer's clock shows an implausible time.
 */
#define ISC_ERR_CLOCK -26

/**
 * The licence belongs to another machine.
 */
#define ISC_ERR_WRONG_DEVICE -27

/**
 * The licence file is not accepted.
 */
#define ISC_ERR_LICENSE_FILE -28

/**
 * A relay says: in use on as many machines as allowed.
 */
#define ISC_ERR_TOO_MANY_DEVICES -29

/**
 * Name look-up or connection failed, or the connection was reset.
 */
#define ISC_ERR_NETWORK -40

/**
 * The server is not trusted, or encryption failed.
 */
#define ISC_ERR_TLS -41

/**
 * The proxy cannot be reached or refuses.
 */
#define ISC_ERR_PROXY -42

/**
 * HTTP 429.
 */
#define ISC_ERR_THROTTLED -43

/**
 * HTTP 401 or 403.
 */
#define ISC_ERR_UNAUTHORIZED -44

/**
 * HTTP 5xx, or the marketplace's own fault.
 */
#define ISC_ERR_SERVER -45

/**
 * The answer has a wrong shape, size or encoding.
 */
#define ISC_ERR_PROTOCOL -46

/**
 * Any other refusal; the last error tells its code.
 */
#define ISC_ERR_REJECTED -47

/**
 * The relay's signature is not the expected one.
 */
#define ISC_ERR_UNTRUSTED -48

/**
 * The state cannot be read or written.
 */
#define ISC_ERR_STORAGE -60

/**
 * Access to the state is denied.
 */
#define ISC_ERR_STORAGE_DENIED -61

/**
 * Another process holds the state.
 */
#define ISC_ERR_STORAGE_BUSY -62

/**
 * The upgrade feed cannot be used.
 */
#define ISC_ERR_UPGRADE_FEED -80

/**
 * The signature of an upgrade is not valid.
 */
#define ISC_ERR_UPGRADE_SIGNATURE -81

/**
 * The upgrade could not be downloaded.
 */
#define ISC_ERR_UPGRADE_DOWNLOAD -82

/**
 * A defect of the library, caught; the program can go on.
 */
#define ISC_ERR_INTERNAL -100

/**
 * String, required: the vendor's name. Names the default state folder and the user agent.
 */
#define ISC_OPT_VENDOR 1

/**
 * String, required: the product's name. Names the default state folder and the user agent.
 */
#define ISC_OPT_PRODUCT 2

/**
 * String, required: the program's own version; SemVer or 2 to 4 numbers where an upgrade feed is set.
 */
#define ISC_OPT_VERSION 3

/**
 * String: direct mode, the merchant's AK.
 */
#define ISC_OPT_ACCESS_KEY 10

/**
 * String: direct mode, the merchant's SK.
 */
#define ISC_OPT_SECRET_KEY 11

/**
 * String: relay mode, the token for the vendor's own server. Not together with AK and SK. Also by isc_client_set_string().
 */
#define ISC_OPT_BEARER_TOKEN 12

/**
 * String: Ed25519 key that signs a relay's answers.
 */
#define ISC_OPT_RELAY_PUBLIC_KEY 13

/**
 * String: `scheme://host[:port][/prefix]`; default the documented host. `https` only, except `http` to a literal loopback
 * address.
 */
#define ISC_OPT_ENDPOINT 14

/**
 * String: asked once where the first host is unavailable. Default the documented host with the default endpoint, else
 * none.
 */
#define ISC_OPT_FALLBACK_ENDPOINT 15

/**
 * Path: the state folder, used as it is, made if missing. Default: local application data / vendor / product.
 */
#define ISC_OPT_DATA_DIR 20

/**
 * String `user` (default) or `machine`: whose state it is.
 */
#define ISC_OPT_SCOPE 21

/**
 * String: seals the state. Several, separated by spaces: the first writes, all read. Default: built in.
 */
#define ISC_OPT_STATE_SECRET 22

/**
 * String `http://[user:password@]host:port` or `direct`; default the system's. Also by isc_client_set_string().
 */
#define ISC_OPT_PROXY 30

/**
 * Path: PEM roots to trust in addition to the system's. Also by isc_client_set_string().
 */
#define ISC_OPT_CA_FILE 31

/**
 * Integer, 100 to 600000, default 5000: per connection.
 */
#define ISC_OPT_CONNECT_TIMEOUT_MS 32

/**
 * Integer, 100 to 600000, default 15000: per attempt.
 */
#define ISC_OPT_REQUEST_TIMEOUT_MS 33

/**
 * Integer, 100 to 600000, default 30000: per call, all attempts, hosts and locks together.
 */
#define ISC_OPT_CALL_TIMEOUT_MS 34

/**
 * Integer, 0 to 365, default 7: how many days a licence stays valid without a check.
 */
#define ISC_OPT_OFFLINE_DAYS 40

/**
 * Integer, -720 to 840, default 480: where the day of "daily first use" begins, in minutes east of UTC.
 */
#define ISC_OPT_DAY_OFFSET_MINUTES 41

/**
 * Integer, -720 to 840, default 0: zone of the marketplace's expiry times, in minutes east of UTC.
 */
#define ISC_OPT_EXPIRY_OFFSET_MINUTES 42

/**
 * Integer, 0 or 1 (default): do the daily check in the background from isc_init() on. 0: nothing is sent outside calls.
 */
#define ISC_OPT_AUTO_HEARTBEAT 43

/**
 * String: end-user id for usage statistics. Also by isc_client_set_string().
 */
#define ISC_OPT_ACCOUNT_ID 44

/**
 * String `thread` (default) or `poll`: where the event callback runs.
 */
#define ISC_OPT_DELIVERY 50

/**
 * String `en` (default) or `zh`: of texts.
 */
#define ISC_OPT_LANGUAGE 51

/**
 * String: address of the upgrade feed.
 */
#define ISC_OPT_UPGRADE_FEED 60

/**
 * String: minisign key of the feed; several separated by spaces.
 */
#define ISC_OPT_UPGRADE_PUBLIC_KEY 61

/**
 * Absolute path of the program that runs upgrades; default `iscdesk` beside the library.
 */
#define ISC_OPT_HELPER_PATH 62

/**
 * String: Ed25519 key of licence files, 32 bytes in standard base64; several separated by spaces.
 */
#define ISC_OPT_LICENSE_PUBLIC_KEY 63

/**
 * Never raised by this version.
 */
#define ISC_EVENT_UNKNOWN 0

/**
 * `Heartbeat`: a check was made, in the background or by isc_heartbeat().
 *
 * `params`: `Status`, `License`, `LicenseStatus`, `ExpireTime`; `ErrorCode` and `ErrorMsg`, always there: 0 and empty
 * after a success.
 */
#define ISC_EVENT_HEARTBEAT 1

/**
 * `LicenseVerify`: answer to isc_request_license_string() or isc_request_license_file(). Verify what came, then call
 * isc_notify_license_verified().
 *
 * `params`: `Status`; `LicenseType`, `string` or `file`; after a success `LicenseContent`, the code (type `string`), or
 * `LicenseFilePath`, the file's path (type `file`); after a failure `ErrorCode`, `ErrorMsg`.
 */
#define ISC_EVENT_LICENSE_VERIFY 2

/**
 * `LicenseChanged`: a verdict changed after isc_init().
 *
 * `params`: `License`; `Previous` and `Current`, the two verdicts; `Licensed`, `"true"` where the code is licensed now.
 */
#define ISC_EVENT_LICENSE_CHANGED 3

/**
 * `LicenseExpiring`: once each when 30, 7 and 1 day are left, and at most once a day, among all processes of the state
 * folder. One that the program was not told, since it ended before, is raised again at its next start.
 *
 * `params`: `License`, `ExpireTime`; `Days`, number, 1 to 30: the days left, a begun one counted.
 */
#define ISC_EVENT_LICENSE_EXPIRING 4

/**
 * `UpgradeNotice`: answer to isc_check_new_versions().
 *
 * `params`: `available`, `"true"` where there is a version to upgrade to; then also `Version`, and `Forced`, `"true"`
 * where the user is not asked. Where it could not be found out, `available` is `"false"`, with `ErrorCode`, `ErrorMsg`.
 */
#define ISC_EVENT_UPGRADE_NOTICE 5

/**
 * `Update`: a new version exists. Comes after its `UpgradeNotice`; where it is not forced, ask the user,
 * then call isc_upgrade_notify().
 *
 * `params`: `fromForceWin`, `"true"` where the upgrade is forced; `Version`; `Notes`, the feed's text about it, may be
 * empty.
 */
#define ISC_EVENT_UPDATE 6

/**
 * `UpgradeProgress`: how far an upgrade is, of a download at most ten times a second, of a new `Stage` at once; its result is
 * told by a later start.
 *
 * `params`: `Downloaded` and `Total`, numbers, bytes of the package; `Percent`, number, 0 to 100, of its download;
 * `Version`; `Stage`, one of
 *
 * - `downloading`, `verifying`: on its way
 * - `staged`: will be installed after the program has ended
 * - `failed`: not brought, with `ErrorCode`, `ErrorMsg`; `Downloaded` is what is kept of it, and isc_upgrade_notify()
 *   with 1 tries again
 * - `installed`; `install_failed`, with `ErrorCode`, `ErrorMsg`: told by a later start
 * - `needs_admin`: an administrator has to run or agree to the installer, with `ErrorCode`, `ErrorMsg`
 *
 * A later start that tells of the installer counts no bytes: `Downloaded` and `Total` are 0, and `Percent` is 100 with
 * `installed`, else 0.
 */
#define ISC_EVENT_UPGRADE_PROGRESS 7

/**
 * Reserved.
 */
#define ISC_EVENT_OPEN_CLOUD_FILE_RESULT 16

/**
 * Reserved.
 */
#define ISC_EVENT_SAVE_RESULT 17

/**
 * Reserved.
 */
#define ISC_EVENT_UPLOAD_BEGIN 18

/**
 * Reserved.
 */
#define ISC_EVENT_UPLOAD_END 19

/**
 * Reserved.
 */
#define ISC_EVENT_CLIENT_CLOSED 20

/**
 * Not licensed: no such code here.
 */
#define ISC_LICENSE_NONE 0

/**
 * Not licensed: the state comes from another machine; a successful check here heals it.
 */
#define ISC_LICENSE_FOREIGN 1

/**
 * Not licensed: the marketplace said that it is released or does not exist.
 */
#define ISC_LICENSE_RELEASED 2

/**
 * Not licensed: expired.
 */
#define ISC_LICENSE_EXPIRED 3

/**
 * Not licensed: the computer's clock shows an implausible time.
 */
#define ISC_LICENSE_CLOCK 4

/**
 * Licensed, checked today.
 */
#define ISC_LICENSE_ALIVE 5

/**
 * Licensed, by an earlier day's check.
 */
#define ISC_LICENSE_OFFLINE 6

/**
 * Not licensed: not checked for longer than ISC_OPT_OFFLINE_DAYS.
 */
#define ISC_LICENSE_STALE 7

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that is running, for example `"0.1.0"`.
 *
 * \return a static string, never NULL, not to be freed; valid until the library is unloaded. Any thread; at once.
 */
ISC_API const char *isc_version(void);

/**
 * The version of the binary interface of the library that is running.
 *
 * \return the number. A library that answers at least the ISC_ABI_VERSION that a program was compiled with has all that the
 *         program knows of. Any thread; at once.
 */
ISC_API
uint32_t isc_abi_version(void);

/**
 * A sentence in English for a status.
 *
 * \param status  what a call answered
 *
 * \return a static string, never NULL, not to be freed; valid until the library is unloaded. An unknown status has a
 *         sentence as well. For what went wrong in a certain call see isc_last_error_message(). Any thread; at once.
 */
ISC_API const char *isc_status_message(isc_status status);

/**
 * The detail of the calling thread's last failure; with LANGUAGE `zh` behind the sentence of isc_status_message().
 *
 * Every function that answers a negative status replaces it, except this one and isc_last_error_json(); a success does
 * not clear it. What fails in the background belongs to no call: it goes to events and to the log. The truth functions
 * isc_is_licensed() and isc_has_feature() leave it alone as well.
 *
 * \param buf  receives the text, empty if nothing has failed yet; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length of the whole text without its NUL; may be NULL
 *
 * \return ISC_OK, or ISC_ERR_BUFFER_TOO_SMALL: unlike elsewhere, `buf` then holds as much of the text as fits, cut
 *         between two characters. ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and `cap` is not 0.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_last_error_message(char *buf, size_t cap, size_t *len);

/**
 * The last failure of the calling thread, as a JSON object for logs and support desks.
 *
 * Members, in this order, each left out where it is not known: `status` (number), `cause` (`argument`, `handle`,
 * `closed`, `state`, `config`, `verdict`, `dns`, `connect`, `proxy`, `proxy_auth`, `tls`, `timeout`, `clock`,
 * `throttled`, `refused`, `frozen`, `server`, `protocol`, `storage`, `internal`), `host`, `http` (status of the
 * answer), `code` (`error_code` of the answer), `text`, `request_id`, `retry_after_s`. Nothing has failed yet: `{}`.
 *
 * When it changes: see isc_last_error_message(). No member holds a secret, a token or a whole licence code.
 *
 * \param buf  receives the document; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and `cap` is not 0.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_last_error_json(char *buf, size_t cap, size_t *len);

/**
 * Makes empty options: all defaults.
 *
 * \param out  receives the options, NULL on failure; to be freed by isc_options_free()
 *
 * \return ISC_OK; ISC_ERR_INVALID_ARGUMENT where `out` is NULL; ISC_ERR_LIMIT where too many handles are alive (there can
 *         be 4096 of options and clients together, 1024 on 32-bit platforms).
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_options_new(struct isc_options **out);

/**
 * Makes options from a JSON file whose members are the option names in lower case, for example
 * `{"vendor": "Example", "product": "CAD", "version": "1.0"}`.
 *
 * Unknown members are an error, so that a typing mistake switches nothing off, except those that begin with `x_`. A byte
 * order mark is allowed. A later isc_options_set_string() or isc_options_set_int() wins. `secret_key` is accepted only if
 * every endpoint is loopback or `"allow_plain_secret": 1` is there: anybody can read the file.
 *
 * \param json_path  UTF-8; NULL: `iscdesk.json` beside the program, else beside the library
 * \param out        receives the options, NULL on failure; to be freed by isc_options_free()
 *
 * \return ISC_OK; ISC_ERR_CONFIG where the file cannot be read or holds a fault that shows without the other options,
 *         which the last error names; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8; ISC_ERR_LIMIT.
 *
 * Any thread; takes as long as the disk takes to read one small file.
 */
ISC_API
isc_status isc_options_load(const char *json_path,
                            struct isc_options **out);

/**
 * As isc_options_load(), for a file that the vendor has signed: `minisign -S -m iscdesk.json` makes
 * `iscdesk.json.minisig`, which has to lie beside it. What was verified is what is read.
 *
 * \param json_path     as in isc_options_load()
 * \param minisign_key  the public key that the program was built with: the second line of `minisign.pub`
 * \param out           receives the options, NULL on failure; to be freed by isc_options_free()
 *
 * \return as isc_options_load(); ISC_ERR_CONFIG also where the signature is missing, is another file's or key's, or the
 *         key is none; ISC_ERR_INVALID_ARGUMENT also where `minisign_key` is NULL or empty.
 *
 * Any thread; takes as long as the disk takes to read two small files.
 */
ISC_API isc_status isc_options_load_signed(const char *json_path, const char *minisign_key, struct isc_options **out);

/**
 * Sets an option that is a string or a path.
 *
 * \param o      the options
 * \param key    ISC_OPT_...
 * \param value  UTF-8, copied before the call returns
 *
 * \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for an unknown key, one that is an integer, or NULL;
 *         ISC_ERR_INVALID_UTF8. Whether the value makes sense is checked by isc_init(), which tells all faults at once.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_options_set_string(struct isc_options *o, isc_option_key key, const char *value);

/**
 * Sets an option that is an integer.
 *
 * \param o      the options
 * \param key    ISC_OPT_...
 * \param value  the number, in the unit that the option's name tells
 *
 * \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for an unknown key or one that is a string. Whether
 *         the value makes sense is checked by isc_init(), which tells all faults at once.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_options_set_int(struct isc_options *o, isc_option_key key, int64_t value);

/**
 * Sets who receives the log of the clients made with these options. Default: nobody.
 *
 * \param o          the options
 * \param cb         called for each message, see isc_log_callback; NULL = nobody
 * \param max_level  the most talkative level wanted, ISC_LOG_ERROR to ISC_LOG_TRACE; not looked at where `cb` is NULL
 * \param user_data  passed on; must stay valid until isc_shutdown() of each such client has answered ISC_OK
 *
 * \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT for a level that does not exist.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_options_set_log(struct isc_options *o, isc_log_callback cb, int32_t max_level, void *user_data);

/**
 * Frees options. Clients made with them have their own copy.
 *
 * \param o  the options; NULL, or options already freed: nothing happens
 *
 * Any thread; returns at once.
 */
ISC_API void isc_options_free(struct isc_options *o);

/**
 * Makes a client: loads the cached state and starts the background work. The program is licensed or not from this moment
 * on, by the cache; see isc_is_licensed().
 *
 * Never touches the network itself and returns within milliseconds. There may be any number of clients in a process,
 * and any number of processes on one state folder; a state folder that cannot be written is no failure.
 *
 * \param o    the options; copied, so they may be freed at once
 * \param out  receives the client, NULL on failure; to be freed by isc_release()
 *
 * \return ISC_OK; ISC_ERR_CONFIG where options are missing or wrong: the last error names all of them;
 *         ISC_ERR_INVALID_HANDLE for `o`; ISC_ERR_INVALID_ARGUMENT where `out` is NULL; ISC_ERR_LIMIT; ISC_ERR_UNSUPPORTED for
 *         an option that this version does not support.
 *
 * Any thread.
 */
ISC_API
isc_status isc_init(const struct isc_options *o,
                    struct isc_client **out);

/**
 * Changes an option of a running client: ISC_OPT_PROXY, ISC_OPT_CA_FILE, ISC_OPT_BEARER_TOKEN or ISC_OPT_ACCOUNT_ID. Used
 * from the next request on.
 *
 * \param c      the client
 * \param key    ISC_OPT_...
 * \param value  UTF-8, copied before the call returns
 *
 * \return ISC_OK; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT for another key or NULL;
 *         ISC_ERR_INVALID_UTF8; ISC_ERR_CONFIG where the value makes no sense: the old one stays.
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_client_set_string(struct isc_client *c,
                                 isc_option_key key,
                                 const char *value);

/**
 * Ends a client: no new work, connections cut, queued events dropped, unsent facts written, threads ended.
 *
 * From the moment it begins every other function on the handle answers ISC_ERR_CLOSED at once, and calls that wait in
 * other threads return within 100 ms with that answer; only isc_is_licensed(), isc_has_feature() and
 * isc_get_license_info() go on answering from the last facts. The handle stays valid until isc_release().
 *
 * From an ordinary thread it waits for the running callback and for the library's threads. Inside an event callback it
 * does not wait: teardown follows when the callback returns, and a later call from another thread waits for that. A
 * callback that waits for the thread that calls this is a slow callback to the library: ISC_ERR_TIMEOUT, the callback
 * goes on, teardown finishes in the background and a later call answers ISC_OK. Any number of threads may call it, any
 * number of times.
 *
 * \param c           the client
 * \param timeout_ms  most milliseconds to wait, for example ISC_TIMEOUT_DEFAULT; 0 = do not wait
 *
 * \return ISC_OK: no callback or log call will ever come, every `user_data_free` has run, and once all clients have come
 *         here the library may be unloaded. ISC_OK_DEFERRED inside an event callback. ISC_ERR_TIMEOUT: what is left writes
 *         no file, calls no callback and no log. ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED in a child process.
 *
 * Any thread. A mute server does not hold it: within 1 second; only the operating system's name look-up takes longer.
 */
ISC_API
isc_status isc_shutdown(struct isc_client *c,
                        uint32_t timeout_ms);

/**
 * Gives a client back. The handle is invalid from the first moment on, for every thread. Without an earlier
 * isc_shutdown() one is done here, with ISC_TIMEOUT_DEFAULT; inside an event callback it does not wait, and the teardown
 * follows when the callback returns.
 *
 * In a child process after `fork()` a handle of the parent's becomes invalid, and what it stood for is left alone.
 *
 * \param c  the client; NULL, or one already released: nothing happens
 *
 * Any thread; at most ISC_TIMEOUT_DEFAULT milliseconds.
 */
ISC_API
void isc_release(struct isc_client *c);

/**
 * Sets who receives the client's events; an earlier one is replaced as by isc_unregister_event_callback(). Events raised
 * while nobody is registered wait, at most 256.
 *
 * With ISC_OPT_DELIVERY `thread`, the default, a thread of the client runs the callback; with `poll` it runs only inside
 * isc_poll_events(). It is never called after the end of the registration was answered with ISC_OK to another thread.
 *
 * \param c               the client
 * \param cb              called for each event, see isc_event_callback
 * \param user_data       passed on
 * \param user_data_free  frees `user_data`: called exactly once, after the last event and before that ISC_OK, by the
 *                        client's thread or, with `poll`, by the one that ends the registration. May be NULL.
 *
 * \return ISC_OK; ISC_OK_DEFERRED inside the callback, which the replacement then follows; ISC_ERR_TIMEOUT where the earlier
 *         callback does not return within 5 seconds: it receives nothing further, the new one takes over when it returns.
 *         These three took `user_data`. The failures did not, and do not call `user_data_free`: ISC_ERR_INVALID_ARGUMENT
 *         where `cb` is NULL, ISC_ERR_INVALID_HANDLE, ISC_ERR_CLOSED.
 *
 * Any thread; at most 5 seconds, at once where no callback runs.
 */
ISC_API
isc_status isc_register_event_callback(struct isc_client *c,
                                       isc_event_callback cb,
                                       void *user_data,
                                       isc_free_callback user_data_free);

/**
 * Ends the registration: waits for a callback that is running, then has `user_data_free` called. Events raised from then
 * on wait for the next registration. Nobody registered: ISC_OK.
 *
 * \param c  the client
 *
 * \return ISC_OK: no further call will come; ISC_OK_DEFERRED inside the callback: takes effect when that returns;
 *         ISC_ERR_TIMEOUT: the callback does not return; nothing further is delivered, and the rest follows when it does;
 *         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
 *
 * Any thread; at most 5 seconds.
 */
ISC_API
isc_status isc_unregister_event_callback(struct isc_client *c);

/**
 * Runs the event callback on the calling thread, with ISC_OPT_DELIVERY `poll`: waits for a first event, then delivers
 * those that are queued at that moment.
 *
 * \param c           the client
 * \param timeout_ms  most milliseconds to wait for a first event; 0 = do not wait
 * \param delivered   receives how many events were delivered; may be NULL
 *
 * \return ISC_OK, also where none came; ISC_ERR_REENTRANT inside the callback or while another thread polls;
 *         ISC_ERR_UNSUPPORTED with delivery `thread`; ISC_ERR_CLOSED, also after a shutdown in the callback;
 *         ISC_ERR_INVALID_HANDLE.
 *
 * Any thread; `timeout_ms` and what the callbacks take.
 */
ISC_API isc_status isc_poll_events(struct isc_client *c, uint32_t timeout_ms, uint32_t *delivered);

/**
 * Sets who is told that events wait, with ISC_OPT_DELIVERY `poll`: called once whenever the queue becomes non-empty, on
 * any thread, so that the program's own loop can call isc_poll_events().
 *
 * \param c          the client
 * \param wake       may only post a message to the program's loop; NULL = nobody, the default
 * \param user_data  passed on; must stay valid until it was replaced with ISC_OK or shutdown answered ISC_OK
 *
 * \return ISC_OK; ISC_OK_DEFERRED inside `wake`; ISC_ERR_TIMEOUT where an earlier one does not return;
 *         ISC_ERR_UNSUPPORTED where ISC_OPT_DELIVERY is not `poll`; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
 *
 * Any thread; at most 5 seconds, at once where none is running.
 */
ISC_API isc_status isc_set_wakeup(struct isc_client *c, isc_wakeup_callback wake, void *user_data);

/**
 * Activates a code, then asks what it is worth. Doing it again does no harm.
 *
 * \param c        the client
 * \param license  the authorization code, 1 to 64 bytes
 *
 * \return ISC_OK: active and licensed; ISC_OK_ALREADY: it was active before, and is licensed. A verdict or what went wrong
 *         with the request: -20 to -48. ISC_ERR_STORAGE, ISC_ERR_STORAGE_DENIED, ISC_ERR_STORAGE_BUSY: licensed in this
 *         process, but the state could not be written; writing is tried again. ISC_ERR_LIMIT: 256 codes are held already.
 *         ISC_ERR_UNSUPPORTED where the options name neither keys nor a token. ISC_ERR_TIMEOUT, ISC_ERR_INVALID_HANDLE,
 *         ISC_ERR_CLOSED, ISC_ERR_INVALID_ARGUMENT, ISC_ERR_INVALID_UTF8.
 *
 * Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
 */
ISC_API
isc_status isc_activate(struct isc_client *c,
                        const char *license);

/**
 * Activates several codes with one request.
 *
 * \param c         the client
 * \param licenses  the codes, each as in isc_activate()
 * \param count     how many, 1 to 100
 *
 * \return ISC_OK or ISC_OK_ALREADY where every code is active and licensed, else the first failure, as in isc_activate();
 *         ISC_ERR_INVALID_ARGUMENT for none or a NULL among them; ISC_ERR_LIMIT for more than 100.
 *
 * Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
 */
ISC_API
isc_status isc_activate_many(struct isc_client *c,
                             const char *const *licenses,
                             size_t count);

/**
 * Does today's check where it is still due: the marketplace is asked once a day, whoever asks.
 *
 * \param c        the client
 * \param license  the code; NULL = all that are held
 *
 * \return ISC_OK: asked, and licensed; ISC_OK_ALREADY: today's check is done; ISC_OK_CACHED: not reachable, licensed by an
 *         earlier check. Otherwise the reason, as in isc_activate(). For all: success only if each succeeded, else the
 *         first failure; ISC_ERR_NOT_ACTIVATED where none is held.
 *
 * Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
 */
ISC_API
isc_status isc_heartbeat(struct isc_client *c,
                         const char *license);

/**
 * Asks the marketplace about a code, whenever it was asked last. A code not held so far is taken up if it is ALIVE.
 *
 * \param c        the client
 * \param license  the code; NULL = all that are held
 *
 * \return ISC_OK: asked, and licensed. Otherwise the reason, as in isc_heartbeat().
 *
 * Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
 */
ISC_API isc_status isc_query(struct isc_client *c, const char *license);

/**
 * Reports who used the software today, or how many clients did: exactly one of the two.
 *
 * \param c           the client
 * \param license     the code
 * \param id          the end user, not empty, `active_num` then 0; or NULL
 * \param active_num  where `id` is NULL: active clients of the day, 1 to 999999999
 *
 * \return ISC_OK: accepted. Otherwise what went wrong with the request, as in isc_activate(); ISC_ERR_INVALID_ARGUMENT for
 *         both, none or a number out of range.
 *
 * Any thread; at most ISC_OPT_CALL_TIMEOUT_MS.
 */
ISC_API
isc_status isc_report_usage(struct isc_client *c,
                            const char *license,
                            const char *id,
                            uint32_t active_num);

/**
 * Forgets a code on this machine, for uninstallers. The marketplace is not told.
 *
 * \param c        the client
 * \param license  the code; NULL = all that are held
 *
 * \return ISC_OK; ISC_ERR_NOT_ACTIVATED for a code that is not held; ISC_ERR_STORAGE, ISC_ERR_STORAGE_DENIED,
 *         ISC_ERR_STORAGE_BUSY; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; a few seconds at most, where another process holds the state.
 */
ISC_API isc_status isc_forget(struct isc_client *c, const char *license);

/**
 * What is known about one licence. Nothing is asked. Also answers after shutdown.
 *
 * \param c        the client
 * \param license  the code; NULL = the best one held: licensed first, then the latest expiry (unknown = latest), then the
 *                 latest check
 * \param out      receives what is known; `struct_size` has to be set before. A failure leaves zeros, which is
 *                 ISC_LICENSE_NONE, and an `amount` of -1 with ISC_ERR_NOT_ACTIVATED.
 *
 * \return ISC_OK, whatever the verdict; ISC_ERR_NOT_ACTIVATED for a code that is not held, or where none is;
 *         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED in a child process; ISC_ERR_INVALID_ARGUMENT where `out` is NULL, its
 *         `struct_size` below 256 or above 4096, or the code empty or too long; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_get_license_info(const struct isc_client *c,
                                const char *license,
                                struct isc_license_info *out);

/**
 * What is known about one licence, as a JSON object. Nothing is asked.
 *
 * \param c        the client
 * \param license  the code; NULL = the best one held, see isc_get_license_info()
 * \param buf      receives the document; may be NULL where `cap` is 0
 * \param cap      size of `buf` in bytes
 * \param len      receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_NOT_ACTIVATED for a code that is not held, or
 *         where none is; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_get_license_json(const struct isc_client *c,
                                const char *license,
                                char *buf,
                                size_t cap,
                                size_t *len);

/**
 * The codes that are held, as a JSON array of strings: `[]` where none is.
 *
 * \param c    the client
 * \param buf  receives the document; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_ARGUMENT.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_list_licenses(const struct isc_client *c, char *buf, size_t cap, size_t *len);

/**
 * Whether the program is licensed at this moment: by the cache and the clock, nothing is asked. Meant for inner loops:
 * no lock, no allocation, no system call, some nanoseconds. Also answers after shutdown and in a child process.
 *
 * \param c        the client
 * \param license  the code; NULL = any of those held
 *
 * \return 1 or 0; 0 also for whatever is wrong with the arguments. The last error is left alone.
 *
 * Any thread.
 */
ISC_API int32_t isc_is_licensed(const struct isc_client *c, const char *license);

/**
 * Whether a feature is licensed at this moment: a licensed licence is of this product or lists this feature. As fast as
 * isc_is_licensed(), and answers where that does.
 *
 * \param c     the client
 * \param name  a product id or a feature, UTF-8
 *
 * \return 1 or 0; 0 also for whatever is wrong with the arguments. The last error is left alone.
 *
 * Any thread.
 */
ISC_API int32_t isc_has_feature(const struct isc_client *c, const char *name);

/**
 * Asks for the licence as a string. Answered by ISC_EVENT_LICENSE_VERIFY, whose `LicenseContent` is the best licence's
 * code after today's check; the program verifies it and then calls isc_notify_license_verified().
 *
 * \param c            the client
 * \param device_info  what the program wants to say about the machine; NULL or empty: nothing
 *
 * \return ISC_OK: the answer will come; ISC_ERR_BUSY where 64 requests are pending; ISC_ERR_INVALID_HANDLE;
 *         ISC_ERR_CLOSED; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_request_license_string(struct isc_client *c, const char *device_info);

/**
 * Takes up a licence file. Answered by ISC_EVENT_LICENSE_VERIFY: `LicenseFilePath` is the absolute path of the file that was
 * accepted, or `ErrorCode` and `ErrorMsg` say why not (ISC_ERR_LICENSE_FILE, also without
 * ISC_OPT_LICENSE_PUBLIC_KEY or where the file cannot be read within ISC_OPT_CALL_TIMEOUT_MS; ISC_ERR_LIMIT). A file that is
 * not accepted changes nothing. Files are answered in the order in which they were asked for.
 *
 * \param c            the client
 * \param file_name    a plain name in the data folder or an absolute path; NULL or empty: `license.lic`
 * \param device_info  as in isc_request_license_string()
 *
 * \return ISC_OK: the answer will come; ISC_ERR_INVALID_ARGUMENT where `file_name` is neither; ISC_ERR_BUSY where 64
 *         requests are pending; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_request_license_file(struct isc_client *c,
                                    const char *file_name,
                                    const char *device_info);

/**
 * Tells what the program's own verification of a requested licence came to. It is kept in the state; where it failed, no
 * use is reported for the rest of the day, unless a later call says that it succeeded.
 *
 * \param c              the client
 * \param verified       non-zero: the licence is good; 0: it is not
 * \param error_message  why not; needed where `verified` is 0, else NULL or empty
 *
 * \return ISC_OK; ISC_ERR_INVALID_ARGUMENT for a failure without a message; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API
isc_status isc_notify_license_verified(struct isc_client *c,
                                       int32_t verified,
                                       const char *error_message);

/**
 * Makes the request that the customer of a machine without network sends to the vendor for a licence file: a JSON
 * document that names the product, the machine's fingerprint and parts, and the public half of a key that is made on this
 * machine the first time and kept in its state.
 *
 * \param c    the client
 * \param buf  receives the text; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_STORAGE and its kin where the key cannot be kept;
 *         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED; ISC_ERR_INVALID_ARGUMENT.
 *
 * Any thread; returns within milliseconds, the first time within 2 s where another process writes the state.
 */
ISC_API
isc_status isc_license_request(struct isc_client *c,
                               char *buf,
                               size_t cap,
                               size_t *len);

/**
 * Gives a licence file back and makes the proof of it, which the customer sends to the vendor. From then on the file is
 * refused on this machine. Called again, also after ISC_ERR_BUFFER_TOO_SMALL, it answers the same proof.
 *
 * \param c        the client
 * \param license  the code
 * \param buf      receives the text; may be NULL where `cap` is 0
 * \param cap      size of `buf` in bytes
 * \param len      receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_NOT_ACTIVATED for an unknown code; ISC_ERR_INVALID_STATE for one that
 *         does not come from a file; ISC_ERR_WRONG_DEVICE for another machine's file; ISC_ERR_STORAGE and its kin where
 *         the return cannot be kept, which then did not happen; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns within milliseconds, or within 2 s where another process writes the state.
 */
ISC_API
isc_status isc_license_return(struct isc_client *c,
                              const char *license,
                              char *buf,
                              size_t cap,
                              size_t *len);

/**
 * Looks for a new version. Answered by ISC_EVENT_UPGRADE_NOTICE: `available` is "true" or "false", with `ErrorCode` and
 * `ErrorMsg` where the feed cannot be had or is not believed (ISC_ERR_UPGRADE_FEED, ISC_ERR_UPGRADE_SIGNATURE, or what the
 * network says). ISC_EVENT_UPDATE follows where there is a version that the user has not declined. Calls that wait for the
 * same look are answered by one notice.
 *
 * \param c  the client
 *
 * \return ISC_OK: the answer will come; ISC_ERR_UNSUPPORTED without ISC_OPT_UPGRADE_FEED; ISC_ERR_INVALID_HANDLE;
 *         ISC_ERR_CLOSED.
 *
 * Any thread, also inside a callback; returns at once.
 */
ISC_API
isc_status isc_check_new_versions(struct isc_client *c);

/**
 * Tells what the user decided about the version of the last notice. A forced upgrade needs no answer.
 *
 * Accepted, it is downloaded in the background, verified, and installed by the helper after the program has ended:
 * ISC_EVENT_UPGRADE_PROGRESS tells how far it is (`Stage` is downloading, verifying, staged or failed; at a later start
 * installed, install_failed or needs_admin), at most ten times a second. Declined, the version is not offered again until a
 * newer or a forced one appears.
 *
 * \param c        the client
 * \param upgrade  non-zero: download it now, install it after the program has ended; 0: not this version
 *
 * \return ISC_OK; ISC_OK_ALREADY where it is on its way, which a forced one is; ISC_ERR_INVALID_STATE where no notice has
 *         offered a version, or a forced one is declined; ISC_ERR_UNSUPPORTED without ISC_OPT_UPGRADE_FEED;
 *         ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
 *
 * Any thread, also inside a callback; returns at once.
 */
ISC_API
isc_status isc_upgrade_notify(struct isc_client *c,
                              int32_t upgrade);

/**
 * Writes the progress of a silent installation to `path`, usually `install.json`, as the ISCDesk client reads it:
 * `{"status":0,"progress":42,"errorMsg":""}`, with status 1 at 100 percent. The file is replaced in one step, so that a
 * reader never finds it half written.
 *
 * \param path           the file; its folder has to be there
 * \param percent        0 to 100
 * \param error_message  why the installation failed; NULL or empty: it did not
 *
 * \return ISC_OK; ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8; ISC_ERR_STORAGE; ISC_ERR_STORAGE_DENIED;
 *         ISC_ERR_STORAGE_BUSY where another program held the file all the time.
 *
 * Any thread, no client needed; as long as the disk takes and at most 2 seconds more.
 */
ISC_API isc_status isc_install_report(const char *path, uint32_t percent, const char *error_message);

/**
 * The documented device fingerprint of this machine: `MACs|disks|board|cpu`, lists joined by commas, in upper case, at
 * most 5000 bytes. What cannot be obtained is empty.
 *
 * \param buf  receives the fingerprint; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length without the NUL; may be NULL
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL: `buf` is an empty string; ISC_ERR_INVALID_ARGUMENT where `buf` is NULL and
 *         `cap` is not 0.
 *
 * Any thread, no client needed; a few milliseconds.
 */
ISC_API isc_status isc_device_fingerprint(char *buf, size_t cap, size_t *len);

/**
 * What a support desk asks for, as one JSON document with secrets and codes masked.
 *
 * \param o    the options that the program makes its client with
 * \param buf  receives the document; may be NULL where `cap` is 0
 * \param cap  size of `buf` in bytes
 * \param len  receives the length without the NUL; may be NULL
 *
 * A diagnosis is made by every call, also by one that only asks for the length: 64 KiB hold any document. Options that are
 * wrong are a finding of the document, no failure. No licence is asked for. An upgrade feed that is set is fetched and
 * verified as by isc_check_new_versions(), but nothing is remembered of it.
 *
 * \return ISC_OK; ISC_ERR_BUFFER_TOO_SMALL; ISC_ERR_INVALID_HANDLE; ISC_ERR_INVALID_ARGUMENT.
 *
 * Any thread, no client needed; at most 30 seconds, whatever hangs.
 */
ISC_API
isc_status isc_diagnose(const struct isc_options *o,
                        char *buf,
                        size_t cap,
                        size_t *len);

#if defined(_WIN32)
/**
 * isc_install_report() for installers that speak UTF-16.
 *
 * \param path           the file; its folder has to be there
 * \param percent        0 to 100
 * \param error_message  why the installation failed; NULL or empty: it did not
 *
 * \return as isc_install_report()
 */
ISC_API isc_status isc_install_report_w(const wchar_t *path, uint32_t percent, const wchar_t *error_message);
#endif

#if defined(_WIN32)
/**
 * isc_device_fingerprint() for installers that speak UTF-16.
 *
 * \param buf  receives the fingerprint; may be NULL where `cap` is 0
 * \param cap  size of `buf` in characters
 * \param len  receives the length in characters without the NUL; may be NULL
 *
 * \return as isc_device_fingerprint()
 */
ISC_API isc_status isc_device_fingerprint_w(wchar_t *buf, size_t cap, size_t *len);
#endif

/**
 * Would let the user open a file of the cloud.
 *
 * \param c  the client
 *
 * \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_open_cloud_file(struct isc_client *c);

/**
 * Would save a file to the cloud.
 *
 * \param c         the client
 * \param path      the file or, with `assembly`, the folder; UTF-8, not empty
 * \param assembly  non-zero: a folder with all parts of an assembly
 *
 * \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_save(struct isc_client *c, const char *path, int32_t assembly);

/**
 * Would save a file to the cloud under another name.
 *
 * \param c         the client
 * \param path      the file or, with `assembly`, the folder; UTF-8, not empty
 * \param assembly  non-zero: a folder with all parts of an assembly
 *
 * \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_select_save_as_path(struct isc_client *c, const char *path, int32_t assembly);

/**
 * Would have a calculation done in the cloud.
 *
 * \param c     the client
 * \param path  the file; UTF-8, not empty
 *
 * \return ISC_ERR_UNSUPPORTED: needs the ISCDesk desktop program; ISC_ERR_INVALID_HANDLE; ISC_ERR_CLOSED;
 *         ISC_ERR_INVALID_ARGUMENT; ISC_ERR_INVALID_UTF8.
 *
 * Any thread; returns at once.
 */
ISC_API isc_status isc_get_solution(struct isc_client *c, const char *path);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ISCDESK_H */
