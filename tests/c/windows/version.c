/* Prints what Windows tells of a file: its kind, its numbers, its names. argv[1]: the file. */
#include <windows.h>
#undef TRUE
#include "../check.h"

static char block[8192];

static const char *named(const char *name) {
    char query[128];
    char *value = NULL;
    UINT length = 0;
    snprintf(query, sizeof query, "\\StringFileInfo\\040904B0\\%s", name);
    TRUE(VerQueryValueA(block, query, (void **)&value, &length));
    return value;
}

int main(int count, char **arguments) {
    VS_FIXEDFILEINFO *facts = NULL;
    UINT length = 0;
    EQUAL(count, 2);
    TRUE(GetFileVersionInfoA(arguments[1], 0, sizeof block, block));
    TRUE(VerQueryValueA(block, "\\", (void **)&facts, &length));
    printf("%s %d.%d.%d.%d\n", facts->dwFileType == VFT_DLL ? "dll" : "program", HIWORD(facts->dwFileVersionMS),
           LOWORD(facts->dwFileVersionMS), HIWORD(facts->dwFileVersionLS), LOWORD(facts->dwFileVersionLS));
    printf("%s %s %s %s\n", named("OriginalFilename"), named("FileVersion"), named("ProductName"),
           named("ProductVersion"));
    return 0;
}
