/* Numbers, sizes and offsets that compiled programs rely on. */
#include "check.h"

#define OFFSET(member, at) TRUE(offsetof(isc_license_info, member) == (at))

static void sizes(void) {
    EQUAL(sizeof(isc_status), 4);
    EQUAL(sizeof(isc_option_key), 4);
    EQUAL(sizeof(isc_event_type), 4);
    EQUAL(sizeof(isc_license_status), 4);
    TRUE((isc_status)-1 < 0);
    EQUAL(sizeof(isc_license_info), 256);
    OFFSET(struct_size, 0);
    OFFSET(status, 4);
    OFFSET(licensed, 8);
    OFFSET(source, 12);
    OFFSET(expires_at, 16);
    OFFSET(checked_at, 24);
    OFFSET(offline_until, 32);
    OFFSET(activated_at, 40);
    OFFSET(amount, 48);
    OFFSET(license, 56);
    OFFSET(product_id, 121);
    OFFSET(reserved, 250);
    EQUAL(sizeof(((isc_license_info *)0)->license), 65);
    EQUAL(sizeof(((isc_license_info *)0)->product_id), 129);
}

/* The contract's numbers, written a second time. */
static void numbers(void) {
    const int status[] = {
        ISC_OK, ISC_OK_DEFERRED, ISC_OK_CACHED, ISC_OK_ALREADY, ISC_ERR_INVALID_ARGUMENT, ISC_ERR_INVALID_UTF8,
        ISC_ERR_BUFFER_TOO_SMALL, ISC_ERR_INVALID_HANDLE, ISC_ERR_CLOSED, ISC_ERR_TIMEOUT, ISC_ERR_UNSUPPORTED,
        ISC_ERR_REENTRANT, ISC_ERR_CONFIG, ISC_ERR_BUSY, ISC_ERR_LIMIT, ISC_ERR_INVALID_STATE, ISC_ERR_NOT_ACTIVATED,
        ISC_ERR_UNKNOWN_LICENSE, ISC_ERR_NOT_RECEIVED, ISC_ERR_EXPIRED, ISC_ERR_RELEASED, ISC_ERR_OFFLINE_TOO_LONG,
        ISC_ERR_CLOCK, ISC_ERR_WRONG_DEVICE, ISC_ERR_LICENSE_FILE, ISC_ERR_TOO_MANY_DEVICES, ISC_ERR_NETWORK,
        ISC_ERR_TLS, ISC_ERR_PROXY, ISC_ERR_THROTTLED, ISC_ERR_UNAUTHORIZED, ISC_ERR_SERVER, ISC_ERR_PROTOCOL,
        ISC_ERR_REJECTED, ISC_ERR_UNTRUSTED, ISC_ERR_STORAGE, ISC_ERR_STORAGE_DENIED, ISC_ERR_STORAGE_BUSY,
        ISC_ERR_UPGRADE_FEED, ISC_ERR_UPGRADE_SIGNATURE, ISC_ERR_UPGRADE_DOWNLOAD, ISC_ERR_INTERNAL};
    const int status_numbers[] = {
        0,   1,   2,   3,   -1,  -2,  -3,  -4,  -5,  -6,  -7,  -8,  -9,  -10, -11, -12, -20, -21, -22, -23, -24,
        -25, -26, -27, -28, -29, -40, -41, -42, -43, -44, -45, -46, -47, -48, -60, -61, -62, -80, -81, -82, -100};
    const int option[] = {
        ISC_OPT_VENDOR, ISC_OPT_PRODUCT, ISC_OPT_VERSION, ISC_OPT_ACCESS_KEY, ISC_OPT_SECRET_KEY,
        ISC_OPT_BEARER_TOKEN, ISC_OPT_RELAY_PUBLIC_KEY, ISC_OPT_ENDPOINT, ISC_OPT_FALLBACK_ENDPOINT, ISC_OPT_DATA_DIR,
        ISC_OPT_SCOPE, ISC_OPT_STATE_SECRET, ISC_OPT_PROXY, ISC_OPT_CA_FILE, ISC_OPT_CONNECT_TIMEOUT_MS,
        ISC_OPT_REQUEST_TIMEOUT_MS, ISC_OPT_CALL_TIMEOUT_MS, ISC_OPT_OFFLINE_DAYS, ISC_OPT_DAY_OFFSET_MINUTES,
        ISC_OPT_EXPIRY_OFFSET_MINUTES, ISC_OPT_AUTO_HEARTBEAT, ISC_OPT_ACCOUNT_ID, ISC_OPT_DELIVERY, ISC_OPT_LANGUAGE,
        ISC_OPT_UPGRADE_FEED, ISC_OPT_UPGRADE_PUBLIC_KEY, ISC_OPT_HELPER_PATH, ISC_OPT_LICENSE_PUBLIC_KEY};
    const int option_numbers[] = {1,  2,  3,  10, 11, 12, 13, 14, 15, 20, 21, 22, 30, 31,
                                  32, 33, 34, 40, 41, 42, 43, 44, 50, 51, 60, 61, 62, 63};
    const int other[] = {
        ISC_EVENT_UNKNOWN, ISC_EVENT_HEARTBEAT, ISC_EVENT_LICENSE_VERIFY, ISC_EVENT_LICENSE_CHANGED,
        ISC_EVENT_LICENSE_EXPIRING, ISC_EVENT_UPGRADE_NOTICE, ISC_EVENT_UPDATE, ISC_EVENT_UPGRADE_PROGRESS,
        ISC_EVENT_OPEN_CLOUD_FILE_RESULT, ISC_EVENT_SAVE_RESULT, ISC_EVENT_UPLOAD_BEGIN, ISC_EVENT_UPLOAD_END,
        ISC_EVENT_CLIENT_CLOSED, ISC_LICENSE_NONE, ISC_LICENSE_FOREIGN, ISC_LICENSE_RELEASED, ISC_LICENSE_EXPIRED,
        ISC_LICENSE_CLOCK, ISC_LICENSE_ALIVE, ISC_LICENSE_OFFLINE, ISC_LICENSE_STALE, ISC_SOURCE_NONE,
        ISC_SOURCE_MARKETPLACE, ISC_SOURCE_FILE, ISC_TIMEOUT_DEFAULT, ISC_ABI_VERSION, ISC_LOG_ERROR, ISC_LOG_WARN,
        ISC_LOG_INFO, ISC_LOG_DEBUG, ISC_LOG_TRACE};
    const int other_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20,   0, 1, 2,
                                 3, 4, 5, 6, 7, 0, 1, 2, 5000, 1, 1, 2, 3, 4, 5};
    EQUAL(sizeof status, sizeof status_numbers);
    EQUAL(memcmp(status, status_numbers, sizeof status), 0);
    EQUAL(sizeof option, sizeof option_numbers);
    EQUAL(memcmp(option, option_numbers, sizeof option), 0);
    EQUAL(sizeof other, sizeof other_numbers);
    EQUAL(memcmp(other, other_numbers, sizeof other), 0);
}

/* Each function has the contract's prototype. */
static isc_status (*p1)(isc_options **) = isc_options_new;
static isc_status (*p2)(const char *, isc_options **) = isc_options_load;
static isc_status (*p3)(const char *, const char *, isc_options **) = isc_options_load_signed;
static isc_status (*p4)(isc_options *, isc_option_key, const char *) = isc_options_set_string;
static isc_status (*p5)(isc_options *, isc_option_key, int64_t) = isc_options_set_int;
static isc_status (*p6)(isc_options *, isc_log_callback, int32_t, void *) = isc_options_set_log;
static void (*p7)(isc_options *) = isc_options_free;
static isc_status (*p8)(isc_client *, isc_option_key, const char *) = isc_client_set_string;
static isc_status (*p9)(const isc_options *, isc_client **) = isc_init;
static isc_status (*p10)(isc_client *, uint32_t) = isc_shutdown;
static void (*p11)(isc_client *) = isc_release;
static isc_status (*p12)(isc_client *, isc_event_callback, void *, void (*)(void *)) = isc_register_event_callback;
static isc_status (*p13)(isc_client *) = isc_unregister_event_callback;
static isc_status (*p14)(isc_client *, uint32_t, uint32_t *) = isc_poll_events;
static isc_status (*p15)(isc_client *, void (*)(void *), void *) = isc_set_wakeup;
static isc_status (*p16)(isc_client *, const char *) = isc_activate;
static isc_status (*p17)(isc_client *, const char *const *, size_t) = isc_activate_many;
static isc_status (*p18)(isc_client *, const char *, const char *, uint32_t) = isc_report_usage;
static isc_status (*p19)(const isc_client *, const char *, isc_license_info *) = isc_get_license_info;
static isc_status (*p20)(const isc_client *, const char *, char *, size_t, size_t *) = isc_get_license_json;
static isc_status (*p21)(const isc_client *, char *, size_t, size_t *) = isc_list_licenses;
static int32_t (*p22)(const isc_client *, const char *) = isc_is_licensed;
static int32_t (*p23)(const isc_client *, const char *) = isc_has_feature;
static isc_status (*p24)(isc_client *, const char *, const char *) = isc_request_license_file;
static isc_status (*p25)(isc_client *, int32_t, const char *) = isc_notify_license_verified;
static isc_status (*p26)(isc_client *, char *, size_t, size_t *) = isc_license_request;
static isc_status (*p27)(isc_client *, const char *, char *, size_t, size_t *) = isc_license_return;
static isc_status (*p28)(isc_client *, int32_t) = isc_upgrade_notify;
static isc_status (*p29)(const char *, uint32_t, const char *) = isc_install_report;
static isc_status (*p30)(const isc_options *, char *, size_t, size_t *) = isc_diagnose;
static isc_status (*p31)(isc_client *, const char *, int32_t) = isc_save;
static const char *(*p32)(isc_status) = isc_status_message;
static isc_status (*p33)(char *, size_t, size_t *) = isc_last_error_json;

int main(void) {
    sizes();
    numbers();
    TRUE(p1 && p2 && p3 && p4 && p5 && p6 && p7 && p8 && p9 && p10 && p11 && p12 && p13);
    TRUE(p14 && p15 && p16 && p17 && p18 && p19 && p20 && p21 && p22 && p23 && p24 && p25 && p26 && p27 && p28);
    TRUE(p29 && p30 && p31 && p32 && p33);
    EQUAL(strcmp(isc_version(), ISC_VERSION), 0);
    EQUAL(isc_abi_version(), ISC_ABI_VERSION);
    for (int status = -120; status < 20; status++)
        TRUE(strlen(isc_status_message(status)) > 0);
    return 0;
}
