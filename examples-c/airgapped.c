/* A machine that is never online:  airgapped request FILE | run [LICENCE FILE] | return FILE
 *
 *     airgapped request FILE         writes what the customer sends to the vendor, who answers with a licence file
 *                                    (iscdesk license issue --request FILE ...)
 *     airgapped run [LICENCE FILE]   takes the licence file up, if one is named; tells whether the program is licensed.
 *                                    Later starts need no file. Named by an absolute path, or a plain name in the data folder
 *     airgapped return FILE          gives the licence back and writes the proof of it, which the customer sends to the vendor
 *                                    (iscdesk license verify-return FILE --request ...)
 *
 * The only option that is needed besides the product's names is the vendor's public key: no endpoint is asked, so there is
 * no access key and no token. Here it comes from the environment, ISCDESK_LICENSE_PUBLIC_KEY, as ISCDESK_DATA_DIR does; in
 * your program, write it into the source.
 *
 * Ends with 0 where it did what it was told; for run: where the program is licensed. */
#include <iscdesk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 30000 };

/* Large enough for every text here; activate.c shows how to ask for the length first. */
static char text[65536];

static int fail(const char *what) {
    char why[1024];
    isc_last_error_message(why, sizeof why, NULL);
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

static isc_client *start(void) {
    const char *key = getenv("ISCDESK_LICENSE_PUBLIC_KEY");
    const char *folder = getenv("ISCDESK_DATA_DIR");
    isc_options *options = NULL;
    isc_client *client = NULL;
    if (isc_options_new(&options) == ISC_OK) {
        isc_options_set_string(options, ISC_OPT_VENDOR, "Example Ltd");
        isc_options_set_string(options, ISC_OPT_PRODUCT, "Example CAD");
        isc_options_set_string(options, ISC_OPT_VERSION, "1.0");
        isc_options_set_string(options, ISC_OPT_LICENSE_PUBLIC_KEY, key != NULL ? key : "");
        if (folder != NULL)
            isc_options_set_string(options, ISC_OPT_DATA_DIR, folder);
        /* Events come while this program waits for them in isc_poll_events, on its own thread. */
        isc_options_set_string(options, ISC_OPT_DELIVERY, "poll");
        isc_init(options, &client); /* leaves NULL where it fails; fail() tells why */
    }
    isc_options_free(options);
    return client;
}

/* ---- request ------------------------------------------------------------------------------------------------------- */

/* Into the file; where that fails, the text is shown, so that nothing is lost. */
static int write_text(const char *name) {
    FILE *file = fopen(name, "w");
    int written = file != NULL && fputs(text, file) >= 0;
    if (file != NULL && fclose(file) != 0)
        written = 0;
    if (written)
        return 0;
    fprintf(stderr, "%s cannot be written, this is its text:\n", name);
    printf("%s\n", text);
    return 1;
}

static int make_request(isc_client *client, const char *name) {
    /* It names the product and, as hashes, this machine. Nothing in it is secret. */
    if (isc_license_request(client, text, sizeof text, NULL) != ISC_OK)
        return fail("no request");
    return write_text(name);
}

/* ---- run ----------------------------------------------------------------------------------------------------------- */

typedef struct answer {
    int come;
    int accepted;
} answer;

/* Runs inside isc_poll_events. */
static void on_event(isc_event_type type, const char *message, void *user_data) {
    answer *a = (answer *)user_data;
    if (type != ISC_EVENT_LICENSE_VERIFY)
        return;
    a->come = 1;
    a->accepted = strstr(message, "\"Status\":\"success\"") != NULL;
    if (!a->accepted)
        fprintf(stderr, "%s\n", message); /* ErrorCode and ErrorMsg say why */
}

/* Returns 1 where the library has accepted the file: signed with the vendor's key, for this product and machine, not ended,
 * not given back. It then keeps what it needs; the file itself may go. */
static int take_up(isc_client *client, const char *name) {
    answer a = {0, 0};
    uint32_t delivered = 1;
    isc_register_event_callback(client, on_event, &a, NULL);
    if (isc_request_license_file(client, name, NULL) != ISC_OK) {
        fail("the file cannot be asked for");
        return 0;
    }
    /* Other events may come first. None at all within that time: give up. */
    while (!a.come && delivered != 0 && isc_poll_events(client, PATIENCE_MS, &delivered) == ISC_OK) {
    }
    isc_unregister_event_callback(client); /* `a` ends here */

    /* Here a program may look at the licence by itself. It tells what came of it, for the log and the support desk. */
    if (a.accepted)
        isc_notify_license_verified(client, 1, NULL);
    else
        isc_notify_license_verified(client, 0, "the licence file was not accepted");
    return a.accepted;
}

static int run(isc_client *client, const char *name) {
    if (name != NULL && !take_up(client, name))
        return 1;
    if (!isc_is_licensed(client, NULL)) {
        printf("not licensed\n");
        return 1;
    }
    if (isc_get_license_json(client, NULL, text, sizeof text, NULL) != ISC_OK)
        return fail("no licence");
    printf("licensed\n%s\n", text);
    return 0;
}

/* ---- return -------------------------------------------------------------------------------------------------------- */

static int give_back(isc_client *client, const char *name) {
    isc_license_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    if (isc_get_license_info(client, NULL, &info) != ISC_OK) /* the best licence held */
        return fail("nothing to give back");
    /* From here on the file is refused on this machine. */
    if (isc_license_return(client, info.license, text, sizeof text, NULL) != ISC_OK)
        return fail("not given back");
    printf("given back\n%s\n", isc_is_licensed(client, NULL) ? "licensed by another" : "not licensed");
    return write_text(name);
}

/* -------------------------------------------------------------------------------------------------------------------- */

static int usage(void) {
    fprintf(stderr, "usage: airgapped request FILE | run [LICENCE FILE] | return FILE\n");
    return 2;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    const char *name = argc > 2 ? argv[2] : NULL;
    int running = strcmp(what, "run") == 0, requesting = strcmp(what, "request") == 0;
    isc_client *client;
    int result;

    if (!running && (name == NULL || (!requesting && strcmp(what, "return") != 0)))
        return usage();
    client = start();
    if (client == NULL)
        return fail("the program cannot start");
    if (running)
        result = run(client, name);
    else
        result = requesting ? make_request(client, name) : give_back(client, name);
    isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    return result;
}
