/* The convention of strings out, by functions that need no client. */
#include "check.h"

static void sizes(void) {
    char all[8192], part[8192];
    size_t needed = 99, length = 99;
    EQUAL(isc_device_fingerprint(NULL, 0, &needed), ISC_ERR_BUFFER_TOO_SMALL);
    TRUE(needed >= 3 && needed <= 5000);
    EQUAL(isc_device_fingerprint(all, sizeof all, &length), ISC_OK);
    EQUAL(length, needed);
    EQUAL(strlen(all), needed);
    EQUAL(isc_device_fingerprint(all, needed + 1, NULL), ISC_OK);
    for (size_t cap = 1; cap <= needed; cap++) {
        memset(part, '#', sizeof part);
        length = 99;
        EQUAL(isc_device_fingerprint(part, cap, &length), ISC_ERR_BUFFER_TOO_SMALL);
        EQUAL(length, needed);
        EQUAL(part[0], 0);
        for (size_t at = cap; at < sizeof part; at++)
            EQUAL(part[at], '#');
    }
    part[0] = '#';
    EQUAL(isc_device_fingerprint(part, 0, &length), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(part[0], '#');
    EQUAL(length, needed);
    EQUAL(isc_device_fingerprint(NULL, 0, NULL), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(isc_device_fingerprint(NULL, 7, &length), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(length, 0);
}

/* Outputs are emptied before anything else is looked at. */
static void emptied_first(void) {
    char text[16] = "old";
    size_t length = 99;
    EQUAL(isc_list_licenses(NULL, text, sizeof text, &length), ISC_ERR_INVALID_HANDLE);
    EQUAL(text[0], 0);
    EQUAL(length, 0);
    uint32_t delivered = 99;
    EQUAL(isc_poll_events(NULL, 0, &delivered), ISC_ERR_INVALID_HANDLE);
    EQUAL(delivered, 0);
    isc_license_info info;
    memset(&info, 0xaa, sizeof info);
    info.struct_size = sizeof info;
    EQUAL(isc_get_license_info(NULL, NULL, &info), ISC_ERR_INVALID_HANDLE);
    EQUAL(info.struct_size, sizeof info);
    for (size_t at = sizeof info.struct_size; at < sizeof info; at++)
        EQUAL(((const char *)&info)[at], 0);
    EQUAL(isc_get_license_info(NULL, NULL, NULL), ISC_ERR_INVALID_HANDLE);
}

int main(void) {
    sizes();
    emptied_first();
    return 0;
}
