/* Ending the client inside its own event callback, which other SDKs forbid:  shutdown_in_callback [iscdesk.json]
 *
 * Inside a callback isc_shutdown answers ISC_OK_DEFERRED at once: no further event is delivered, and everything ends when
 * the callback has returned. A later call from another thread waits for that and answers ISC_OK. Nothing hangs, nothing is
 * called after its end, and user_data is freed exactly once. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

enum { PATIENCE_MS = 10000, STEP_MS = 10 };

typedef struct app {
    isc_client *client;
    int calls;
    int freed;
    isc_status answer;
} app;

static void sleep_ms(int ms) {
#ifdef _WIN32
    Sleep((DWORD)ms);
#else
    struct timespec time;
    time.tv_sec = 0;
    time.tv_nsec = ms * 1000000L;
    nanosleep(&time, NULL);
#endif
}

static void on_event(isc_event_type type, const char *message, void *user_data) {
    app *a = (app *)user_data;
    a->calls++;
    printf("event %d arrived: %s\n", (int)type, message);
    a->answer = isc_shutdown(a->client, ISC_TIMEOUT_DEFAULT);
    printf("isc_shutdown inside the callback answers %d: %s\n", (int)a->answer, isc_status_message(a->answer));
}

/* Where a program would free() what it handed over. */
static void on_free(void *user_data) {
    ((app *)user_data)->freed++;
}

static int fail(const char *what) {
    char text[512];
    isc_last_error_message(text, sizeof text, NULL);
    printf("%s: %s\n", what, text);
    return 2;
}

int main(int argc, char **argv) {
    isc_options *options = NULL;
    isc_status status;
    int waited;
    app a;

    memset(&a, 0, sizeof a);
    if (isc_options_load(argc > 1 ? argv[1] : NULL, &options) != ISC_OK)
        return fail("options");
    isc_options_set_string(options, ISC_OPT_DELIVERY, "thread"); /* the default: events come on a thread of the library */
    status = isc_init(options, &a.client);
    isc_options_free(options);
    if (status != ISC_OK)
        return fail("isc_init");
    if (isc_register_event_callback(a.client, on_event, &a, on_free) != ISC_OK)
        return fail("isc_register_event_callback");

    /* Answered by an event, whether there is a licence or not. */
    if (isc_request_license_string(a.client, NULL) != ISC_OK)
        return fail("isc_request_license_string");

    /* Once the shutdown has begun, calls answer ISC_ERR_CLOSED. A real program would go on with its own work here. */
    for (waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        if (isc_list_licenses(a.client, NULL, 0, NULL) == ISC_ERR_CLOSED)
            break;
        sleep_ms(STEP_MS);
    }

    /* From an ordinary thread: ISC_OK says that no callback will ever come, so `a` may go. */
    status = isc_shutdown(a.client, ISC_TIMEOUT_DEFAULT);
    printf("isc_shutdown afterwards answers %d: %s\n", (int)status, isc_status_message(status));
    isc_release(a.client);
    printf("callback called %d time(s), user_data freed %d time(s)\n", a.calls, a.freed);
    return status == ISC_OK && a.answer == ISC_OK_DEFERRED && a.calls == 1 && a.freed == 1 ? 0 : 1;
}
