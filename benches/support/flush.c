/* Every disk flush of a program takes at least a set time and is counted, so that figures of different disks compare.
 * Preloaded by benches/presses.rs. QF_FLUSH_US: microseconds; QF_FLUSH_COUNT: a file of eight bytes that holds the count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Atomic unsigned long *count;
static long wait_us;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("QF_FLUSH_COUNT"), *us = getenv("QF_FLUSH_US");
    wait_us = us ? atol(us) : 0;
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) count = page;
    close(file);
}

static int flush(const char *name, int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (count) atomic_fetch_add(count, 1);
    if (wait_us) {
        struct timespec rest = {wait_us / 1000000, wait_us % 1000000 * 1000};
        nanosleep(&rest, NULL);
    }
    return real(file);
}

int fsync(int file) { return flush("fsync", file); }
int fdatasync(int file) { return flush("fdatasync", file); }
