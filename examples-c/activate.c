/* Activation with every outcome handled:  activate CODE [CODE...]
 *
 * The options are set by calls here, from environment variables:
 *     ISCDESK_ENDPOINT                            the marketplace, your own server, or a sandbox (iscdesk sandbox)
 *     ISCDESK_ACCESS_KEY and ISCDESK_SECRET_KEY   or ISCDESK_BEARER_TOKEN for your own server
 *     ISCDESK_DATA_DIR, ISCDESK_CA_FILE           where they are needed
 * A program for customers should hold no secret key: let it talk to a server of yours with a bearer token.
 *
 * Ends with 0 if every code is active. */
#include <iscdesk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_from_environment(isc_options *options, isc_option_key key, const char *name) {
    const char *value = getenv(name);
    if (value != NULL && value[0] != '\0')
        isc_options_set_string(options, key, value);
}

/* What went wrong, for a person and for a support desk. Call it on the thread that made the failed call. */
static void show_last_error(void) {
    char text[2048];
    if (isc_last_error_message(text, sizeof text, NULL) == ISC_OK)
        printf("  because: %s\n", text);
    if (isc_last_error_json(text, sizeof text, NULL) == ISC_OK)
        printf("  for the support desk: %s\n", text);
}

static isc_client *start(void) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    isc_status status = isc_options_new(&options);
    if (status == ISC_OK) {
        isc_options_set_string(options, ISC_OPT_VENDOR, "Example Ltd");
        isc_options_set_string(options, ISC_OPT_PRODUCT, "Example CAD");
        isc_options_set_string(options, ISC_OPT_VERSION, "1.0");
        set_from_environment(options, ISC_OPT_ENDPOINT, "ISCDESK_ENDPOINT");
        set_from_environment(options, ISC_OPT_ACCESS_KEY, "ISCDESK_ACCESS_KEY");
        set_from_environment(options, ISC_OPT_SECRET_KEY, "ISCDESK_SECRET_KEY");
        set_from_environment(options, ISC_OPT_BEARER_TOKEN, "ISCDESK_BEARER_TOKEN");
        set_from_environment(options, ISC_OPT_DATA_DIR, "ISCDESK_DATA_DIR");
        set_from_environment(options, ISC_OPT_CA_FILE, "ISCDESK_CA_FILE");
        status = isc_init(options, &client); /* checks all options and names every fault at once */
    }
    if (status != ISC_OK) {
        printf("The program cannot start: %s\n", isc_status_message(status));
        show_last_error();
    }
    isc_options_free(options); /* isc_init has copied what it needs; NULL is fine */
    return client;
}

/* What the program tells its user, and whether the code may be used. */
static const char *outcome(isc_status status) {
    switch (status) {
    case ISC_OK:
        return "Activated.";
    case ISC_OK_ALREADY:
        return "Already active, nothing to do.";

    case ISC_ERR_INVALID_ARGUMENT:
    case ISC_ERR_INVALID_UTF8:
    case ISC_ERR_UNKNOWN_LICENSE:
        return "There is no such code. Is it typed correctly, and is it for this product?";
    case ISC_ERR_NOT_RECEIVED:
        return "The buyer has to receive this code in the marketplace's console first.";
    case ISC_ERR_EXPIRED:
        return "This licence has expired. Renew it, then try again.";
    case ISC_ERR_RELEASED:
        return "This licence was given back. A new one is needed.";
    case ISC_ERR_TOO_MANY_DEVICES:
        return "This licence is in use on other computers. Give it back on one of them.";

    case ISC_ERR_NETWORK:
    case ISC_ERR_TIMEOUT:
        return "The marketplace cannot be reached. Is this computer online?";
    case ISC_ERR_PROXY:
    case ISC_ERR_TLS:
        return "The connection is refused on the way. Show your administrator what follows.";
    case ISC_ERR_THROTTLED:
    case ISC_ERR_SERVER:
    case ISC_ERR_PROTOCOL:
        return "The marketplace cannot answer at the moment. Try again later.";
    case ISC_ERR_UNAUTHORIZED:
    case ISC_ERR_REJECTED:
    case ISC_ERR_UNTRUSTED:
    case ISC_ERR_UNSUPPORTED:
        return "The marketplace refuses this program: an error of the vendor's, please tell us.";

    case ISC_ERR_STORAGE:
    case ISC_ERR_STORAGE_DENIED:
    case ISC_ERR_STORAGE_BUSY:
        return "Activated for now, but it could not be written down.";
    case ISC_ERR_LIMIT:
        return "This computer holds as many codes as it can. Remove an old one.";
    case ISC_ERR_CLOSED:
        return "The program is closing.";
    default: /* a newer library may know more: its sign says whether it is a failure */
        return status < 0 ? "This code cannot be activated." : "Activated.";
    }
}

/* A string of unknown length: ask for the length, then for the string. The caller frees it; NULL on failure. */
static char *list_licenses(isc_client *client) {
    size_t len = 0;
    char *list;
    if (isc_list_licenses(client, NULL, 0, &len) != ISC_ERR_BUFFER_TOO_SMALL)
        return NULL;
    list = (char *)malloc(len + 1);
    /* Another thread may have activated a code meanwhile: then it is too small again, and empty. */
    if (list != NULL && isc_list_licenses(client, list, len + 1, NULL) != ISC_OK)
        list[0] = '\0';
    return list;
}

static void show_info(isc_client *client, const char *code) {
    isc_license_info info;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info; /* tells the library which version of the struct this program knows */
    if (isc_get_license_info(client, code, &info) != ISC_OK) {
        printf("  nothing is known about it on this computer\n");
        return;
    }
    printf("  licensed: %s\n", info.licensed ? "yes" : "no");
    printf("  product: %s\n", info.product_id);
    printf("  expires at: %lld (Unix seconds, 0 = unknown)\n", (long long)info.expires_at);
    printf("  usable without network until: %lld\n", (long long)info.offline_until);
    if (info.amount >= 0)
        printf("  amount: %lld\n", (long long)info.amount);
}

int main(int argc, char **argv) {
    isc_client *client;
    char *list;
    int i, failures = 0;

    if (argc < 2) {
        printf("usage: activate CODE [CODE...]\n");
        return 2;
    }
    client = start();
    if (client == NULL)
        return 2;

    /* isc_activate waits for the marketplace, at most ISC_OPT_CALL_TIMEOUT_MS: call it from a thread of its own in a program
     * with windows. For many codes at once there is isc_activate_many. */
    for (i = 1; i < argc; i++) {
        isc_status status = isc_activate(client, argv[i]);
        printf("code %d: %s\n", i, outcome(status));
        if (status < 0) {
            show_last_error();
            failures++;
        }
        show_info(client, argv[i]);
    }

    list = list_licenses(client);
    printf("held on this computer: %s\n", list != NULL ? list : "?");
    free(list);

    isc_shutdown(client, ISC_TIMEOUT_DEFAULT);
    isc_release(client);
    return failures == 0 ? 0 : 1;
}
