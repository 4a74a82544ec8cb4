/* Loaded, used from several threads, unloaded: truly gone while those threads still live, and as good as new when loaded
 * again. argv[1]: the library; argv[2]: a folder for the state; argv[3]: "client" to make one, "plain" not to. */
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void *library;
static pthread_barrier_t barrier;
static int with_client;
static char report[4096];

static void *function(const char *name) {
    void *address = dlsym(library, name);
    TRUE(address != NULL);
    return address;
}

/* ISO C has no cast from object to function pointers; POSIX gives them the same shape. */
#define CALL(name) (*(__typeof__(&name) *)&(void *){function(#name)})

static int is_mapped(void) {
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    TRUE(maps != NULL);
    while (fgets(line, sizeof line, maps))
        found |= strstr(line, "libiscdesk") != NULL;
    fclose(maps);
    return found;
}

static void use(isc_client *c) {
    char text[8192];
    isc_options *o = NULL;
    EQUAL(CALL(isc_options_new)(&o), ISC_OK);
    EQUAL(CALL(isc_options_set_int)(o, 4711, 1), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(CALL(isc_last_error_json)(text, sizeof text, NULL), ISC_OK);
    EQUAL(CALL(isc_device_fingerprint)(text, sizeof text, NULL), ISC_OK);
    EQUAL(CALL(isc_install_report)(report, 42, "\xe6\x8e\x88"), ISC_OK);
    EQUAL(CALL(isc_options_load)("/nowhere/at/all.json", &(isc_options *){NULL}), ISC_ERR_CONFIG);
    CALL(isc_options_free)(o);
    if (c == NULL)
        return;
    isc_license_info info = {.struct_size = sizeof info};
    const char *const codes[] = {"PL-1", "PL-2"};
    CALL(isc_is_licensed)(c, NULL);
    CALL(isc_is_licensed)(c, "PL-1");
    CALL(isc_has_feature)(c, "feature");
    CALL(isc_client_set_string)(c, ISC_OPT_ACCOUNT_ID, "user");
    CALL(isc_heartbeat)(c, NULL);
    EQUAL(CALL(isc_activate)(c, "PL-1"), ISC_ERR_NETWORK);
    EQUAL(CALL(isc_activate_many)(c, codes, 2), ISC_ERR_NETWORK);
    EQUAL(CALL(isc_query)(c, "PL-1"), ISC_ERR_NETWORK);
    EQUAL(CALL(isc_report_usage)(c, "PL-1", NULL, 1), ISC_ERR_NETWORK);
    CALL(isc_forget)(c, NULL);
    CALL(isc_get_license_info)(c, NULL, &info);
    CALL(isc_get_license_json)(c, NULL, text, sizeof text, NULL);
    EQUAL(CALL(isc_list_licenses)(c, text, sizeof text, NULL), ISC_OK);
    EQUAL(CALL(isc_request_license_string)(c, NULL), ISC_OK);
    EQUAL(CALL(isc_notify_license_verified)(c, 1, NULL), ISC_OK);
    EQUAL(CALL(isc_check_new_versions)(c), ISC_OK);
    EQUAL(CALL(isc_upgrade_notify)(c, 1), ISC_ERR_INVALID_STATE);
    EQUAL(CALL(isc_poll_events)(c, 10, NULL), ISC_ERR_UNSUPPORTED);
    EQUAL(CALL(isc_last_error_message)(text, sizeof text, NULL), ISC_OK);
}

/* Uses it, then stays until after it was unloaded. */
static void *use_and_stay(void *client) {
    use(client);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void event(isc_event_type type, const char *message, void *user_data) {
    (void)type, (void)message, (void)user_data;
}

static void heard(int32_t level, const char *message, void *user_data) {
    TRUE(level >= ISC_LOG_ERROR && level <= ISC_LOG_TRACE && message != NULL && user_data == NULL);
}

static void count(void *counter) { ++*(int *)counter; }

static isc_client *make_client(const char *folder, int *freed) {
    isc_options *o = NULL;
    isc_client *c = NULL;
    EQUAL(CALL(isc_options_new)(&o), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_VENDOR, "Example"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_PRODUCT, "Test"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_VERSION, "1.0.0"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_DATA_DIR, folder), ISC_OK);
    /* A port that nobody listens on: each call goes all the way and is refused. */
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_ENDPOINT, "http://127.0.0.1:1"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_ACCESS_KEY, "AK"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_SECRET_KEY, "SK"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_UPGRADE_FEED, "http://127.0.0.1:1/feed.json"), ISC_OK);
    EQUAL(CALL(isc_options_set_string)(o, ISC_OPT_UPGRADE_PUBLIC_KEY,
                                       "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"),
          ISC_OK);
    EQUAL(CALL(isc_options_set_log)(o, heard, ISC_LOG_TRACE, NULL), ISC_OK);
    EQUAL(CALL(isc_init)(o, &c), ISC_OK);
    EQUAL(CALL(isc_register_event_callback)(c, event, freed, count), ISC_OK);
    CALL(isc_options_free)(o);
    return c;
}

static void once(const char *path, const char *folder) {
    pthread_t threads[3];
    isc_client *c = NULL;
    int freed = 0;
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    TRUE(library != NULL);
    TRUE(is_mapped());
    if (with_client)
        c = make_client(folder, &freed);
    use(c);
    for (int i = 0; i < 3; i++)
        EQUAL(pthread_create(&threads[i], NULL, use_and_stay, c), 0);
    pthread_barrier_wait(&barrier);
    if (with_client) {
        EQUAL(CALL(isc_shutdown)(c, ISC_TIMEOUT_DEFAULT), ISC_OK);
        EQUAL(freed, 1);
        CALL(isc_release)(c);
    }
    EQUAL(dlclose(library), 0);
    TRUE(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL);
    TRUE(!is_mapped());
    pthread_barrier_wait(&barrier);
    /* The threads end without it, and so does a child. */
    for (int i = 0; i < 3; i++)
        EQUAL(pthread_join(threads[i], NULL), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    int status = -1;
    EQUAL(waitpid(pid, &status, 0), pid);
    EQUAL(status, 0);
}

int main(int arguments_count, char **arguments) {
    EQUAL(arguments_count, 4);
    with_client = strcmp(arguments[3], "client") == 0;
    EQUAL(pthread_barrier_init(&barrier, NULL, 4), 0);
    snprintf(report, sizeof report, "%s/install.json", arguments[2]);
    for (int round = 0; round < 3; round++)
        once(arguments[1], arguments[2]);
    return 0;
}
