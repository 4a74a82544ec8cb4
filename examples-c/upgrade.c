/* A program that upgrades itself:  upgrade iscdesk.json [yes | no | wait]
 * Looks for a new version, accepts it ("yes", the default) or declines it ("no"), shows the download, and ends once the
 * new version is staged. It is installed then, after the end of the program; the next start is told how that went.
 * With "wait" it accepts and goes on running, as programs do, until it is closed. */
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>

#ifndef PROGRAM_VERSION
#define PROGRAM_VERSION "1.0.0"
#endif

typedef struct {
    isc_client *client;
    int wanted;   /* the user's answer */
    int waits;    /* goes on running */
    int finished; /* nothing more will come */
    int failed;
} program;

/* Enough for this example. A real program uses a JSON parser. */
static int says(const char *message, const char *member) { return strstr(message, member) != NULL; }

static void answer(program *p, const char *message) {
    int forced = says(message, "\"fromForceWin\":\"true\"");
    isc_status status;
    if (forced)
        return; /* nobody is asked: the download has begun */
    status = isc_upgrade_notify(p->client, p->wanted); /* a program asks its user first, and may answer much later */
    if (status < 0 || !p->wanted)
        p->finished = 1;
    p->failed = status < 0;
}

static void on_event(isc_event_type type, const char *message, void *user_data) {
    program *p = (program *)user_data;
    printf("event: %s\n", message);
    fflush(stdout);
    switch (type) {
    case ISC_EVENT_UPGRADE_NOTICE:
        p->finished = !says(message, "\"available\":\"true\"");
        p->failed = says(message, "\"ErrorCode\"");
        break;
    case ISC_EVENT_UPDATE:
        answer(p, message);
        break;
    case ISC_EVENT_UPGRADE_PROGRESS:
        if (p->finished)
            break; /* declined: what an earlier run had begun to fetch may still tell of itself */
        p->failed = says(message, "\"Stage\":\"failed\"") || says(message, "\"Stage\":\"needs_admin\"");
        /* "installed" and "install_failed" tell of the last run; the answer to this run's question is still to come. */
        p->finished = p->failed || says(message, "\"Stage\":\"staged\"");
        break;
    default:
        break;
    }
}

static int run(const char *config, program *p) {
    isc_options *options = NULL;
    isc_status status = isc_options_load(config, &options);
    if (status == ISC_OK)
        status = isc_options_set_string(options, ISC_OPT_VERSION, PROGRAM_VERSION);
    if (status == ISC_OK)
        status = isc_options_set_string(options, ISC_OPT_DELIVERY, "poll"); /* events come where isc_poll_events is */
    if (status == ISC_OK)
        status = isc_init(options, &p->client);
    isc_options_free(options);
    if (status == ISC_OK)
        status = isc_register_event_callback(p->client, on_event, p, NULL);
    if (status == ISC_OK)
        status = isc_check_new_versions(p->client); /* returns at once; the answer is an event */
    while (status == ISC_OK && (p->waits || !p->finished))
        status = isc_poll_events(p->client, 1000, NULL);
    return status == ISC_OK && !p->failed;
}

int main(int argc, char **argv) {
    program p = {NULL, 1, 0, 0, 0};
    char text[512];
    int good;

    printf("this is version %s\n", PROGRAM_VERSION);
    if (argc > 2 && strcmp(argv[2], "no") == 0)
        p.wanted = 0;
    p.waits = argc > 2 && strcmp(argv[2], "wait") == 0;
    good = run(argc > 1 ? argv[1] : NULL, &p);
    if (!good && isc_last_error_message(text, sizeof text, NULL) == ISC_OK && text[0] != '\0')
        printf("failed: %s\n", text); /* what fails in the background is told by its event instead */
    isc_shutdown(p.client, ISC_TIMEOUT_DEFAULT);
    isc_release(p.client);
    return good ? 0 : 1;
}
