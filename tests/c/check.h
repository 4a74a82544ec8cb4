/* What the C tests share: a check that tells where it failed. */
#ifndef CHECK_H
#define CHECK_H

#include <iscdesk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fails the program unless two integers are equal. */
#define EQUAL(got, wanted) check_equal((long long)(got), (long long)(wanted), #got, __FILE__, __LINE__)
/* Fails the program unless a condition holds. */
#define TRUE(condition) check_equal(!!(condition), 1, #condition, __FILE__, __LINE__)

static inline void check_equal(long long got, long long wanted, const char *what, const char *file, int line) {
    if (got == wanted)
        return;
    fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, what, got, wanted);
    fflush(stderr);
    abort();
}

/* Options of a client that asks nobody, with its state in `folder`. */
static inline isc_options *quiet_options(const char *folder) {
    isc_options *o = NULL;
    EQUAL(isc_options_new(&o), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_VENDOR, "Example"), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_PRODUCT, "Test"), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_VERSION, "1.0.0"), ISC_OK);
    EQUAL(isc_options_set_string(o, ISC_OPT_DATA_DIR, folder), ISC_OK);
    EQUAL(isc_options_set_int(o, ISC_OPT_AUTO_HEARTBEAT, 0), ISC_OK);
    return o;
}

/* A client of such options. */
static inline isc_client *quiet_client(const char *folder) {
    isc_options *o = quiet_options(folder);
    isc_client *c = NULL;
    EQUAL(isc_init(o, &c), ISC_OK);
    TRUE(c != NULL);
    isc_options_free(o);
    return c;
}

#endif
