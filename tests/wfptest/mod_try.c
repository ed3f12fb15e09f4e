/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may a child do? GET /try/WORD makes one system call in a process that
 * the child forks, and answers its errno, 0 when it worked. And is another
 * module's work disturbed? After each request its thread works a little and
 * blocks in calls that no SA_RESTART restarts; GET /try/interrupted answers how
 * many of how many in all children were cut short. Built and loaded by
 * test_480_hardening.py only.
 */
#include <errno.h>
#include <fcntl.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long try_execve(void)
{
    char *args[] = { (char *)"true", NULL };

    return execve("/bin/true", args, NULL);
}

static long try_execveat(void)
{
    char *args[] = { (char *)"true", NULL };

    return syscall(SYS_execveat, AT_FDCWD, "/bin/true", args, NULL, 0);
}

static long try_ptrace(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long try_read_process(void)
{
    return process_vm_readv(getpid(), NULL, 0, NULL, 0, 0);
}

static long try_unshare(void)
{
    return unshare(CLONE_NEWUSER);
}

/* a child in a user namespace of its own would end at once */
static long try_clone(void)
{
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL,
                       NULL);

    if (pid == 0) {
        _exit(0);
    }
    return pid;
}

static long try_mount(void)
{
    return mount("none", "/", NULL, MS_REMOUNT, NULL);
}

static long try_io_uring(void)
{
    return syscall(425, 1, NULL);
}

static long try_keyctl(void)
{
    return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

static long try_userfaultfd(void)
{
    return syscall(SYS_userfaultfd, 1);
}

static long try_listen(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? fd : listen(fd, 1);
}

static long try_connect(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? fd : close(fd);
}

/* Open path; where files are made, one of that folder. */
static long try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    return fd < 0 ? fd : close(fd);
}

static long try_read_etc(void)
{
    return try_open("/etc/hostname", O_RDONLY);
}

static long try_read_elsewhere(void)
{
    return try_open("/var/lib/dpkg/status", O_RDONLY);
}

static long try_read_others(void)
{
    return try_open("/proc/1/cmdline", O_RDONLY);
}

static long try_write_temp(void)
{
    return try_open("/tmp", O_TMPFILE | O_RDWR);
}

static long try_write_elsewhere(void)
{
    return try_open("/dev/shm", O_TMPFILE | O_RDWR);
}

/* shared by all children */
static struct {
    volatile unsigned long calls, interrupted;
} * counts;

/* Work, so that a timer left armed on the thread's CPU clock could expire. */
static void work(void)
{
    struct timespec now, end;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    end.tv_nsec += 5000000;
    do {
        (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while (now.tv_sec * 1000000000L + now.tv_nsec
             < end.tv_sec * 1000000000L + end.tv_nsec);
}

static int hook_log(request_rec *r)
{
    struct timespec little = { 0, 3000000 };

    if (!strncmp(r->uri, "/try/", 5)) {
        return DECLINED;
    }
    work();
    __sync_fetch_and_add(&counts->calls, 2);
    if (poll(NULL, 0, 3) < 0) {
        __sync_fetch_and_add(&counts->interrupted, 1);
    }
    if (nanosleep(&little, NULL) < 0) {
        __sync_fetch_and_add(&counts->interrupted, 1);
    }
    return DECLINED;
}

static const struct {
    const char *uri;
    long (*call)(void);
} tries[] = {
    { "/try/execve", try_execve },
    { "/try/execveat", try_execveat },
    { "/try/ptrace", try_ptrace },
    { "/try/read-process", try_read_process },
    { "/try/unshare", try_unshare },
    { "/try/clone", try_clone },
    { "/try/mount", try_mount },
    { "/try/io_uring", try_io_uring },
    { "/try/keyctl", try_keyctl },
    { "/try/userfaultfd", try_userfaultfd },
    { "/try/listen", try_listen },
    { "/try/connect", try_connect },
    { "/try/read-etc", try_read_etc },
    { "/try/read-elsewhere", try_read_elsewhere },
    { "/try/read-others", try_read_others },
    { "/try/write-temp", try_write_temp },
    { "/try/write-elsewhere", try_write_elsewhere },
    { NULL, NULL },
};

/* errno of a call that a process of its own makes */
static int try_apart(long (*call)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        _exit(call() < 0 ? errno : 0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : 255;
}

static int hook_handler(request_rec *r)
{
    int i;

    if (!strcmp(r->uri, "/try/interrupted")) {
        ap_rprintf(r, "%lu of %lu", counts->interrupted, counts->calls);
        return OK;
    }
    for (i = 0; tries[i].uri; i++) {
        if (!strcmp(r->uri, tries[i].uri)) {
            ap_rprintf(r, "%d", try_apart(tries[i].call));
            return OK;
        }
    }
    return DECLINED;
}

static void register_hooks(apr_pool_t *p)
{
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ap_hook_log_transaction(hook_log, NULL, NULL, APR_HOOK_LAST);
    ap_hook_handler(hook_handler, NULL, NULL, APR_HOOK_FIRST);
}

AP_DECLARE_MODULE(try)
= { STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks };
