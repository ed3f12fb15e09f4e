# SPDX-License-Identifier: Apache-2.0
"""A wall clock for httpd alone, which a test sets."""

import struct
import subprocess

SOURCE = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *offset;

__attribute__((constructor)) static void find(void)
{
    static const long long none;
    const char *name = getenv("TEST_CLOCK");
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0);

    offset = at == MAP_FAILED ? &none : at;
    if (fd >= 0) {
        close(fd);
    }
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, id, now);

    if (rc == 0 && offset && (id == CLOCK_REALTIME
                              || id == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += *offset;
    }
    return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    tv->tv_sec = now.tv_sec;
    tv->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (at) {
        *at = now.tv_sec;
    }
    return now.tv_sec;
}
"""


class Clock:
    """Loaded into httpd by its environment from the next start on."""

    def __init__(self, httpd):
        self.httpd = httpd
        folder = httpd.root / "clock"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self.file, self.library = folder / "offset", folder / "clock.so"
        (folder / "clock.c").write_text(SOURCE)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror",
                        "-o", str(self.library), str(folder / "clock.c")],
                       check=True)
        self.set(0)
        self.file.chmod(0o644)

    def set(self, seconds):
        """So much before or behind the true time."""
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("q", int(seconds)))

    def __enter__(self):
        self.httpd.stop()
        before = self.httpd.env.get("LD_PRELOAD")
        self.httpd.env.update({
            "LD_PRELOAD": ":".join(filter(None, [before, str(self.library)])),
            "TEST_CLOCK": str(self.file)})
        self.before = before
        return self

    def __exit__(self, *what):
        self.httpd.stop()
        del self.httpd.env["TEST_CLOCK"]
        if self.before is None:
            del self.httpd.env["LD_PRELOAD"]
        else:
            self.httpd.env["LD_PRELOAD"] = self.before
