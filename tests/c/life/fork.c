/* Forked while a request is in flight: a child ends like any other program, also where it shuts down what it inherited.
 * argv[1]: a folder for the state. */
#include "life.h"
#include <sys/wait.h>

static isc_client *client;
static int asked, is_child;

static void shut_down(void) {
    EQUAL(isc_shutdown(client, ISC_TIMEOUT_DEFAULT), is_child ? ISC_ERR_CLOSED : ISC_OK);
    isc_release(client);
}

THREAD(ask) {
    (void)argument;
    EQUAL(isc_activate(client, "PL-1"), ISC_ERR_CLOSED);
    raise_flag(&asked);
    return NULL;
}

static void fork_and_end(void (*end)(int)) {
    pid_t pid = fork();
    if (pid == 0) {
        is_child = 1;
        end(0);
    }
    int status = -1;
    EQUAL(waitpid(pid, &status, 0), pid);
    EQUAL(status, 0);
}

int main(int count, char **arguments) {
    EQUAL(count, 2);
    isc_options *o = quiet_options(arguments[1]);
    EQUAL(isc_options_set_string(o, ISC_OPT_ENDPOINT, start_mute_server()), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_BEARER_TOKEN, "token"), ISC_OK);
    EQUAL(isc_init(o, &client), ISC_OK);
    isc_options_free(o);
    EQUAL(atexit(shut_down), 0);
    start_thread(ask);
    await_request();
    fork_and_end(_exit);
    fork_and_end(exit);
    TRUE(!is_raised(&asked));
    return 0;
}
