/* The installer of the tour on Windows, as small as it can be: behind its own code it carries a program, and puts it in the
 * place of the old one.
 *
 *     Setup.exe --into FOLDER
 *
 * The last 8 bytes of its file say how long the program is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { DIGITS = 8 };

static int fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    return 1;
}

static char *read_all(const wchar_t *path, long *length) {
    FILE *file = _wfopen(path, L"rb");
    char *bytes = NULL;
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    *length = ftell(file);
    rewind(file);
    if (*length > DIGITS)
        bytes = malloc((size_t)*length);
    if (bytes != NULL && fread(bytes, 1, (size_t)*length, file) != (size_t)*length)
        bytes = NULL; /* what it holds goes with the process */
    fclose(file);
    return bytes;
}

/* Windows refuses to write over a program that runs. */
static int write_over(const wchar_t *path, const char *bytes, long length) {
    FILE *file = _wfopen(path, L"wb");
    size_t written;
    if (file == NULL)
        return 0;
    written = fwrite(bytes, 1, (size_t)length, file);
    return fclose(file) == 0 && written == (size_t)length;
}

int wmain(int argc, wchar_t **argv) {
    wchar_t path[MAX_PATH * 2];
    char digits[DIGITS + 1] = "";
    long length = 0, program;
    char *bytes;

    if (argc != 3 || wcscmp(argv[1], L"--into") != 0 || wcslen(argv[2]) > MAX_PATH)
        return fail("usage: Setup.exe --into FOLDER");
    if (GetModuleFileNameW(NULL, path, MAX_PATH * 2) == 0 || (bytes = read_all(path, &length)) == NULL)
        return fail("the installer cannot read itself");
    memcpy(digits, bytes + length - DIGITS, DIGITS);
    program = strtol(digits, NULL, 10);
    if (program <= 0 || program > length - DIGITS)
        return fail("the installer carries no program");
    wcscpy(path, argv[2]);
    wcscat(path, L"\\program.exe");
    if (!write_over(path, bytes + length - DIGITS - program, program))
        return fail("the program cannot be written over");
    return 0;
}
