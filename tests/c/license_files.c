/* Takes up licence files, one after the other, and tells each answer. Arguments: a folder for the state, the vendor's public
 * key, and a file with one absolute path a line. Prints "answer <LicenseVerify message>" for each, then "held <codes>".
 * Without arguments: "fingerprint <that of this machine>". */
#include "check.h"

enum { PATIENCE_MS = 60000 };

static int answered;

static void on_event(isc_event_type type, const char *message, void *user_data) {
    (void)user_data;
    if (type != ISC_EVENT_LICENSE_VERIFY)
        return;
    printf("answer %s\n", message);
    answered = 1;
}

static void take_up(isc_client *client, const char *path) {
    answered = 0;
    EQUAL(isc_request_license_file(client, path, NULL), ISC_OK);
    while (!answered) {
        uint32_t delivered = 0;
        EQUAL(isc_poll_events(client, PATIENCE_MS, &delivered), ISC_OK);
        TRUE(delivered > 0);
    }
}

static void take_up_all(isc_client *client, const char *list) {
    char path[4096];
    FILE *file = fopen(list, "r");
    TRUE(file != NULL);
    while (fgets(path, sizeof path, file) != NULL) {
        path[strcspn(path, "\n")] = 0;
        take_up(client, path);
    }
    fclose(file);
}

static int tell_fingerprint(void) {
    char fingerprint[4096];
    EQUAL(isc_device_fingerprint(fingerprint, sizeof fingerprint, NULL), ISC_OK);
    printf("fingerprint %s\n", fingerprint);
    return 0;
}

int main(int count, char **arguments) {
    isc_options *options;
    isc_client *client = NULL;
    char codes[4096];
    if (count == 1)
        return tell_fingerprint();
    EQUAL(count, 4);
    options = quiet_options(arguments[1]);
    EQUAL(isc_options_set_string(options, ISC_OPT_LICENSE_PUBLIC_KEY, arguments[2]), ISC_OK);
    EQUAL(isc_options_set_string(options, ISC_OPT_DELIVERY, "poll"), ISC_OK);
    EQUAL(isc_init(options, &client), ISC_OK);
    isc_options_free(options);
    EQUAL(isc_register_event_callback(client, on_event, NULL, NULL), ISC_OK);
    take_up_all(client, arguments[3]);
    EQUAL(isc_list_licenses(client, codes, sizeof codes, NULL), ISC_OK);
    /* What is held is licensed, and nothing else is. */
    EQUAL(isc_is_licensed(client, NULL), strcmp(codes, "[]") != 0);
    printf("held %s\n", codes);
    EQUAL(isc_shutdown(client, ISC_TIMEOUT_DEFAULT), ISC_OK);
    isc_release(client);
    return 0;
}
