/* What these programs share, on POSIX and on Windows: a marketplace that never answers, a client that asks it, threads, time,
 * and the library loaded by hand. */
#ifndef LIFE_H
#define LIFE_H

#ifdef _WIN32
#include <winsock2.h>
#include <windows.h>
/* The check's name. */
#undef TRUE
#else
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#endif
#include "../check.h"

/* ---- flags, time, threads ---- */

static inline void raise_flag(int *flag) { __atomic_store_n(flag, 1, __ATOMIC_SEQ_CST); }
static inline int is_raised(int *flag) { return __atomic_load_n(flag, __ATOMIC_SEQ_CST); }

static inline void sleep_ms(int ms) {
#ifdef _WIN32
    Sleep((DWORD)ms);
#else
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
#endif
}

static inline long long now_ms(void) {
#ifdef _WIN32
    return (long long)GetTickCount64();
#else
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
#endif
}

/* Waits as long as it takes: the time limit of the test is the only one. */
static inline void await_flag(int *flag) {
    while (!is_raised(flag))
        sleep_ms(1);
}

#ifdef _WIN32
#define THREAD(name) static DWORD WINAPI name(void *argument)
typedef DWORD(WINAPI *thread_body)(void *);
static inline void start_thread(thread_body body) { TRUE(CreateThread(NULL, 0, body, NULL, 0, NULL) != NULL); }
#else
#define THREAD(name) static void *name(void *argument)
typedef void *(*thread_body)(void *);
static inline void start_thread(thread_body body) {
    pthread_t thread;
    EQUAL(pthread_create(&thread, NULL, body, NULL), 0);
    EQUAL(pthread_detach(thread), 0);
}
#endif

/* ---- a marketplace that never answers ---- */

static int mute_server;

/* Returns its address. */
static inline const char *start_mute_server(void) {
    static char endpoint[64];
    struct sockaddr_in address;
#ifdef _WIN32
    WSADATA data;
    EQUAL(WSAStartup(MAKEWORD(2, 2), &data), 0);
    int length = sizeof address;
#else
    socklen_t length = sizeof address;
#endif
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    mute_server = (int)socket(AF_INET, SOCK_STREAM, 0);
    EQUAL(bind(mute_server, (struct sockaddr *)&address, sizeof address), 0);
    EQUAL(listen(mute_server, 5), 0);
    EQUAL(getsockname(mute_server, (struct sockaddr *)&address, &length), 0);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return endpoint;
}

/* Returns when somebody has connected. */
static inline void await_request(void) { TRUE((int)accept(mute_server, NULL, NULL) >= 0); }

/* ---- the library, loaded by hand ---- */

#ifdef _WIN32
static inline void *load(const char *path) { return (void *)LoadLibraryA(path); }
static inline void unload(void *library) { TRUE(FreeLibrary((HMODULE)library)); }
static inline void *symbol(void *library, const char *name) {
    union { FARPROC function; void *address; } found;
    found.function = GetProcAddress((HMODULE)library, name);
    return found.address;
}
static inline int is_loaded(const char *path) { return GetModuleHandleA(path) != NULL; }
#else
static inline void *load(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
static inline void unload(void *library) { EQUAL(dlclose(library), 0); }
static inline void *symbol(void *library, const char *name) { return dlsym(library, name); }
static inline int is_loaded(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (library != NULL)
        dlclose(library);
    return library != NULL;
}
#endif

/* ISO C has no cast from object to function pointers; both systems give them the same shape. */
#define CALL(library, name) (*(__typeof__(&name) *)&(void *){symbol(library, #name)})

#endif
