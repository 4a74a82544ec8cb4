/* Handles come and go while other threads use them. argv[1]: a folder for the state. */
#include "check.h"
#include <pthread.h>

enum { ROUNDS = 60, READERS = 3 };
static isc_client *volatile current;
static int stop;

static void *use(void *unused) {
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
        isc_client *c = current;
        isc_license_info info = {.struct_size = sizeof info};
        isc_status status = isc_save(c, "a", 0);
        TRUE(status == ISC_ERR_UNSUPPORTED || status == ISC_ERR_CLOSED || status == ISC_ERR_INVALID_HANDLE);
        EQUAL(isc_is_licensed(c, NULL), 0);
        EQUAL(isc_is_licensed(c, "PL-1"), 0);
        EQUAL(isc_has_feature(c, "feature"), 0);
        TRUE(isc_get_license_info(c, NULL, &info) < 0);
    }
    return unused;
}

static void *release(void *client) {
    isc_release(client);
    EQUAL(isc_save(client, "a", 0), ISC_ERR_INVALID_HANDLE);
    return NULL;
}

int main(int count, char **arguments) {
    pthread_t readers[READERS], releasers[2];
    EQUAL(count, 2);
    current = quiet_client(arguments[1]);
    for (int i = 0; i < READERS; i++)
        EQUAL(pthread_create(&readers[i], NULL, use, NULL), 0);
    for (int round = 0; round < ROUNDS; round++) {
        isc_client *earlier = current;
        current = quiet_client(arguments[1]);
        TRUE(current != earlier);
        for (int i = 0; i < 2; i++)
            EQUAL(pthread_create(&releasers[i], NULL, release, earlier), 0);
        for (int i = 0; i < 2; i++)
            EQUAL(pthread_join(releasers[i], NULL), 0);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
    for (int i = 0; i < READERS; i++)
        EQUAL(pthread_join(readers[i], NULL), 0);
    isc_release(current);
    return 0;
}
