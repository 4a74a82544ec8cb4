/* The last failure of a thread. argv[1]: a folder for the state. */
#include "check.h"
#include <pthread.h>

static char message[4096], json[4096];

static void *elsewhere(void *unused) {
    char own[64] = "old";
    size_t length = 99;
    EQUAL(isc_last_error_message(own, sizeof own, &length), ISC_OK);
    EQUAL(length, 0);
    EQUAL(own[0], 0);
    EQUAL(isc_last_error_json(own, sizeof own, &length), ISC_OK);
    EQUAL(strcmp(own, "{}"), 0);
    EQUAL(isc_save(NULL, NULL, 0), ISC_ERR_INVALID_HANDLE);
    return unused;
}

/* Still the one of the option that does not exist. */
static void unchanged(void) {
    char again[4096];
    size_t length = 0;
    EQUAL(isc_last_error_message(again, sizeof again, &length), ISC_OK);
    EQUAL(strcmp(again, message), 0);
    EQUAL(length, strlen(message));
    EQUAL(isc_last_error_json(again, sizeof again, NULL), ISC_OK);
    EQUAL(strcmp(again, json), 0);
}

/* Truncated between characters, which the path below has of three bytes each. */
static void truncated(void) {
    char whole[4096], part[4096];
    size_t needed = 0, length = 0;
    EQUAL(isc_options_load("/\xe6\x8e\x88\xe6\x9d\x83/\xe6\x8e\x88\xe6\x9d\x83.json", &(isc_options *){NULL}),
          ISC_ERR_CONFIG);
    EQUAL(isc_last_error_message(whole, sizeof whole, &needed), ISC_OK);
    TRUE(strstr(whole, "\xe6\x8e\x88\xe6\x9d\x83") != NULL);
    for (size_t cap = 1; cap <= needed; cap++) {
        memset(part, '#', sizeof part);
        EQUAL(isc_last_error_message(part, cap, &length), ISC_ERR_BUFFER_TOO_SMALL);
        EQUAL(length, needed);
        size_t kept = strlen(part);
        TRUE(kept < cap && kept + 3 >= cap);
        EQUAL(memcmp(part, whole, kept), 0);
        /* What would come next begins a character. */
        TRUE((whole[kept] & 0xc0) != 0x80);
        EQUAL(part[cap], '#');
    }
    EQUAL(isc_last_error_message(NULL, 0, &length), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(length, needed);
    EQUAL(isc_last_error_json(part, 5, &length), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(part[0], 0);
    EQUAL(isc_last_error_message(part, sizeof part, NULL), ISC_OK);
    EQUAL(strcmp(part, whole), 0);
}

/* What is wrong with options is told in their own language. */
static void in_chinese(void) {
    isc_options *options;
    isc_client *client;
    char text[1024];
    EQUAL(isc_options_new(&options), ISC_OK);
    EQUAL(isc_options_set_string(options, ISC_OPT_LANGUAGE, "zh"), ISC_OK);
    EQUAL(isc_init(options, &client), ISC_ERR_CONFIG);
    EQUAL(isc_last_error_message(text, sizeof text, NULL), ISC_OK);
    TRUE(strstr(text, "\xe9\x85\x8d\xe7\xbd\xae") != NULL); /* "configuration" */
    TRUE(strstr(text, "vendor") != NULL);
    isc_options_free(options);
}

int main(int count, char **arguments) {
    pthread_t thread;
    EQUAL(count, 2);
    elsewhere(NULL);
    in_chinese();
    isc_options *o = quiet_options(arguments[1]);
    EQUAL(isc_options_set_int(o, 4711, 1), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_last_error_message(message, sizeof message, NULL), ISC_OK);
    TRUE(strstr(message, "4711") != NULL);
    EQUAL(isc_last_error_json(json, sizeof json, NULL), ISC_OK);
    TRUE(strstr(json, "\"status\":-1,\"cause\":\"argument\",\"text\":\"") != NULL);
    /* A success, the truth functions and these functions themselves leave it as it is. */
    EQUAL(isc_options_set_int(o, ISC_OPT_OFFLINE_DAYS, 3), ISC_OK);
    unchanged();
    EQUAL(isc_is_licensed(NULL, NULL), 0);
    EQUAL(isc_has_feature(NULL, NULL), 0);
    isc_release(NULL);
    EQUAL(isc_last_error_message(NULL, 1, NULL), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc_last_error_message(NULL, 0, NULL), ISC_ERR_BUFFER_TOO_SMALL);
    EQUAL(isc_last_error_json(NULL, 1, NULL), ISC_ERR_INVALID_ARGUMENT);
    unchanged();
    EQUAL(pthread_create(&thread, NULL, elsewhere, NULL), 0);
    EQUAL(pthread_join(thread, NULL), 0);
    unchanged();
    truncated();
    isc_options_free(o);
    return 0;
}
