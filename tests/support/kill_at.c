/* To be preloaded: kills the process by SIGKILL just before its so-manieth step on the disk in a staging folder, where
 * KILL_IN names the program. The file KILL_MARK is made before that, so that the test knows that it came so far.
 * Steps are what another process could see half done: making, renaming, removing, copying, flushing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void step(const char *path) {
    static int steps;
    const char *at = getenv("KILL_AT"), *in = getenv("KILL_IN"), *mark = getenv("KILL_MARK");
    int file;
    if (!at || !in || !mark || !strstr(path, ".upgrade/") || strcmp(program_invocation_short_name, in) != 0)
        return;
    if (__sync_add_and_fetch(&steps, 1) != atoi(at))
        return;
    file = REAL(open)(mark, O_CREAT | O_WRONLY, 0600);
    close(file);
    kill(getpid(), SIGKILL);
}

static void step_of(int file) {
    char link[64], path[4096];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length > 0) {
        path[length] = '\0';
        step(path);
    }
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    va_list more;
    if (flags & O_CREAT) {
        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
        step(path);
    }
    return REAL(open64)(path, flags, mode);
}

int rename(const char *from, const char *to) {
    step(to);
    return REAL(rename)(from, to);
}

int unlink(const char *path) {
    step(path);
    return REAL(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
    step(path);
    return REAL(mkdir)(path, mode);
}

int fsync(int file) {
    step_of(file);
    return REAL(fsync)(file);
}

int ftruncate64(int file, off64_t length) {
    step_of(file);
    return REAL(ftruncate64)(file, length);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t count, unsigned flags) {
    step_of(out);
    return REAL(copy_file_range)(in, in_at, out, out_at, count, flags);
}
