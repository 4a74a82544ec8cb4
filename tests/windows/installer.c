/* An installer as small as it can be: behind its own code it carries a program, and puts it in the place of the old one.
 *
 *     setup.exe --into FOLDER [--orphan]
 *
 * The last 8 bytes of its file say how long the program is. It also writes over the helper, which has to be possible.
 *
 * With --orphan its first run kills the helper that started it, notes in FOLDER\\orphan that it has begun, and ends badly
 * once FOLDER\\go-on is there. Later runs only note that they have begun, and install. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* After windows.h. */
#include <tlhelp32.h>

static char *read_all(const char *path, long *length) {
    FILE *file = fopen(path, "rb");
    char *bytes;
    if (file == NULL)
        exit(2);
    fseek(file, 0, SEEK_END);
    *length = ftell(file);
    rewind(file);
    bytes = malloc((size_t)*length);
    if (bytes == NULL || fread(bytes, 1, (size_t)*length, file) != (size_t)*length)
        exit(3);
    fclose(file);
    return bytes;
}

/* Over the old file, which Windows refuses while it runs. */
static void write_over(const char *folder, const char *name, const char *bytes, long length) {
    char path[MAX_PATH * 2];
    FILE *file;
    snprintf(path, sizeof path, "%s\\%s", folder, name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, (size_t)length, file) != (size_t)length || fclose(file) != 0)
        exit(4);
}

static DWORD parent(void) {
    HANDLE list = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    BOOL more;
    for (more = Process32First(list, &entry); more; more = Process32Next(list, &entry))
        if (entry.th32ProcessID == GetCurrentProcessId())
            break;
    CloseHandle(list);
    return more ? entry.th32ParentProcessID : 0;
}

static void orphan(const char *folder) {
    char begun[MAX_PATH * 2], go_on[MAX_PATH * 2];
    HANDLE helper;
    FILE *file;
    int is_first;
    snprintf(begun, sizeof begun, "%s\\orphan", folder);
    snprintf(go_on, sizeof go_on, "%s\\go-on", folder);
    is_first = GetFileAttributesA(begun) == INVALID_FILE_ATTRIBUTES;
    if (is_first) {
        helper = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, parent());
        if (helper == NULL || !TerminateProcess(helper, 9) || WaitForSingleObject(helper, 60000) != WAIT_OBJECT_0)
            exit(5);
    }
    file = fopen(begun, "ab");
    if (file == NULL || fputs("begun\n", file) < 0 || fclose(file) != 0)
        exit(6);
    if (!is_first)
        return;
    while (GetFileAttributesA(go_on) == INVALID_FILE_ATTRIBUTES)
        Sleep(20);
    exit(7);
}

int main(int argc, char **argv) {
    char own[MAX_PATH], helper[MAX_PATH * 2];
    long length, payload, helper_length;
    char *bytes, *helper_bytes;

    if (argc == 4 && strcmp(argv[3], "--orphan") == 0)
        orphan(argv[2]);
    else if (argc != 3) {
        fputs("too many arguments\n", stderr);
        return 1;
    }
    if (strcmp(argv[1], "--into") != 0 || GetModuleFileNameA(NULL, own, sizeof own) == 0)
        return 1;
    bytes = read_all(own, &length);
    payload = strtol(bytes + length - 8, NULL, 10);
    write_over(argv[2], "program.exe", bytes + length - 8 - payload, payload);

    snprintf(helper, sizeof helper, "%s\\iscdesk.exe", argv[2]);
    helper_bytes = read_all(helper, &helper_length);
    write_over(argv[2], "iscdesk.exe", helper_bytes, helper_length);
    return 0;
}
