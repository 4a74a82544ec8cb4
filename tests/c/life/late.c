/* Threads that have not begun when a plug-in shuts its client down as its last act, under the loader's lock. On Windows the
 * plug-in makes the client there as well, so that no thread can begin; elsewhere right before, so that some have not.
 * With PLUGIN: that plug-in. Else its program: argv[1] the library, argv[2] a folder for the state, argv[3] the plug-in. */
#include "life.h"

#ifdef PLUGIN

static char folder[2048];
static isc_client *client;
static int called, retired;

static void on_event(isc_event_type type, const char *message, void *user_data) {
    (void)type, (void)message, (void)user_data;
    called++;
}

static void on_retire(void *user_data) {
    (void)user_data;
    retired++;
}

static void make_client(void) {
    client = quiet_client(folder);
    EQUAL(isc_register_event_callback(client, on_event, NULL, on_retire), ISC_OK);
    EQUAL(isc_request_license_string(client, NULL), ISC_OK);
}

static void last(void) {
    char report[4096];
    long long begin = now_ms();
    isc_status answer = isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    snprintf(report, sizeof report, "%s/report", folder);
    FILE *file = fopen(report, "w");
    fprintf(file, "answer %d, %s, retired %d", (int)answer, now_ms() - begin < 2000 ? "soon" : "late", retired);
    fclose(file);
}

#ifdef _WIN32

__declspec(dllexport) void begin(const char *path) { snprintf(folder, sizeof folder, "%s", path); }

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) {
    (void)module, (void)reserved;
    if (reason == DLL_PROCESS_DETACH && folder[0] != 0) {
        make_client();
        last();
    }
    return 1;
}

#else

void begin(const char *path) {
    snprintf(folder, sizeof folder, "%s", path);
    make_client();
}

__attribute__((destructor)) static void end(void) { last(); }

#endif

#else

int main(int count, char **arguments) {
    EQUAL(count, 4);
    void *plugin = load(arguments[3]);
    TRUE(plugin != NULL);
    TRUE(is_loaded(arguments[1]));
    void (*begin)(const char *);
    *(void **)&begin = symbol(plugin, "begin");
    begin(arguments[2]);
    unload(plugin);
#ifdef _WIN32
    /* Its threads, which begin now and find nothing to do, take it along. */
    while (is_loaded(arguments[1]))
        sleep_ms(1);
#endif
    return 0;
}

#endif
