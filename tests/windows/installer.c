/* An installer as small as it can be: behind its own code it carries a program, and puts it in the place of the old one.
 *
 *     setup.exe --into FOLDER
 *
 * The last 8 bytes of its file say how long the program is. It also writes over the helper, which has to be possible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

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

int main(int argc, char **argv) {
    char own[MAX_PATH], helper[MAX_PATH * 2];
    long length, payload, helper_length;
    char *bytes, *helper_bytes;

    if (argc != 3 || strcmp(argv[1], "--into") != 0 || GetModuleFileNameA(NULL, own, sizeof own) == 0)
        return 1;
    bytes = read_all(own, &length);
    payload = strtol(bytes + length - 8, NULL, 10);
    write_over(argv[2], "program.exe", bytes + length - 8 - payload, payload);

    snprintf(helper, sizeof helper, "%s\\iscdesk.exe", argv[2]);
    helper_bytes = read_all(helper, &helper_length);
    write_over(argv[2], "iscdesk.exe", helper_bytes, helper_length);
    return 0;
}
