/* A program that holds the state file and shares it with nobody, as virus scanners and backups do.
 * argv: options with two codes' marketplace, the data folder, the two codes. */
#include <windows.h>
#undef TRUE
#include "../check.h"

#define PATIENCE_MS 60000

static const char *config;
static const char *folder;
static const char *first;
static const char *second;

static isc_client *start(int automatic) {
    isc_options *options = NULL;
    isc_client *client = NULL;
    EQUAL(isc_options_load(config, &options), ISC_OK);
    EQUAL(isc_options_set_int(options, ISC_OPT_AUTO_HEARTBEAT, automatic), ISC_OK);
    EQUAL(isc_init(options, &client), ISC_OK);
    isc_options_free(options);
    return client;
}

static void stop(isc_client *client) {
    EQUAL(isc_shutdown(client, PATIENCE_MS), ISC_OK);
    isc_release(client);
}

/* The one file of the data folder that ends so. */
static HANDLE open_file(const char *end, DWORD sharing) {
    char path[1024];
    WIN32_FIND_DATAA found;
    HANDLE search, file;
    snprintf(path, sizeof path, "%s\\*%s", folder, end);
    search = FindFirstFileA(path, &found);
    TRUE(search != INVALID_HANDLE_VALUE);
    FindClose(search);
    snprintf(path, sizeof path, "%s\\%s", folder, found.cFileName);
    file = CreateFileA(path, GENERIC_READ, sharing, NULL, OPEN_EXISTING, 0, NULL);
    TRUE(file != INVALID_HANDLE_VALUE);
    return file;
}

static HANDLE hold(void) { return open_file(".isclic", 0); }

static void wait_for_a_save(void) {
    HANDLE file = open_file(".isclic.lock", FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE);
    OVERLAPPED whole = {0};
    DWORD begin = GetTickCount();
    while (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &whole)) {
        UnlockFileEx(file, 0, 1, 0, &whole);
        TRUE(GetTickCount() - begin < PATIENCE_MS);
        SwitchToThread();
    }
    CloseHandle(file);
}

static DWORD WINAPI let_go_while_saving(void *held) {
    wait_for_a_save();
    Sleep(300); /* as long as such a program takes */
    CloseHandle((HANDLE)held);
    return 0;
}

/* Held for some hundred milliseconds, an activation is saved when the file is free. */
static void for_a_while(void) {
    isc_client *client = start(0);
    HANDLE thread;
    EQUAL(isc_activate(client, first), ISC_OK);
    thread = CreateThread(NULL, 0, let_go_while_saving, hold(), 0, NULL);
    EQUAL(isc_activate(client, second), ISC_OK);
    EQUAL(WaitForSingleObject(thread, PATIENCE_MS), WAIT_OBJECT_0);
    CloseHandle(thread);
    stop(client);
    client = start(0);
    TRUE(isc_is_licensed(client, first));
    TRUE(isc_is_licensed(client, second));
    stop(client);
}

/* Held for longer than that: told, licensed all the same, nothing forgotten, and saved once the file is free. */
static void for_ever(void) {
    isc_client *client = start(0);
    char text[512];
    HANDLE held;
    EQUAL(isc_activate(client, first), ISC_OK);
    held = hold();
    EQUAL(isc_activate(client, second), ISC_ERR_STORAGE_BUSY);
    isc_last_error_message(text, sizeof text, NULL);
    if (strstr(text, "another program holds") == NULL) {
        fprintf(stderr, "%s\n", text);
        abort();
    }
    TRUE(isc_is_licensed(client, first));
    TRUE(isc_is_licensed(client, second));
    CloseHandle(held);
    stop(client);
    client = start(0);
    TRUE(isc_is_licensed(client, first));
    TRUE(isc_is_licensed(client, second));
    stop(client);
}

/* Held when the program starts: the version before is used, and the newest one as soon as it can be read. */
static void at_the_start(int automatic) {
    isc_client *client = start(0);
    DWORD begin = GetTickCount();
    HANDLE held;
    EQUAL(isc_activate(client, first), ISC_OK);
    EQUAL(isc_activate(client, second), ISC_OK);
    stop(client);
    held = hold();
    client = start(automatic);
    TRUE(isc_is_licensed(client, first));
    CloseHandle(held);
    /* Without a call only the background looks again. */
    while (!isc_is_licensed(client, second)) {
        TRUE(GetTickCount() - begin < PATIENCE_MS);
        Sleep(10);
    }
    stop(client);
}

/* What a running program knows does not go when the file cannot be read for a while after another one changed it. */
static void changed_and_held(void) {
    isc_client *reader = start(0), *writer = start(0);
    isc_license_info info;
    HANDLE held;
    EQUAL(isc_activate(reader, first), ISC_OK);
    EQUAL(isc_activate(writer, second), ISC_OK);
    held = hold();
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    EQUAL(isc_get_license_info(reader, first, &info), ISC_OK);
    TRUE(isc_is_licensed(reader, first));
    CloseHandle(held);
    EQUAL(isc_get_license_info(reader, second, &info), ISC_OK);
    TRUE(isc_is_licensed(reader, second));
    stop(reader);
    stop(writer);
}

int main(int count, char **arguments) {
    const char *scenario;
    EQUAL(count, 6);
    config = arguments[1];
    folder = arguments[2];
    first = arguments[3];
    second = arguments[4];
    scenario = arguments[5];
    if (strcmp(scenario, "for a while") == 0)
        for_a_while();
    else if (strcmp(scenario, "for ever") == 0)
        for_ever();
    else if (strcmp(scenario, "at the start") == 0)
        at_the_start(1);
    else if (strcmp(scenario, "changed and held") == 0)
        changed_and_held();
    else
        return 2;
    return 0;
}
