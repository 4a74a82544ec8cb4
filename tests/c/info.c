/* What is known about licences that are not there. argv[1]: a folder for the state. */
#include "check.h"

static isc_client *client;

/* A struct of `size` bytes: filled so far, zeros after what this version knows, nothing behind. */
static void of_size(uint32_t size) {
    unsigned char memory[5000];
    isc_license_info info;
    memset(memory, 0xaa, sizeof memory);
    memcpy(memory, &size, sizeof size);
    EQUAL(isc_get_license_info(client, "PL-1", (isc_license_info *)(void *)memory), ISC_ERR_NOT_ACTIVATED);
    memcpy(&info, memory, sizeof info);
    EQUAL(info.struct_size, size);
    EQUAL(info.status, ISC_LICENSE_NONE);
    EQUAL(info.licensed, 0);
    EQUAL(info.source, ISC_SOURCE_NONE);
    EQUAL(info.expires_at, 0);
    EQUAL(info.amount, -1);
    EQUAL(info.license[0], 0);
    for (size_t at = sizeof info; at < size; at++)
        EQUAL(memory[at], 0);
    for (size_t at = size; at < sizeof memory; at++)
        EQUAL(memory[at], 0xaa);
}

/* A size that cannot be: nothing is written. */
static void refused(uint32_t size) {
    unsigned char memory[5000];
    memset(memory, 0xaa, sizeof memory);
    memcpy(memory, &size, sizeof size);
    EQUAL(isc_get_license_info(client, NULL, (isc_license_info *)(void *)memory), ISC_ERR_INVALID_ARGUMENT);
    for (size_t at = sizeof size; at < sizeof memory; at++)
        EQUAL(memory[at], 0xaa);
}

int main(int count, char **arguments) {
    char text[64];
    size_t length = 0;
    EQUAL(count, 2);
    client = quiet_client(arguments[1]);
    of_size(sizeof(isc_license_info));
    of_size(264);
    of_size(4096);
    refused(0);
    refused(255);
    refused(4097);
    refused(UINT32_MAX);
    EQUAL(isc_get_license_info(client, NULL, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_get_license_json(client, "PL-1", text, sizeof text, &length), ISC_ERR_NOT_ACTIVATED);
    EQUAL(length, 0);
    EQUAL(isc_list_licenses(client, NULL, 0, &length), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(length, 2);
    EQUAL(isc_list_licenses(client, text, sizeof text, &length), ISC_OK);
    EQUAL(strcmp(text, "[]"), 0);
    EQUAL(isc_is_licensed(client, NULL), 0);
    EQUAL(isc_heartbeat(client, "PL-1"), ISC_ERR_UNSUPPORTED); /* whoever has no keys */
    EQUAL(isc_activate(client, "PL-1"), ISC_ERR_UNSUPPORTED);
    EQUAL(isc_shutdown(client, ISC_TIMEOUT_DEFAULT), ISC_OK);
    of_size(sizeof(isc_license_info));
    isc_release(client);
    return 0;
}
