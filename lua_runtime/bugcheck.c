/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes of the linked liblua, called once a start by the module. Each probe
 * is a chunk of ours that runs with the stock library in a process of its own,
 * forked and not executed anew, and says whether the fault showed. Memory is
 * never used twice there and is closed when Lua frees it, so that a use after
 * free cannot go unnoticed. Knows nothing of isolates.
 */
#include "lua_runtime/bugcheck.h"
#include "core/clock.h"

#include <apr_strings.h>
#include <apr_time.h>
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE apr_time_from_sec(1)

/* A probe's memory, and the unit in which it is given and closed. */
#define HEAP_SIZE ((size_t)64 << 20)
#define PAGE_SIZE ((size_t)4096)
/* Bytes of a probe's C stack: plenty, and one that a deep recursion fills. */
#define STACK_SIZE  ((size_t)4 << 20)
#define SMALL_STACK ((size_t)128 << 10)

/* How a probe's process ends. */
enum {
    ABSENT = 0,
    FOUND = 1,
    UNDECIDED = 2
};

typedef struct probe_t {
    const char *name;  /* in docs/operations/log-tags.md */
    size_t stack_size; /* bytes */
    const char *chunk; /* returns whether the fault is there */
} probe_t;

static const probe_t probes[] = {
    /* the stack moves within __concat (Debian's patch of CVE-2022-33099) */
    { "concat", STACK_SIZE,
      "local function deep(n) if n > 0 then return (deep(n - 1)) end end "
      "local t = setmetatable({}, { __concat = function() deep(150) "
      "return 'x' end }) "
      "local a, b = 'a', 'b' "
      "return coroutine.wrap(function() return a .. b .. t end)() ~= 'ax'" },
    /* coroutine.close() calls the message handler of an xpcall that is gone */
    { "close-handler", STACK_SIZE,
      "local co = coroutine.create(function() "
      "local guard <close> = setmetatable({}, { __close = function() "
      "error('first', 0) end }) "
      "xpcall(coroutine.yield, function() return 'handled' end) end) "
      "coroutine.resume(co) "
      "return select(2, coroutine.close(co)) ~= 'first'" },
    /* nested coroutine.close() begins to count C calls anew: the limit is 200
     */
    { "close-depth", STACK_SIZE,
      "local link, closed = {}, 0 "
      "for i = 1, 260 do link[i] = coroutine.create(function() "
      "local guard <close> = setmetatable({}, { __close = function() "
      "closed = closed + 1 "
      "if i > 1 then coroutine.close(link[i - 1]) end end }) "
      "coroutine.yield() end) coroutine.resume(link[i]) end "
      "coroutine.close(link[260]) return closed == 260" },
    /* a table that only a weak metatable knows is freed while it is set */
    { "weak-newindex", STACK_SIZE,
      "local mt = setmetatable({}, { __mode = 'v' }) "
      "mt.__newindex = {} "
      "local t = setmetatable({}, mt) "
      "stress(true) t[1.5] = true stress(false) return false" },
    /* naming the variable of an error recurses over a chain of fields */
    { "variable-name", SMALL_STACK,
      "local a = {} a.b = a "
      "pcall(load('local a = ... return a' .. ('.b'):rep(3000) .. '.c.d'), a) "
      "return false" },
    /* break out of a loop with an upvalue does not close in time */
    { "break-close", STACK_SIZE,
      "local closed = false "
      "local value = setmetatable({}, { __close = function() closed = true "
      "end }) "
      "for k in next, { 1 }, nil, value do "
      "local function keep() return k end break end "
      "return not closed" },
    /* t[a < b] reads a wrong register */
    { "compare-index", STACK_SIZE,
      "local t = { [true] = 'yes', [false] = 'no' } "
      "local function get(a, b) return t[a < b] end "
      "local ok, v = pcall(get, 1, 2) return not ok or v ~= 'yes'" },
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

/* The memory of a probe's process. */
typedef struct heap_t {
    char *start;
    size_t used;
    int stress;  /* every allocation fails once: a collection comes before it */
    int retried; /* the one that comes now has failed before */
} heap_t;

static size_t pages(size_t n)
{
    return (n + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* lua_Alloc: each block has pages of its own, closed when it is freed. */
static void *heap_alloc(void *ud, void *old, size_t old_size, size_t size)
{
    heap_t *heap = ud;
    char *block = NULL;

    if (size) {
        if (heap->stress && !heap->retried) {
            heap->retried = 1;
            return NULL;
        }
        heap->retried = 0;
        if (size > HEAP_SIZE || pages(size) > HEAP_SIZE - heap->used) {
            return NULL;
        }
        block = heap->start + heap->used;
        heap->used += pages(size);
        if (old) {
            memcpy(block, old, old_size < size ? old_size : size);
        }
    }
    if (old) {
        (void)mprotect(old, pages(old_size), PROT_NONE); /* as well as it goes
                                                          */
    }
    return block;
}

/* stress(on) [-1, +0, -] */
static int l_stress(lua_State *L)
{
    void *ud;

    (void)lua_getallocf(L, &ud);
    ((heap_t *)ud)->stress = lua_toboolean(L, 1);
    return 0;
}

static const luaL_Reg libraries[] = {
    { LUA_GNAME, luaopen_base },
    { LUA_COLIBNAME, luaopen_coroutine },
    { LUA_STRLIBNAME, luaopen_string },
};

/* [-0, +1, e] Open the libraries and run the chunk that is the argument. */
static int l_main(lua_State *L)
{
    size_t i;

    for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_register(L, "stress", l_stress);
    if (luaL_loadstring(L, lua_touserdata(L, 1)) != LUA_OK) {
        return lua_error(L);
    }
    lua_call(L, 0, 1);
    return 1;
}

/* A crash is a finding. Caught, so that the kernel does not log it. */
static void on_crash(int signum)
{
    _exit(FOUND);
}

static int catch_crashes(void)
{
    static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE };
    static char room[16384]; /* the stack may be what is full */
    const stack_t stack = { .ss_sp = room, .ss_size = sizeof(room) };
    struct sigaction action = { 0 };
    size_t i;

    if (sigaltstack(&stack, NULL) != 0) {
        return 0;
    }
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        if (sigaction(deadly[i], &action, NULL) != 0) {
            return 0;
        }
    }
    return 1;
}

/* pthread_create's function: try one probe, end the process. */
static void *try_probe(void *arg)
{
    const probe_t *probe = arg;
    heap_t heap = { 0 };
    lua_State *L;
    int outcome = UNDECIDED;

    if (!catch_crashes()) {
        _exit(UNDECIDED);
    }
    heap.start = mmap(NULL, HEAP_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    L = heap.start != MAP_FAILED ? lua_newstate(heap_alloc, &heap) : NULL;
    if (L) {
        lua_pushcfunction(L, l_main);
        lua_pushlightuserdata(L, (void *)(apr_uintptr_t)probe->chunk);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
            outcome = lua_toboolean(L, -1) ? FOUND : ABSENT;
        }
    }
    _exit(outcome);
}

/* In the new process: nothing of a crash may be seen but the outcome. */
static void run_probe(const probe_t *probe)
{
    const struct rlimit none = { 0, 0 }, second = { 1, 1 };
    pthread_attr_t attr;
    pthread_t thread;

    if (setrlimit(RLIMIT_CORE, &none) != 0
        || setrlimit(RLIMIT_CPU, &second) != 0 || pthread_attr_init(&attr) != 0
        || pthread_attr_setstacksize(&attr, probe->stack_size) != 0
        || pthread_create(&thread, &attr, try_probe,
                          (void *)(apr_uintptr_t)probe)
               != 0) {
        _exit(UNDECIDED);
    }
    (void)pthread_join(thread, NULL); /* it ends the process */
    _exit(UNDECIDED);
}

/* Wait until nobody holds the other end of fd. */
static void wait_for_end(int fd)
{
    apr_time_t end = wfp_clock_now() + PATIENCE, left = PATIENCE;
    struct pollfd poll_fd = { .fd = fd };

    while (left > 0 && poll(&poll_fd, 1, (int)apr_time_as_msec(left) + 1) < 0
           && errno == EINTR) {
        left = end - wfp_clock_now();
    }
}

static int outcome_of(pid_t pid)
{
    int status;
    pid_t got;

    (void)kill(pid, SIGKILL); /* one that is over does not feel it */
    do {
        got = waitpid(pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    if (got != pid) {
        return UNDECIDED;
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    return WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU
               ? UNDECIDED
               : FOUND;
}

static void add_name(const char **ptext, const char *name, apr_pool_t *p)
{
    *ptext = apr_pstrcat(p, *ptext, **ptext ? ", " : "", name, NULL);
}

apr_status_t wfp_bugcheck_run(wfp_bugcheck_t *result, apr_pool_t *p)
{
    pid_t pids[PROBES];
    int ends[2];
    size_t i;

    result->found = result->undecided = "";
    if (pipe(ends) != 0) {
        return errno;
    }
    for (i = 0; i < PROBES; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            run_probe(&probes[i]);
        }
    }
    (void)close(ends[1]); /* only the processes hold it now */
    wait_for_end(ends[0]);
    (void)close(ends[0]); /* nothing was written */
    for (i = 0; i < PROBES; i++) {
        int outcome = pids[i] > 0 ? outcome_of(pids[i]) : UNDECIDED;

        if (outcome != ABSENT) {
            add_name(outcome == FOUND ? &result->found : &result->undecided,
                     probes[i].name, p);
        }
    }
    return APR_SUCCESS;
}
