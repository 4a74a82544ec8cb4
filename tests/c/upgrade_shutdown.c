/* upgrade_shutdown iscdesk.json: accepts an upgrade and shuts down while it is being fetched. */
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct {
    isc_client *client;
    int begun;
} state;

static void on_event(isc_event_type type, const char *message, void *user_data) {
    state *s = (state *)user_data;
    if (type == ISC_EVENT_UPDATE)
        isc_upgrade_notify(s->client, 1);
    /* Not the first event, which tells what was there before. */
    if (type == ISC_EVENT_UPGRADE_PROGRESS && strstr(message, "\"Stage\":\"downloading\"") != NULL)
        s->begun = strstr(message, "\"Downloaded\":0,") == NULL;
}

int main(int argc, char **argv) {
    state s = {NULL, 0};
    isc_options *options = NULL;
    struct timespec begin, end;
    isc_status status;

    if (argc < 2 || isc_options_load(argv[1], &options) != ISC_OK)
        return 2;
    isc_options_set_string(options, ISC_OPT_DELIVERY, "poll");
    status = isc_init(options, &s.client);
    isc_options_free(options);
    if (status != ISC_OK || isc_register_event_callback(s.client, on_event, &s, NULL) != ISC_OK)
        return 3;
    status = isc_check_new_versions(s.client);
    while (status == ISC_OK && !s.begun)
        status = isc_poll_events(s.client, 1000, NULL);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    status = isc_shutdown(s.client, ISC_TIMEOUT_DEFAULT);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("shutdown %d after %ld ms\n", (int)status,
           (long)(end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
    isc_release(s.client);
    return status == ISC_OK ? 0 : 1;
}
