/* In the library's place beneath examples-c/upgrade.c: the events of a version that an earlier run had accepted. Its
 * download goes on at once, and tells of itself in the moment in which the user declines. */
#include <iscdesk.h>
#include <stdio.h>
#include <stdlib.h>

static isc_event_callback callback;
static void *callback_data;
static int polls;
static int declined;

isc_status isc_options_load(const char *path, isc_options **out) {
    (void)path;
    (void)out;
    return ISC_OK;
}
isc_status isc_options_set_string(isc_options *o, isc_option_key key, const char *value) {
    (void)o;
    (void)key;
    (void)value;
    return ISC_OK;
}
void isc_options_free(isc_options *o) { (void)o; }
isc_status isc_init(const isc_options *o, isc_client **out) {
    (void)o;
    (void)out;
    return ISC_OK;
}
isc_status isc_register_event_callback(isc_client *c, isc_event_callback cb, void *data, void (*data_free)(void *)) {
    (void)c;
    (void)data_free;
    callback = cb;
    callback_data = data;
    return ISC_OK;
}
isc_status isc_check_new_versions(isc_client *c) {
    (void)c;
    return ISC_OK;
}
isc_status isc_upgrade_notify(isc_client *c, int32_t upgrade) {
    (void)c;
    declined = !upgrade;
    return ISC_OK;
}
isc_status isc_poll_events(isc_client *c, uint32_t timeout_ms, uint32_t *delivered) {
    (void)c;
    (void)timeout_ms;
    (void)delivered;
    if (polls++ > 0) {
        puts("polls for events that never come");
        exit(9);
    }
    callback(ISC_EVENT_UPGRADE_NOTICE, "{\"params\":{\"available\":\"true\"}}", callback_data);
    callback(ISC_EVENT_UPDATE, "{\"params\":{\"fromForceWin\":\"false\"}}", callback_data);
    callback(ISC_EVENT_UPGRADE_PROGRESS, "{\"params\":{\"Stage\":\"downloading\"}}", callback_data);
    return ISC_OK;
}
isc_status isc_last_error_message(char *buf, size_t cap, size_t *len) {
    (void)len;
    if (cap > 0)
        buf[0] = '\0';
    return ISC_OK;
}
isc_status isc_shutdown(isc_client *c, uint32_t timeout_ms) {
    (void)c;
    (void)timeout_ms;
    puts(declined ? "declined" : "accepted");
    return ISC_OK;
}
void isc_release(isc_client *c) { (void)c; }
