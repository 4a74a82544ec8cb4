/* What a vendor's program does with the library, without a marketplace:  app FOLDER
 * Begins, asks, is refused for a reason, ends. Prints what a test compares; 0 if all went as it should. */
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>

static int fails(const char *what) {
    char why[512];
    isc_last_error_message(why, sizeof why, NULL);
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    char json[512];

    if (argc != 2)
        return 2;
    if (strcmp(isc_version(), ISC_VERSION) != 0 || isc_abi_version() != ISC_ABI_VERSION) {
        fprintf(stderr, "header %s, library %s\n", ISC_VERSION, isc_version());
        return 1;
    }
    if (isc_options_new(&options) != ISC_OK || isc_options_set_string(options, ISC_OPT_VENDOR, "Example Ltd") != ISC_OK ||
        isc_options_set_string(options, ISC_OPT_PRODUCT, "Example CAD") != ISC_OK ||
        isc_options_set_string(options, ISC_OPT_VERSION, "1.0") != ISC_OK ||
        isc_options_set_string(options, ISC_OPT_DATA_DIR, argv[1]) != ISC_OK)
        return fails("options");
    if (isc_init(options, &client) != ISC_OK)
        return fails("isc_init");
    isc_options_free(options);
    if (isc_is_licensed(client, NULL) != 0)
        return fails("licensed by nobody");
    /* Neither keys nor a token: there is no marketplace to ask. */
    if (isc_activate(client, "PL-0123456789") != ISC_ERR_UNSUPPORTED)
        return fails("isc_activate");
    isc_last_error_json(json, sizeof json, NULL);
    if (strstr(json, "\"status\":-7") == NULL)
        return fails(json);
    if (isc_shutdown(client, ISC_TIMEOUT_DEFAULT) != ISC_OK)
        return fails("isc_shutdown");
    isc_release(client);
    printf("iscdesk %s: not licensed\n", isc_version());
    return 0;
}
