/* The process ends while a request is in flight and nobody has shut down. None of its ways out hangs or crashes.
 * argv[1]: a folder for the state; argv[2]: the way. */
#include "life.h"

static const char *way;
static isc_client *client;
static int leaving;

static int way_is(const char *name) { return strcmp(way, name) == 0; }

static void say(const char *what) {
    printf("%s\n", what);
    fflush(stdout);
}

static void leave(void) {
    if (__atomic_exchange_n(&leaving, 1, __ATOMIC_SEQ_CST))
        return;
    say("leaves");
    if (strstr(way, "quickly"))
        _exit(0);
#ifdef _WIN32
    if (strstr(way, "at once"))
        ExitProcess(0);
#endif
    exit(0);
}

static void shut_down(void) {
    long long begin = now_ms();
    isc_status answer = isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    TRUE(answer == (strstr(way, "callback") ? ISC_OK_DEFERRED : ISC_OK));
    isc_release(client);
    TRUE(now_ms() - begin < 2000);
    say("shut down");
}

__attribute__((destructor)) static void last(void) {
    if (way != NULL && strstr(way, "destructor"))
        shut_down();
}

static void on_event(isc_event_type type, const char *message, void *user_data) {
    (void)type, (void)message, (void)user_data;
    if (strstr(way, "callback"))
        leave();
}

static void on_log(int32_t level, const char *message, void *user_data) {
    (void)level, (void)message, (void)user_data;
    if (strstr(way, "log"))
        leave();
}

THREAD(ask) {
    (void)argument;
    isc_activate(client, "PL-1");
    return 0;
}

static void begin(const char *folder) {
    isc_options *o = quiet_options(folder);
    EQUAL(isc_options_set_string(o, ISC_OPT_ENDPOINT, start_mute_server()), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_BEARER_TOKEN, "token"), ISC_OK);
    EQUAL(isc_options_set_log(o, on_log, ISC_LOG_TRACE, NULL), ISC_OK);
    EQUAL(isc_init(o, &client), ISC_OK);
    isc_options_free(o);
    EQUAL(isc_register_event_callback(client, on_event, NULL, NULL), ISC_OK);
    start_thread(ask);
    await_request();
}

int main(int count, char **arguments) {
    EQUAL(count, 3);
    way = arguments[2];
    begin(arguments[1]);
    if (strstr(way, "atexit"))
        EQUAL(atexit(shut_down), 0);
    if (strstr(way, "callback")) {
        EQUAL(isc_request_license_string(client, NULL), ISC_OK);
        for (;;)
            sleep_ms(1000);
    }
    if (strstr(way, "log")) {
        /* There is none, which is logged by the thread that looks. */
        EQUAL(isc_request_license_file(client, "none.lic", NULL), ISC_OK);
        for (;;)
            sleep_ms(1000);
    }
    if (way_is("return")) {
        say("leaves");
        return 0;
    }
    leave();
    return 1;
}
