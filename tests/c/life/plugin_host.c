/* A program with a plug-in, ended while a request of the plug-in's client is in flight and other threads use it.
 * argv[1]: the library; argv[2]: a folder; argv[3]: the plug-in; argv[4]: "unload" it first, or "exit". */
#include "life.h"

static const char *path;
static isc_client *client;
static int asked;

/* Threads of the program hold the library for themselves while they are in it. */
THREAD(ask) {
    void *library = load(path);
    (void)argument;
    CALL(library, isc_activate)(client, "PL-1");
    unload(library);
    raise_flag(&asked);
    return 0;
}

/* Holds each lock as often as it can, so that one is held when the process ends. */
THREAD(crowd) {
    void *library = load(path);
    char text[256];
    (void)argument;
    for (;;)
        CALL(library, isc_list_licenses)(client, text, sizeof text, NULL);
    return 0;
}

int main(int count, char **arguments) {
    EQUAL(count, 5);
    path = arguments[1];
    void *plugin = load(arguments[3]);
    TRUE(plugin != NULL);
    isc_client *(*begin)(const char *, const char *);
    *(void **)&begin = symbol(plugin, "begin");
    client = begin(arguments[2], start_mute_server());
    TRUE(is_loaded(path));
    start_thread(ask);
    await_request();
    if (strcmp(arguments[4], "exit") == 0) {
        start_thread(crowd);
        start_thread(crowd);
        sleep_ms(20);
        return 0;
    }
    unload(plugin);
    await_flag(&asked);
    while (is_loaded(path))
        sleep_ms(1);
    return 0;
}
