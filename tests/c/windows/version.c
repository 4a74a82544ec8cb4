/* Prints what Windows tells of a file: its kind, its numbers, its names. argv[1]: the file. argv[2], if there is one: its
 * manifest is printed instead. */
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

static void print_manifest(const char *file) {
    HMODULE data = LoadLibraryExA(file, NULL, LOAD_LIBRARY_AS_DATAFILE);
    HRSRC found = FindResourceA(data, MAKEINTRESOURCEA(1), MAKEINTRESOURCEA(24)); /* RT_MANIFEST */
    TRUE(data != NULL);
    TRUE(found != NULL);
    fwrite(LockResource(LoadResource(data, found)), 1, SizeofResource(data, found), stdout);
}

int main(int count, char **arguments) {
    VS_FIXEDFILEINFO *facts = NULL;
    UINT length = 0;
    TRUE(count >= 2);
    if (count > 2) {
        print_manifest(arguments[1]);
        return 0;
    }
    TRUE(GetFileVersionInfoA(arguments[1], 0, sizeof block, block));
    TRUE(VerQueryValueA(block, "\\", (void **)&facts, &length));
    printf("%s %d.%d.%d.%d\n", facts->dwFileType == VFT_DLL ? "dll" : "exe", HIWORD(facts->dwFileVersionMS),
           LOWORD(facts->dwFileVersionMS), HIWORD(facts->dwFileVersionLS), LOWORD(facts->dwFileVersionLS));
    printf("%s %s %s %s\n", named("OriginalFilename"), named("FileVersion"), named("ProductName"),
           named("ProductVersion"));
    return 0;
}
