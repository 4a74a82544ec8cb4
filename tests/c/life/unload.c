/* Unloaded at the worst moment, without a shutdown: nothing crashes, and what still runs keeps the library.
 * argv[1]: the library; argv[2]: a folder for the state; argv[3]: the moment. */
#include "life.h"

static const char *path, *moment, *endpoint;
static void *library;
static isc_client *client;
static isc_status answer;
static int answered, called, retired;

static int moment_is(const char *name) { return strcmp(moment, name) == 0; }

static void on_event(isc_event_type type, const char *message, void *user_data) {
    (void)type, (void)message, (void)user_data;
    if (moment_is("in callback, released"))
        CALL(library, isc_release)(client);
    if (!moment_is("in flight"))
        unload(library);
    raise_flag(&called);
}

static void on_retire(void *user_data) {
    (void)user_data;
    raise_flag(&retired);
}

static isc_client *make_client(const char *folder) {
    isc_options *o = NULL;
    isc_client *c = NULL;
    EQUAL(CALL(library, isc_options_new)(&o), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_VENDOR, "Example"), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_PRODUCT, "Test"), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_VERSION, "1.0.0"), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_DATA_DIR, folder), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_ENDPOINT, endpoint), ISC_OK);
    EQUAL(CALL(library, isc_options_set_string)(o, ISC_OPT_BEARER_TOKEN, "token"), ISC_OK);
    EQUAL(CALL(library, isc_options_set_int)(o, ISC_OPT_CALL_TIMEOUT_MS, 500), ISC_OK);
    EQUAL(CALL(library, isc_init)(o, &c), ISC_OK);
    CALL(library, isc_options_free)(o);
    return c;
}

THREAD(ask) {
    (void)argument;
    answer = CALL(library, isc_activate)(client, "PL-1");
    raise_flag(&answered);
    return 0;
}

/* As good as new, and gone once a client was shut down in it. */
static void use_again(const char *folder) {
    library = load(path);
    TRUE(library != NULL);
    client = make_client(folder);
    EQUAL(CALL(library, isc_shutdown)(client, ISC_TIMEOUT_DEFAULT), ISC_OK);
    CALL(library, isc_release)(client);
    unload(library);
}

int main(int count, char **arguments) {
    EQUAL(count, 4);
    path = arguments[1];
    moment = arguments[3];
    endpoint = start_mute_server();
    library = load(path);
    TRUE(library != NULL);
    client = make_client(arguments[2]);
    EQUAL(CALL(library, isc_register_event_callback)(client, on_event, NULL, on_retire), ISC_OK);
    if (moment_is("in flight")) {
        start_thread(ask);
        await_request();
        unload(library);
        /* The call comes back into the program. */
        await_flag(&answered);
        EQUAL(answer, ISC_ERR_TIMEOUT);
        TRUE(is_loaded(path));
        return 0;
    }
    EQUAL(CALL(library, isc_request_license_string)(client, NULL), ISC_OK);
    await_flag(&called);
    if (moment_is("in callback")) {
        TRUE(is_loaded(path));
        library = load(path);
        EQUAL(CALL(library, isc_shutdown)(client, ISC_TIMEOUT_DEFAULT), ISC_OK);
        CALL(library, isc_release)(client);
        unload(library);
    }
    await_flag(&retired);
#ifdef _WIN32
    /* Its last thread takes it along. */
    while (is_loaded(path))
        sleep_ms(1);
#endif
    /* Elsewhere a thread cannot unload the code it runs: who comes next does. */
    do
        use_again(arguments[2]);
    while (is_loaded(path));
    return 0;
}
