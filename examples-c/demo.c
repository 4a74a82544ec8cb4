/* The program of `cargo demo`: a product as small as it can be. What it prints is what its user would see.
 *
 *     demo iscdesk.json activate CODE   the user types a code
 *     demo iscdesk.json start           the program starts, and waits for today's check to be done
 *     demo iscdesk.json ask             the user clicks on "check now"
 *
 * Ends with 0 if it is licensed, with 1 if it is not, with 2 if it cannot run. */
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>

static void on_event(isc_event_type type, const char *message, void *user_data) {
    (void)type;
    (void)user_data;
    printf("event: %s\n", message);
}

static void say_last_error(void) {
    char text[512];
    isc_last_error_message(text, sizeof text, NULL);
    printf("because: %s\n", text);
}

static isc_client *start(const char *config) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    if (isc_options_load(config, &options) != ISC_OK)
        say_last_error();
    else {
        isc_options_set_string(options, ISC_OPT_DELIVERY, "poll"); /* events come where isc_poll_events is called */
        if (isc_init(options, &client) != ISC_OK || isc_register_event_callback(client, on_event, NULL, NULL) != ISC_OK)
            say_last_error();
    }
    isc_options_free(options);
    return client;
}

/* Runs what the user wants; the answer is the library's. */
static isc_status run(isc_client *client, const char *command, const char *code) {
    if (strcmp(command, "activate") == 0)
        return isc_activate(client, code);
    if (strcmp(command, "ask") == 0)
        return isc_query(client, NULL);
    /* The check runs in the background from isc_init on; this waits for it, or makes it. */
    return isc_heartbeat(client, NULL);
}

static void say(isc_status status) {
    if (status == ISC_OK_CACHED)
        printf("the marketplace cannot be reached; the last check still counts\n");
    else if (status < 0)
        say_last_error();
}

int main(int argc, char **argv) {
    isc_client *client;
    int licensed;

    if (argc < 3 || (strcmp(argv[2], "activate") == 0 && argc < 4))
        return 2;
    client = start(argv[1]);
    if (client == NULL)
        return 2;
    printf("right after isc_init: %s\n", isc_is_licensed(client, NULL) ? "licensed" : "not licensed");
    say(run(client, argv[2], argc > 3 ? argv[3] : NULL));
    isc_poll_events(client, 0, NULL);
    licensed = isc_is_licensed(client, NULL);
    printf("now: %s\n", licensed ? "licensed" : "not licensed");
    isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    return licensed ? 0 : 1;
}
