/* The shortest program with a licence:  quickstart [iscdesk.json]
 * Without an argument it reads iscdesk.json beside the program: vendor, product, version, keys. */
#include <iscdesk.h>
#include <stdio.h>

int main(int argc, char **argv) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    char text[512], code[65];
    int licensed;

    /* isc_init asks nobody: it loads what is known from earlier runs and starts the daily check in the background. */
    if (isc_options_load(argc > 1 ? argv[1] : NULL, &options) != ISC_OK || isc_init(options, &client) != ISC_OK) {
        isc_last_error_message(text, sizeof text, NULL);
        fprintf(stderr, "cannot start: %s\n", text);
        return 2;
    }
    isc_options_free(options);

    if (!isc_is_licensed(client, NULL)) {
        printf("Your authorization code: ");
        if (scanf("%64s", code) == 1 && isc_activate(client, code) < 0) { /* negative = failure */
            isc_last_error_message(text, sizeof text, NULL);
            fprintf(stderr, "%s\n", text);
        }
    }

    licensed = isc_is_licensed(client, NULL); /* some nanoseconds: ask wherever it matters */
    puts(licensed ? "licensed" : "not licensed");

    isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    return licensed ? 0 : 1;
}
