/* A plug-in that uses the library and shuts it down as its own last act: in DllMain, or in a destructor.
 * It tells how that went in a file, since a process that ends has no better place. */
#include "life.h"

#ifdef _WIN32
#define SHOWN __declspec(dllexport)
#else
#define SHOWN __attribute__((visibility("default")))
#endif

static isc_client *client;
static char report[4096];

SHOWN isc_client *begin(const char *folder, const char *endpoint) {
    isc_options *o = quiet_options(folder);
    snprintf(report, sizeof report, "%s/report", folder);
    EQUAL(isc_options_set_string(o, ISC_OPT_ENDPOINT, endpoint), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_BEARER_TOKEN, "token"), ISC_OK);
    EQUAL(isc_init(o, &client), ISC_OK);
    isc_options_free(o);
    return client;
}

static void end(void) {
    long long begin = now_ms();
    isc_status answer = isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    FILE *file = fopen(report, "w");
    fprintf(file, "answer %d, %s", (int)answer, now_ms() - begin < 2000 ? "soon" : "late");
    fclose(file);
}

#ifdef _WIN32
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, void *reserved) {
    (void)module, (void)reserved;
    if (reason == DLL_PROCESS_DETACH && client != NULL)
        end();
    return 1;
}
#else
__attribute__((destructor)) static void last(void) {
    if (client != NULL)
        end();
}
#endif
