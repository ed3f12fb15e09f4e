/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry under eight processes that read and write at full speed while
 * the parent kills writers with SIGKILL wherever they are, then everything is
 * walked and each committed entry must be readable; and the same with threads,
 * for the thread sanitizer. WFP_STRESS_SECONDS (10) is the time of the first.
 *
 * Two segments: in `roomy` nothing is ever evicted, so what was committed
 * must be there; `tight` is a tenth of what its keys need.
 */
#include <apr_shm.h>
#include <apr_strings.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/registry.h"
#include "tests/unit/wfp_test.h"

#define WORKERS    8
#define WRITERS    5
#define KEYS       2000 /* in roomy; the upper half is deleted now and then */
#define STABLE     (KEYS / 2)
#define TIGHT_KEYS 4000
#define BODY_MAX   2000
#define STEPS      2500 /* instructions of a write, more or less */

/* What all processes see. */
typedef struct board_t {
    apr_int64_t next_stamp;
    apr_int64_t committed[KEYS]; /* stamp whose put has returned; 0: none */
    apr_uint64_t reads, writes;
    int stop;
    int failed;
    char why[200];
} board_t;

typedef struct stress_t {
    board_t *board;
    wfp_registry_t *roomy;
    wfp_registry_t *tight;
} stress_t;

/* One worker's own. */
typedef struct worker_t {
    const stress_t *stress;
    int index;
    apr_uint64_t seed;
    apr_pool_t *pool;
} worker_t;

static apr_uint32_t any(worker_t *w, apr_uint32_t below)
{
    w->seed ^= w->seed << 13;
    w->seed ^= w->seed >> 7;
    w->seed ^= w->seed << 17;
    return (apr_uint32_t)(w->seed >> 20) % below;
}

static void fail(board_t *board, const char *why, int key)
{
    int expected = 0;

    if (__atomic_compare_exchange_n(&board->failed, &expected, 1, 0,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        apr_snprintf(board->why, sizeof(board->why), "key %d: %s", key, why);
    }
    __atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
}

static int is_stopped(const board_t *board)
{
    return __atomic_load_n(&board->stop, __ATOMIC_ACQUIRE);
}

static apr_int64_t new_stamp(board_t *board)
{
    return __atomic_add_fetch(&board->next_stamp, 1, __ATOMIC_ACQ_REL);
}

/* The body of a key at a stamp: anybody can tell whether it is whole. */
static apr_size_t body_make(char *body, int key, apr_int64_t stamp)
{
    apr_size_t n = (apr_size_t)(stamp * 7919 + key) % BODY_MAX, i;

    for (i = 0; i < n; i++) {
        body[i] = (char)((apr_size_t)stamp + (apr_size_t)key + i * 31);
    }
    return n;
}

static void entry_make(wfp_entry_t *entry, int key, apr_int64_t stamp)
{
    memset(entry, 0, sizeof(*entry));
    apr_snprintf(entry->ns, sizeof(entry->ns), "ns-%d", key % 17);
    apr_snprintf(entry->name, sizeof(entry->name), "worker-%d", key);
    apr_snprintf(entry->version_id, sizeof(entry->version_id), "%d-%ld", key,
                 (long)stamp);
    entry->stamp = stamp;
    entry->flags = (apr_uint32_t)stamp * 3 + (apr_uint32_t)key;
    wfp_limits_clear(&entry->limits);
    entry->limits.v[stamp % WFP_LIMIT_COUNT] = stamp;
}

/* Is all of what was read of one and the same put? */
static const char *entry_wrong(const wfp_entry_t *got, const char *body,
                               int key)
{
    char want_body[BODY_MAX];
    apr_size_t n = body_make(want_body, key, got->stamp);
    wfp_entry_t want;

    entry_make(&want, key, got->stamp);
    if (strcmp(got->ns, want.ns) || strcmp(got->name, want.name)) {
        return "another name";
    }
    if (strcmp(got->version_id, want.version_id) || got->flags != want.flags
        || memcmp(&got->limits, &want.limits, sizeof(want.limits))) {
        return "version, flags or limits are of another put";
    }
    if (got->body_size != n || memcmp(body, want_body, n)) {
        return "the body is of another put";
    }
    return NULL;
}

/* Read a key until there is a clear answer. @return 1: there, and right;
 * 0: not there; -1: wrong, *pwhy */
static int key_read(const char **pwhy, wfp_registry_t *reg, int key,
                    apr_int64_t at_least, apr_pool_t *p)
{
    wfp_entry_t want, got;
    const char *body;
    apr_status_t rv;
    int tries;

    entry_make(&want, key, 0);
    for (tries = 0; tries < 5000; tries++) {
        if (tries > 100) {
            usleep(200);
        }
        apr_pool_clear(p);
        rv = wfp_registry_get(&got, reg, want.ns, want.name);
        if (rv == APR_SUCCESS) {
            rv = wfp_registry_body(&body, reg, &got, p);
            if (rv == APR_SUCCESS) {
                *pwhy = got.stamp < at_least ? "older than what was committed"
                                             : entry_wrong(&got, body, key);
                return *pwhy ? -1 : 1;
            }
            continue;
        }
        if (rv == APR_NOTFOUND) {
            return 0;
        }
        /* not there, or its writer sleeps or died in it: claim knows */
        rv = wfp_registry_claim(reg, want.ns, want.name);
        if (rv == APR_SUCCESS) {
            wfp_registry_unclaim(reg, want.ns, want.name);
            return 0;
        }
        if (rv != APR_EBUSY) {
            *pwhy = "the mutex failed";
            return -1;
        }
    }
    *pwhy = "no answer";
    return -1;
}

static void roomy_read(worker_t *w, int key)
{
    board_t *board = w->stress->board;
    apr_int64_t committed = __atomic_load_n(&board->committed[key],
                                            __ATOMIC_ACQUIRE);
    const char *why = NULL;
    int there;

    if (key >= STABLE) {
        /* may be deleted, and claimed by other readers */
        wfp_entry_t want;

        entry_make(&want, key, 0);
        (void)!wfp_registry_get(&want, w->stress->roomy, want.ns, want.name);
        return;
    }
    if (!committed) {
        return;
    }
    there = key_read(&why, w->stress->roomy, key, committed, w->pool);
    if (there <= 0) {
        fail(board, there ? why : "a committed entry is gone", key);
    }
    (void)__atomic_add_fetch(&board->reads, 1, __ATOMIC_RELAXED);
}

/* Only one writer ever writes a key, so what it committed last is the key's
 * state, whoever else was killed where. */
static void roomy_write(worker_t *w, int key)
{
    board_t *board = w->stress->board;
    apr_int64_t stamp = new_stamp(board);
    char body[BODY_MAX];
    wfp_entry_t entry;
    apr_status_t rv;

    entry_make(&entry, key, stamp);
    if (key >= STABLE && any(w, 2)) {
        rv = wfp_registry_put_absent(w->stress->roomy, entry.ns, entry.name,
                                     stamp);
    }
    else {
        rv = wfp_registry_put(w->stress->roomy, &entry, body,
                              body_make(body, key, stamp), NULL);
    }
    if (rv != APR_SUCCESS) {
        fail(board, "a write failed", key);
        return;
    }
    __atomic_store_n(&board->committed[key], stamp, __ATOMIC_RELEASE);
    (void)__atomic_add_fetch(&board->writes, 1, __ATOMIC_RELAXED);
}

static void tight_read(worker_t *w, int key)
{
    const char *why = NULL, *body;
    wfp_entry_t got;

    entry_make(&got, key, 0);
    apr_pool_clear(w->pool);
    if (wfp_registry_get(&got, w->stress->tight, got.ns, got.name)
            == APR_SUCCESS
        && wfp_registry_body(&body, w->stress->tight, &got, w->pool)
               == APR_SUCCESS) {
        why = entry_wrong(&got, body, key);
        if (why) {
            fail(w->stress->board, why, key);
        }
    }
}

static void tight_write(worker_t *w, int key)
{
    wfp_registry_t *reg = w->stress->tight;
    apr_int64_t stamp = new_stamp(w->stress->board);
    char body[BODY_MAX];
    wfp_entry_t entry;
    apr_status_t rv;

    entry_make(&entry, key, stamp);
    switch (any(w, 400)) {
    case 0:
        rv = wfp_registry_drop_namespace(reg, entry.ns, stamp);
        break;
    case 1 ... 20:
        rv = wfp_registry_put_absent(reg, entry.ns, entry.name, stamp);
        break;
    case 21 ... 40:
        rv = wfp_registry_invalidate(reg, entry.ns, entry.name, stamp);
        break;
    case 41 ... 60:
        rv = wfp_registry_claim(reg, entry.ns, entry.name);
        rv = rv == APR_EBUSY ? APR_SUCCESS : rv;
        break;
    default:
        rv = wfp_registry_put(reg, &entry, body, body_make(body, key, stamp),
                              NULL);
    }
    if (rv != APR_SUCCESS) {
        fail(w->stress->board, "a write failed", key);
    }
}

static void work(worker_t *w)
{
    while (!is_stopped(w->stress->board)) {
        if (w->index >= WRITERS) {
            roomy_read(w, (int)any(w, KEYS));
            tight_read(w, (int)any(w, TIGHT_KEYS));
            continue;
        }
        roomy_write(w, (int)any(w, KEYS / WRITERS) * WRITERS + w->index);
        roomy_read(w, (int)any(w, KEYS));
        tight_write(w, (int)any(w, TIGHT_KEYS));
    }
}

static void work_init(worker_t *w, const stress_t *stress, int index,
                      apr_uint64_t seed)
{
    w->stress = stress;
    w->index = index;
    w->seed = seed * 0x9e3779b97f4a7c15ULL + (apr_uint64_t)index + 1;
    apr_pool_create(&w->pool, NULL);
}

/* SIGKILL after some time on a CPU: then it surely is in the middle of
 * something. */
static void die_some_time(worker_t *w)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
                              .sigev_signo = SIGKILL };
    struct itimerspec when = { .it_value.tv_nsec = 1 + (long)any(w, 40000000) };
    timer_t timer;

    if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer)
        || timer_settime(timer, 0, &when, NULL)) {
        fail(w->stress->board, "no timer", 0);
    }
}

static pid_t spawn(const stress_t *stress, int index, apr_uint64_t seed)
{
    pid_t pid;

    fflush(stdout); /* what a child inherits unwritten it would write again */
    pid = fork();
    if (pid == 0) {
        worker_t w;

        (void)!nice(10); /* or the parent would seldom come to its turn */
        work_init(&w, stress, index, seed);
        if (index < WRITERS) {
            die_some_time(&w);
        }
        work(&w);
        _exit(0);
    }
    return pid;
}

static void stress_make(stress_t *stress, wfp_test_t *t)
{
    apr_shm_t *shm;

    CHECK_INT(apr_shm_create(&shm, sizeof(board_t), NULL, t->pool),
              APR_SUCCESS);
    stress->board = apr_shm_baseaddr_get(shm);
    CHECK_INT(wfp_registry_create(&stress->roomy, 16 * 1024 * 1024, NULL,
                                  t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_registry_create(&stress->tight, 1024 * 1024, NULL, t->pool),
              APR_SUCCESS);
}

static void check_all(const stress_t *stress, wfp_test_t *t)
{
    const char *why = "";
    apr_status_t rv;
    wfp_result_t res;
    int key, there;
    apr_pool_t *p;

    wfp_result_init(&res, t->pool);
    rv = wfp_registry_validate(stress->roomy, &res);
    CHECK_STR(rv == APR_SUCCESS ? "" : res.message, "");
    rv = wfp_registry_validate(stress->tight, &res);
    CHECK_STR(rv == APR_SUCCESS ? "" : res.message, "");
    apr_pool_create(&p, t->pool);
    for (key = 0; key < STABLE; key++) {
        apr_int64_t committed = __atomic_load_n(&stress->board->committed[key],
                                                __ATOMIC_ACQUIRE);

        if (committed) {
            there = key_read(&why, stress->roomy, key, committed, p);
            CHECK_STR(there > 0 ? "" : there ? why : "committed, but gone", "");
        }
    }
    apr_pool_destroy(p);
    CHECK_STR(stress->board->why, "");
}

static int seconds(void)
{
    const char *text = getenv("WFP_STRESS_SECONDS");
    apr_int64_t n = text ? apr_strtoi64(text, NULL, 10) : 10;

    return n < 1 || n > 3600 ? 10 : (int)n;
}

static void print_numbers(const stress_t *stress, int kills)
{
    wfp_registry_stats_t a, b;

    wfp_registry_stats(&a, stress->roomy);
    wfp_registry_stats(&b, stress->tight);
    printf("# %" APR_UINT64_T_FMT " reads, %" APR_UINT64_T_FMT " writes, %d "
           "kills, %" APR_UINT64_T_FMT "+%" APR_UINT64_T_FMT " repairs, "
           "%" APR_UINT64_T_FMT " bodies and %" APR_UINT64_T_FMT
           " entries evicted\n",
           stress->board->reads, stress->board->writes, kills, a.repairs,
           b.repairs, b.evicted_bodies, b.evicted_entries);
}

/* Start others in the place of writers that are dead. @return how many */
static int replace_dead(pid_t *pids, const stress_t *stress, worker_t *w)
{
    int i, status, dead = 0;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (i = 0; i < WORKERS && pids[i] != pid; i++) {
            continue;
        }
        if (i >= WRITERS || !WIFSIGNALED(status)
            || WTERMSIG(status) != SIGKILL) {
            fail(stress->board, "a worker crashed", i);
            return dead;
        }
        dead++;
        pids[i] = spawn(stress, i, w->seed + (apr_uint64_t)dead);
    }
    return dead;
}

static void registry_survives_killed_writers(wfp_test_t *t)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds());
    apr_time_t look = 0;
    pid_t pids[WORKERS];
    stress_t stress;
    int i, status, kills = 0;
    worker_t w;

    stress_make(&stress, t);
    work_init(&w, &stress, WORKERS, (apr_uint64_t)apr_time_now());
    for (i = 0; i < WORKERS; i++) {
        pids[i] = spawn(&stress, i, w.seed + (apr_uint64_t)i);
    }
    while (apr_time_now() < end && !is_stopped(stress.board)) {
        usleep(any(&w, 4000));
        if (!any(&w, 4)) {
            kill(pids[any(&w, WRITERS)], SIGKILL);
        }
        kills += replace_dead(pids, &stress, &w);
        if (apr_time_now() > look) {
            check_all(&stress, t);
            look = apr_time_now() + apr_time_from_sec(1);
        }
    }
    /* the last ones die in the middle of it too */
    for (i = 0; i < WRITERS; i++) {
        kill(pids[i], SIGKILL);
    }
    __atomic_store_n(&stress.board->stop, 1, __ATOMIC_RELEASE);
    for (i = 0; i < WORKERS; i++) {
        if (waitpid(pids[i], &status, 0) != pids[i]
            || (i >= WRITERS && status)) {
            fail(stress.board, "a worker crashed", i);
        }
    }
    print_numbers(&stress, kills);
    check_all(&stress, t);
}

/* One write, stepped through by the parent. Odd keys are replaced; for even
 * ones a slot comes and goes, and those behind it move. */
static void step_child(worker_t *w, int key)
{
    const stress_t *stress = w->stress;
    char body[BODY_MAX], name[20];
    wfp_entry_t entry;
    apr_size_t n;

    entry_make(&entry, key, new_stamp(stress->board));
    n = body_make(body, key, entry.stamp);
    apr_snprintf(name, sizeof(name), "unknown-%d", (int)any(w, 1000));
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    if (key % 2) {
        if (wfp_registry_put(stress->tight, &entry, body, n, NULL)
            == APR_SUCCESS) {
            __atomic_store_n(&stress->board->committed[key], entry.stamp,
                             __ATOMIC_RELEASE);
        }
    }
    else if (wfp_registry_claim(stress->tight, "ns", name) == APR_SUCCESS) {
        wfp_registry_unclaim(stress->tight, "ns", name);
    }
    _exit(0);
}

/* Let it do so many instructions, then kill it. @return 0: no ptrace here */
static int step_and_kill(pid_t pid, apr_uint32_t steps)
{
    int status, works = 1;

    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        return 0;
    }
    while (steps-- && works && WIFSTOPPED(status)) {
        works = !ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL)
                && waitpid(pid, &status, 0) == pid;
    }
    if (WIFSTOPPED(status)) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    return works;
}

static void registry_survives_a_kill_at_any_instruction(wfp_test_t *t)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(seconds()) / 4;
    stress_t stress;
    int key, kills = 0;
    worker_t w;
    pid_t pid;

    stress_make(&stress, t);
    stress.roomy = stress.tight; /* half full of bodies, and its index full */
    work_init(&w, &stress, 0, (apr_uint64_t)apr_time_now());
    for (key = 0; key < KEYS; key++) {
        if (key < STABLE / 4) {
            roomy_write(&w, key);
        }
        else {
            wfp_entry_t entry;

            entry_make(&entry, key, 0);
            CHECK_INT(wfp_registry_claim(stress.tight, entry.ns, entry.name),
                      APR_SUCCESS);
        }
    }
    while (apr_time_now() < end) {
        key = (int)any(&w, STABLE / 4);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            step_child(&w, key);
        }
        if (!step_and_kill(pid, any(&w, STEPS))) {
            t->skip = "no ptrace here";
            break;
        }
        kills++;
        check_all(&stress, t);
    }
    print_numbers(&stress, kills);
    apr_pool_destroy(w.pool);
}

static void *thread_main(void *arg)
{
    work(arg);
    return NULL;
}

static void registry_serves_threads(wfp_test_t *t)
{
    pthread_t threads[WORKERS];
    worker_t workers[WORKERS];
    stress_t stress;
    int i;

    stress_make(&stress, t);
    for (i = 0; i < WORKERS; i++) {
        work_init(&workers[i], &stress, i, (apr_uint64_t)apr_time_now());
        CHECK_INT(pthread_create(&threads[i], NULL, thread_main, &workers[i]),
                  0);
    }
    for (i = 0; i < 20 && !is_stopped(stress.board); i++) {
        usleep((useconds_t)seconds() * 10000);
    }
    __atomic_store_n(&stress.board->stop, 1, __ATOMIC_RELEASE);
    for (i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        apr_pool_destroy(workers[i].pool);
    }
    print_numbers(&stress, 0);
    check_all(&stress, t);
}

static const wfp_test_case_t cases[] = {
    { "registry_survives_killed_writers", registry_survives_killed_writers },
    { "registry_survives_a_kill_at_any_instruction",
      registry_survives_a_kill_at_any_instruction },
    { "registry_serves_threads", registry_serves_threads },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
