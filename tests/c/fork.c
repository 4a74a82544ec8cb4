/* A child process may not use its parent's client, and may have one of its own. argv[1]: a folder for the state. */
#include "check.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static isc_client *parents;
static isc_options *options;

static void *ask(void *stop) {
    while (!__atomic_load_n((int *)stop, __ATOMIC_SEQ_CST)) {
        isc_license_info info = {.struct_size = sizeof info};
        isc_get_license_info(parents, NULL, &info);
        isc_is_licensed(parents, "PL-1");
        isc_options_set_int(options, ISC_OPT_OFFLINE_DAYS, 3);
    }
    return NULL;
}

static void child(int32_t licensed) {
    char text[64];
    isc_license_info info = {.struct_size = sizeof info};
    EQUAL(isc_heartbeat(parents, NULL), ISC_ERR_CLOSED);
    EQUAL(isc_activate(parents, "PL-1"), ISC_ERR_CLOSED);
    EQUAL(isc_poll_events(parents, 1000, NULL), ISC_ERR_CLOSED);
    EQUAL(isc_get_license_info(parents, NULL, &info), ISC_ERR_CLOSED);
    EQUAL(isc_list_licenses(parents, text, sizeof text, NULL), ISC_ERR_CLOSED);
    EQUAL(isc_shutdown(parents, 1000), ISC_ERR_CLOSED);
    EQUAL(isc_last_error_message(text, sizeof text, NULL) % 3, 0); /* ISC_OK or truncated */
    TRUE(strstr(text, "parent") != NULL);
    EQUAL(isc_is_licensed(parents, NULL), licensed);
    isc_release(parents);
    isc_release(parents);
    EQUAL(isc_heartbeat(parents, NULL), ISC_ERR_INVALID_HANDLE);
    EQUAL(isc_is_licensed(parents, NULL), 0);
    /* One of its own, whatever the parent's threads held when it forked. */
    isc_options_free(options);
    _exit(0);
}

static void own_client(const char *folder) {
    isc_client *own = quiet_client(folder);
    TRUE(own != parents);
    EQUAL(isc_save(own, "a", 0), ISC_ERR_UNSUPPORTED);
    EQUAL(isc_shutdown(own, ISC_TIMEOUT_DEFAULT), ISC_OK);
    isc_release(own);
    _exit(0);
}

static void wait_for(pid_t pid) {
    int status = -1;
    TRUE(pid > 0);
    EQUAL(waitpid(pid, &status, 0), pid);
    TRUE(WIFEXITED(status));
    EQUAL(WEXITSTATUS(status), 0);
}

int main(int count, char **arguments) {
    int stop = 0;
    pthread_t threads[3];
    EQUAL(count, 2);
    options = quiet_options(arguments[1]);
    EQUAL(isc_init(options, &parents), ISC_OK);
    int32_t licensed = isc_is_licensed(parents, NULL);
    /* The parent's options serve a child as well, if no thread of the parent is changing them. */
    pid_t pid = fork();
    if (pid == 0) {
        isc_client *own = NULL;
        EQUAL(isc_init(options, &own), ISC_OK);
        EQUAL(isc_shutdown(own, ISC_TIMEOUT_DEFAULT), ISC_OK);
        isc_release(own);
        _exit(0);
    }
    wait_for(pid);
    for (int i = 0; i < 3; i++)
        EQUAL(pthread_create(&threads[i], NULL, ask, &stop), 0);
    for (int round = 0; round < 50; round++) {
        pid = fork();
        if (pid == 0)
            child(licensed);
        wait_for(pid);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < 3; i++)
        EQUAL(pthread_join(threads[i], NULL), 0);
    pid = fork();
    if (pid == 0)
        own_client(arguments[1]);
    wait_for(pid);
    /* The parent has noticed nothing. */
    EQUAL(isc_save(parents, "a", 0), ISC_ERR_UNSUPPORTED);
    EQUAL(isc_shutdown(parents, ISC_TIMEOUT_DEFAULT), ISC_OK);
    isc_release(parents);
    isc_options_free(options);
    return 0;
}
