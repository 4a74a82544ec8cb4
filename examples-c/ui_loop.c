/* Events in a program with windows:  ui_loop [iscdesk.json]
 *
 * With delivery = poll the library never calls the program on a thread of its own. It posts a message when there is an event
 * (isc_set_wakeup), and the program's loop fetches it (isc_poll_events), so that the callback may touch every window.
 *
 * The loop here draws a picture every 16 ms and measures itself: it fails if one takes longer than 50 ms, even though the
 * marketplace may never answer. Calls that ask the marketplace (isc_activate, isc_heartbeat, isc_query) do wait for it: they
 * belong on a thread of their own, or one uses isc_request_license_string, as here. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <poll.h>
#include <time.h>
#include <unistd.h>
#endif

enum { FRAME_MS = 16, LONGEST_MS = 50, CLICK_AT_FRAME = 5, FRAMES_AFTER = 20, PATIENCE_MS = 60000 };

/* ---- the window system: a clock, and a queue that other threads may post to ------------------------------------------ */

#ifdef _WIN32
static HANDLE queue;

static int open_queue(void) { return (queue = CreateEventA(NULL, FALSE, FALSE, NULL)) != NULL; }
static void post_message(void) { SetEvent(queue); }
static int wait_message(int ms) { return WaitForSingleObject(queue, (DWORD)ms) == WAIT_OBJECT_0; }

static double now_ms(void) {
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1000.0 / (double)frequency.QuadPart;
}
#else
static int queue[2];

static int open_queue(void) { return pipe(queue) == 0; }

static void post_message(void) {
    /* One byte at a time, and the loop reads it: the pipe is never full. */
    ssize_t written = write(queue[1], "!", 1);
    (void)written;
}

static int wait_message(int ms) {
    char byte;
    struct pollfd readable;
    readable.fd = queue[0];
    readable.events = POLLIN;
    readable.revents = 0;
    return poll(&readable, 1, ms) == 1 && read(queue[0], &byte, 1) == 1;
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1000.0 + (double)time.tv_nsec / 1e6;
}
#endif

/* ---- the program --------------------------------------------------------------------------------------------------- */

typedef struct app {
    isc_client *client;
    int frame;
    int answered_at; /* frame of the answer, 0 = none yet */
} app;

/* On any thread: it may only post. */
static void on_wakeup(void *user_data) {
    (void)user_data;
    post_message();
}

/* Inside isc_poll_events, so on the thread of the windows. */
static void on_event(isc_event_type type, const char *message, void *user_data) {
    app *a = (app *)user_data;
    printf("frame %d: event %d: %s\n", a->frame, (int)type, message);
    if (type == ISC_EVENT_LICENSE_VERIFY)
        a->answered_at = a->frame;
}

static void draw(app *a) {
    isc_license_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    isc_get_license_info(a->client, NULL, &info); /* for the status bar; asks nobody */
    isc_is_licensed(a->client, NULL);
}

static void handle_input(app *a) {
    if (a->frame == CLICK_AT_FRAME) {
        printf("frame %d: the user clicks on \"check my licence\"\n", a->frame);
        isc_request_license_string(a->client, NULL); /* returns at once; an event answers */
    }
}

/* Runs until the answer is there and a few frames more. Returns the longest frame in milliseconds. */
static double run_loop(app *a) {
    double begin = now_ms(), longest = 0;
    for (a->frame = 1; now_ms() - begin < PATIENCE_MS; a->frame++) {
        int posted = wait_message(FRAME_MS); /* the loop sleeps here, which is no stall */
        double start = now_ms(), took;
        if (posted)
            isc_poll_events(a->client, 0, NULL);
        handle_input(a);
        draw(a);
        took = now_ms() - start;
        if (took > longest)
            longest = took;
        if (a->answered_at != 0 && a->frame > a->answered_at + FRAMES_AFTER)
            break;
    }
    return longest;
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
    double longest, begin;
    app a;

    memset(&a, 0, sizeof a);
    if (!open_queue())
        return 2;
    if (isc_options_load(argc > 1 ? argv[1] : NULL, &options) != ISC_OK)
        return fail("options");
    isc_options_set_string(options, ISC_OPT_DELIVERY, "poll");
    status = isc_init(options, &a.client);
    isc_options_free(options);
    if (status != ISC_OK)
        return fail("isc_init");
    if (isc_set_wakeup(a.client, on_wakeup, NULL) != ISC_OK)
        return fail("isc_set_wakeup");
    if (isc_register_event_callback(a.client, on_event, &a, NULL) != ISC_OK)
        return fail("isc_register_event_callback");

    longest = run_loop(&a);
    begin = now_ms();
    status = isc_shutdown(a.client, ISC_TIMEOUT_DEFAULT);
    printf("%d frames, the longest took %.1f ms; shutdown took %.1f ms\n", a.frame, longest, now_ms() - begin);
    isc_release(a.client);
    return a.answered_at != 0 && longest <= LONGEST_MS && status == ISC_OK ? 0 : 1;
}
