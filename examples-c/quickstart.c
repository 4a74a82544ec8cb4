/* The shortest program with a licence:  quickstart [iscdesk.json]
 * Without an argument it reads iscdesk.json beside the program: vendor, product, version, keys. */
#include <iscdesk.h>
#include <stdio.h>

static isc_status told(isc_status status) { /* negative = failure: says why */
    char why[512];
    isc_last_error_message(why, sizeof why, NULL);
    if (status < 0) fprintf(stderr, "%s\n", why);
    return status;
}

int main(int argc, char **argv) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    char code[65];
    int licensed;

    /* isc_init asks nobody: it loads what is known from earlier runs and starts the daily check in the background. */
    if (told(isc_options_load(argc > 1 ? argv[1] : NULL, &options)) < 0 || told(isc_init(options, &client)) < 0) return 2;
    isc_options_free(options);

    if (!isc_is_licensed(client, NULL)) {
        isc_status why = told(isc_heartbeat(client, NULL)); /* asks once more; a code helps if none holds, not if offline */
        if (why <= ISC_ERR_NOT_ACTIVATED && why >= ISC_ERR_RELEASED) {
            printf("Your authorization code: ");
            if (scanf("%64s", code) == 1) told(isc_activate(client, code));
        }
    }
    licensed = isc_is_licensed(client, NULL); /* some nanoseconds: ask wherever it matters */
    puts(licensed ? "licensed" : "not licensed");

    isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    return licensed ? 0 : 1;
}
