/* As many handles as there can be, and as many again. argv[1]: unused. */
#include "check.h"

enum { MOST = sizeof(void *) == 8 ? 4096 : 1024 };

int main(void) {
    static isc_options *all[MOST + 1];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MOST; i++)
            EQUAL(isc_options_new(&all[i]), ISC_OK);
        all[MOST] = all[0];
        EQUAL(isc_options_new(&all[MOST]), ISC_ERR_LIMIT);
        TRUE(all[MOST] == NULL);
        isc_options *earlier = all[7];
        isc_options_free(all[7]);
        EQUAL(isc_options_new(&all[7]), ISC_OK);
        TRUE(all[7] != earlier);
        EQUAL(isc_options_set_int(earlier, ISC_OPT_OFFLINE_DAYS, 1), ISC_ERR_INVALID_HANDLE);
        for (int i = 0; i < MOST; i++) {
            EQUAL(isc_options_set_int(all[i], ISC_OPT_OFFLINE_DAYS, 1), ISC_OK);
            isc_options_free(all[i]);
        }
    }
    return 0;
}
