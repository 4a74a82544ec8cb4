/* Whatever a program passes, it gets an answer and never a crash. argv[1]: a folder for the state. */
#include "check.h"

static isc_client *client;
static isc_options *options;
static char text[64];
static size_t length;
static const char *const BAD = "\xff\xfe";
static char LONG[66]; /* one byte more than a code may have */

/* Every function that takes a client, with arguments that are right where they are. */
static isc_status call(int which, isc_client *c) {
    isc_license_info info = {.struct_size = sizeof info};
    const char *codes[] = {"PL-1"};
    switch (which) {
    case 0: return isc_client_set_string(c, ISC_OPT_PROXY, "direct");
    case 1: return isc_register_event_callback(c, NULL, NULL, NULL);
    case 2: return isc_unregister_event_callback(c);
    case 3: return isc_poll_events(c, 0, NULL);
    case 4: return isc_set_wakeup(c, NULL, NULL);
    case 5: return isc_activate(c, "PL-1");
    case 6: return isc_activate_many(c, codes, 1);
    case 7: return isc_heartbeat(c, NULL);
    case 8: return isc_query(c, NULL);
    case 9: return isc_report_usage(c, "PL-1", "user", 0);
    case 10: return isc_forget(c, "PL-1");
    case 11: return isc_get_license_json(c, NULL, text, sizeof text, &length);
    case 12: return isc_list_licenses(c, text, sizeof text, &length);
    case 13: return isc_request_license_string(c, NULL);
    case 14: return isc_request_license_file(c, NULL, NULL);
    case 15: return isc_notify_license_verified(c, 1, NULL);
    case 16: return isc_license_request(c, text, sizeof text, &length);
    case 17: return isc_license_return(c, "PL-1", text, sizeof text, &length);
    case 18: return isc_check_new_versions(c);
    case 19: return isc_upgrade_notify(c, 1);
    case 20: return isc_open_cloud_file(c);
    case 21: return isc_save(c, "a", 0);
    case 22: return isc_select_save_as_path(c, "a", 0);
    case 23: return isc_get_solution(c, "a");
    /* The two that also answer once shutdown has begun come last. */
    case 24: return isc_get_license_info(c, NULL, &info);
    default: return isc_shutdown(c, 0);
    }
}
enum { CLOSABLE = 24, ALL = 26 };

static void refuse_as_client(const void *value) {
    isc_client *c = (isc_client *)(uintptr_t)value;
    for (int which = 0; which < ALL; which++)
        EQUAL(call(which, c), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_is_licensed(c, NULL), 0);
    EQUAL(isc_is_licensed(c, "PL-1"), 0);
    EQUAL(isc_has_feature(c, "feature"), 0);
    isc_release(c);
}

static void refuse_as_options(const void *value) {
    isc_options *o = (isc_options *)(uintptr_t)value;
    isc_client *c = client;
    EQUAL(isc_options_set_string(o, ISC_OPT_VENDOR, "V"), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_options_set_int(o, ISC_OPT_OFFLINE_DAYS, 1), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_options_set_log(o, NULL, 0, NULL), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_diagnose(o, text, sizeof text, &length), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_init(o, &c), ISC_ERR_INVALID_HANDLE);
    TRUE(c == NULL);
    isc_options_free(o);
}

static void handles(void) {
    int local = 0;
    void *heap = malloc(64);
    const uintptr_t invented[] = {
        0, 1, 2, 3, 5, 7, 8, 4096, 4097, UINTPTR_MAX, UINTPTR_MAX / 2, UINTPTR_MAX / 3,
        (uintptr_t)&local, (uintptr_t)heap, (uintptr_t)LONG, (uintptr_t)&isc_init};
    for (size_t i = 0; i < sizeof invented / sizeof *invented; i++) {
        refuse_as_client((const void *)invented[i]);
        refuse_as_options((const void *)invented[i]);
    }
    for (intptr_t by = 1; by <= 64; by++) {
        refuse_as_client((const void *)((uintptr_t)client + (uintptr_t)by));
        refuse_as_client((const void *)((uintptr_t)client - (uintptr_t)by));
        refuse_as_options((const void *)((uintptr_t)options + (uintptr_t)by));
        refuse_as_options((const void *)((uintptr_t)options - (uintptr_t)by));
    }
    refuse_as_client(options);
    refuse_as_options(client);
    free(heap);
    /* All this has done the real ones no harm. */
    EQUAL(isc_options_set_int(options, ISC_OPT_OFFLINE_DAYS, 7), ISC_OK);
    EQUAL(isc_save(client, "a", 0), ISC_ERR_UNSUPPORTED);
}

static void option_mistakes(void) {
    isc_options *o = options;
    EQUAL(isc_options_new(NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_load("x", NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_load("/nowhere/at/all.json", &o), ISC_ERR_CONFIG);
    TRUE(o == NULL);
    EQUAL(isc_options_load(BAD, &o), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_options_load_signed("x", NULL, &o), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_load_signed("x", "", &o), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_load_signed(BAD, "key", &o), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_options_set_string(options, ISC_OPT_VENDOR, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_set_string(options, ISC_OPT_VENDOR, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_options_set_string(options, ISC_OPT_OFFLINE_DAYS, "7"), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_options_set_int(options, ISC_OPT_VENDOR, 7), ISC_ERR_INVALID_ARGUMENT);
    const int unknown[] = {0, 4, 9, 16, 23, 35, 45, 52, 64, -1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        EQUAL(isc_options_set_string(options, unknown[i], "x"), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_options_set_int(options, unknown[i], 1), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_client_set_string(client, unknown[i], "x"), ISC_ERR_INVALID_ARGUMENT);
    }
    EQUAL(isc_client_set_string(client, ISC_OPT_VENDOR, "x"), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_client_set_string(client, ISC_OPT_PROXY, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_client_set_string(client, ISC_OPT_PROXY, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_options_set_log(options, NULL, 77, NULL), ISC_OK);
    EQUAL(isc_init(options, NULL), ISC_ERR_INVALID_ARGUMENT);
}

static void code_mistakes(void) {
    isc_license_info info = {.struct_size = sizeof info};
    const char *codes[] = {"PL-1", NULL, "PL-2"};
    const char *bad_codes[] = {"PL-1", BAD};
    const char *const wrong[] = {"", LONG};
    for (int i = 0; i < 2; i++) {
        EQUAL(isc_activate(client, wrong[i]), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_heartbeat(client, wrong[i]), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_query(client, wrong[i]), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_forget(client, wrong[i]), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_report_usage(client, wrong[i], "user", 0), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_get_license_info(client, wrong[i], &info), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_get_license_json(client, wrong[i], text, sizeof text, NULL), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_license_return(client, wrong[i], text, sizeof text, NULL), ISC_ERR_INVALID_ARGUMENT);
        EQUAL(isc_is_licensed(client, wrong[i]), 0);
    }
    EQUAL(isc_activate(client, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_report_usage(client, NULL, "user", 0), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_report_usage(client, "PL-1", NULL, 0), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_report_usage(client, "PL-1", NULL, 1000000000), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_report_usage(client, "PL-1", "", 0), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_report_usage(client, "PL-1", BAD, 0), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_activate(client, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_heartbeat(client, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_get_license_info(client, BAD, &info), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_is_licensed(client, BAD), 0);
    EQUAL(isc_has_feature(client, BAD), 0);
    EQUAL(isc_has_feature(client, NULL), 0);
    EQUAL(isc_has_feature(client, ""), 0);
    EQUAL(isc_activate_many(client, NULL, 1), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_activate_many(client, codes, 0), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_activate_many(client, codes, 3), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_activate_many(client, bad_codes, 2), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_activate_many(client, codes, 101), ISC_ERR_LIMIT);
    EQUAL(isc_activate_many(client, codes, SIZE_MAX), ISC_ERR_LIMIT);
}

static void other_mistakes(void) {
    int never = 0;
    EQUAL(isc_register_event_callback(client, NULL, &never, free), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_save(client, NULL, 0), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_save(client, BAD, 0), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_select_save_as_path(client, NULL, 1), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_get_solution(client, ""), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_open_cloud_file(client), ISC_ERR_UNSUPPORTED);
    EQUAL(isc_request_license_string(client, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_request_license_file(client, BAD, NULL), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_notify_license_verified(client, 0, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_install_report(NULL, 1, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_install_report("", 1, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_install_report(BAD, 1, NULL), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_install_report("install.json", 101, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_install_report("install.json", 1, BAD), ISC_ERR_INVALID_UTF8);
    EQUAL(isc_license_request(client, NULL, 1, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_diagnose(options, NULL, 1, NULL), ISC_ERR_INVALID_ARGUMENT);
}

/* Closed, then released. */
static void the_end(void) {
    isc_license_info info = {.struct_size = sizeof info};
    EQUAL(isc_shutdown(client, ISC_TIMEOUT_DEFAULT), ISC_OK);
    EQUAL(isc_shutdown(client, 0), ISC_OK);
    for (int which = 0; which < CLOSABLE; which++)
        EQUAL(call(which, client), ISC_ERR_CLOSED);
    TRUE(isc_get_license_info(client, NULL, &info) != ISC_ERR_CLOSED);
    isc_release(client);
    refuse_as_client(client);
    isc_options_free(options);
    refuse_as_options(options);
}

int main(int count, char **arguments) {
    EQUAL(count, 2);
    memset(LONG, 'x', sizeof LONG - 1);
    options = quiet_options(arguments[1]);
    EQUAL(isc_init(options, &client), ISC_OK);
    handles();
    option_mistakes();
    code_mistakes();
    other_mistakes();
    the_end();
    return 0;
}
