/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store when many write at once, when a writer is killed, when the disk is
 * full, when the database goes and comes back. WFP_TEST_DB_CONTROL: a program
 * that takes "stop" or "start" and does so to the PostgreSQL of WFP_TEST_DB.
 */
#include <apr_file_info.h>
#include <apr_signal.h>
#include <apr_thread_proc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"

#include "store/changes.h"
#include "store/tx.h"
#include "store/versions.h"

#define PROCESSES 8
#define PUTS      25

/* The end of a child process: 0 when it went well. */
static int child_status(pid_t pid)
{
    int status = -1;

    waitpid(pid, &status, 0);
    return status;
}

/* Run fn in a child with a store of its own. */
static pid_t in_child(fixture_t *f, wfp_test_t *t,
                      void (*fn)(fixture_t *, wfp_test_t *, int), int n)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setjmp(t->out) == 0) {
            open_again(f, t);
            fn(f, t, n);
            fflush(stdout);
            _exit(0);
        }
        fflush(stdout);
        _exit(1);
    }
    return pid;
}

/* --- many writers -------------------------------------------------------- */

static void write_many(fixture_t *f_, wfp_test_t *t, int n)
{
    fixture_t f = *f_;
    const char *mine = apr_psprintf(t->pool, "w%d", n);
    int i;

    for (i = 0; i < PUTS; i++) {
        const char *name = i % 2 ? mine : "shared";

        OK(wfp_scripts_put(f.store, make_put("demo", name, "x", t->pool),
                           &f.res, t->pool));
    }
}

static void eight_processes_write(wfp_test_t *t)
{
    fixture_t f;
    pid_t pids[PROCESSES];
    apr_array_header_t *list;
    apr_int64_t latest;
    apr_time_t start;
    int lost, i;

    open_store(&f, t);
    fflush(stdout);
    start = apr_time_now();
    for (i = 0; i < PROCESSES; i++) {
        pids[i] = in_child(&f, t, write_many, i);
    }
    for (i = 0; i < PROCESSES; i++) {
        CHECK_INT(child_status(pids[i]), 0);
    }
    printf("# %s: %d deploys/s by %d processes\n", f.driver,
           (int)(PROCESSES * PUTS * APR_USEC_PER_SEC
                 / (apr_time_now() - start)),
           PROCESSES);
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 0, 1000, &f.res,
                         t->pool));
    CHECK_INT(latest, 1 + PROCESSES * PUTS);
    CHECK_INT(list->nelts, 1 + PROCESSES * PUTS);
    for (i = 0; i < list->nelts; i++) {
        CHECK_INT(APR_ARRAY_IDX(list, i, wfp_change_t).stamp, i + 1);
    }
    OK(wfp_versions_list(&list, f.store, "demo", "shared", &f.res, t->pool));
    CHECK_INT(APR_ARRAY_IDX(list, 0, wfp_version_info_t *)->number,
              PROCESSES * ((PUTS + 1) / 2));
}

typedef struct worker_t {
    fixture_t f;
    apr_pool_t *pool;
    int n;
    int faulty; /* every third mutation is refused, every fourth fails */
    const char *failed;
} worker_t;

static apr_status_t nonsense(wfp_dbd_t *db, void *baton)
{
    apr_int64_t stamp;
    apr_status_t rv = wfp_changes_take(&stamp, db);

    return rv == APR_SUCCESS ? wfp_dbd_direct(db, "SELEKT 1") : rv;
}

/* The last statement is wrong, whose answer nobody waits for. */
static apr_status_t nonsense_at_last(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t twice = {
        "counters_twice",
        "INSERT INTO counters (name, value) VALUES ('changes', 0)"
    };
    apr_int64_t stamp;
    apr_status_t rv = wfp_changes_take(&stamp, db);

    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &twice, NULL) : rv;
}

/* NULL, or what went wrong in the i-th turn. */
static const char *turn(worker_t *w, int i)
{
    wfp_script_t *got;
    wfp_result_t *res = &w->f.res;
    int refuse = w->faulty && i % 3 == 0, fail = w->faulty && i % 4 == 1;
    wfp_put_t *put = make_put(refuse ? "none" : "demo", "t", "x", w->pool);
    apr_status_t rv;

    wfp_result_init(res, w->pool);
    if (fail
        && (wfp_dbd_run(w->f.store, WFP_DBD_WRITE,
                        i % 8 == 1 ? nonsense : nonsense_at_last, NULL, res,
                        w->pool)
                == APR_SUCCESS
            || res->code != WFP_STORE_UNAVAILABLE)) {
        return "nonsense did not fail";
    }
    wfp_result_init(res, w->pool);
    rv = wfp_scripts_put(w->f.store, put, res, w->pool);
    if (refuse) {
        return res->code == WFP_NOT_FOUND ? NULL : "it was not refused";
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_get(&got, w->f.store, "demo", "t", res, w->pool);
    }
    return rv == APR_SUCCESS ? NULL : res->message;
}

static void *APR_THREAD_FUNC thread_body(apr_thread_t *thread, void *data)
{
    worker_t *w = data;
    int i;

    for (i = 0; i < w->n && !w->failed; i++) {
        w->failed = turn(w, i);
    }
    return NULL;
}

/* Deploys by threads of one store; how long it took. */
static apr_interval_time_t with_threads(fixture_t *f, wfp_test_t *t, int n,
                                        int faulty)
{
    worker_t workers[PROCESSES];
    apr_thread_t *threads[PROCESSES];
    apr_time_t start = apr_time_now();
    apr_status_t rv;
    int i;

    memset(workers, 0, sizeof(workers));
    for (i = 0; i < PROCESSES; i++) {
        worker_t *w = &workers[i];

        w->f = *f;
        w->n = n;
        w->faulty = faulty;
        apr_pool_create_unmanaged_ex(&w->pool, NULL, NULL);
        CHECK(apr_thread_create(&threads[i], NULL, thread_body, w, t->pool)
              == APR_SUCCESS);
    }
    for (i = 0; i < PROCESSES; i++) {
        CHECK(apr_thread_join(&rv, threads[i]) == APR_SUCCESS);
    }
    start = apr_time_now() - start;
    for (i = 0; i < PROCESSES; i++) {
        CHECK_STR(workers[i].failed ? workers[i].failed : "", "");
        apr_pool_destroy(workers[i].pool);
    }
    return start;
}

static void threads_share_a_store(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_t *got;
    apr_interval_time_t took;

    open_store(&f, t);
    took = with_threads(&f, t, PUTS, 0);
    printf("# %s: %d deploys/s by %d threads\n", f.driver,
           (int)(PROCESSES * PUTS * APR_USEC_PER_SEC / took), PROCESSES);
    OK(wfp_scripts_get(&got, f.store, "demo", "t", &f.res, t->pool));
    CHECK_INT(got->number, PROCESSES * PUTS);
}

static void nobody_fails_for_his_neighbour(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_t *got;
    apr_array_header_t *list;
    apr_int64_t latest;
    int lost;

    open_store(&f, t);
    (void)with_threads(&f, t, 12, 1);
    OK(wfp_scripts_get(&got, f.store, "demo", "t", &f.res, t->pool));
    CHECK_INT(got->number, PROCESSES * 8);
    /* neither the refused nor the failed left a number */
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 0, 1000, &f.res,
                         t->pool));
    CHECK_INT(latest, 1 + PROCESSES * 8);
    CHECK_INT(list->nelts, latest);
}

/* --- a reader beside writers --------------------------------------------- */

static void write_pairs(fixture_t *f_, wfp_test_t *t, int n)
{
    fixture_t f = *f_;
    int i;

    for (i = 0; i < n; i++) {
        const char *text = apr_itoa(t->pool, i);
        wfp_put_t *put = make_put("demo", "pair", text, t->pool);

        add_module(put->script, "other.txt", text, strlen(text));
        put->versions_kept = 1;
        OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    }
}

static void readers_see_whole_versions(wfp_test_t *t)
{
    fixture_t f;
    pid_t pid;
    int i;
    apr_pool_t *sub;

    open_store(&f, t);
    write_pairs(&f, t, 1);
    fflush(stdout);
    pid = in_child(&f, t, write_pairs, 60);
    apr_pool_create(&sub, t->pool);
    for (i = 0; i < 300; i++) {
        wfp_script_t *got;

        apr_pool_clear(sub);
        OK(wfp_scripts_get(&got, f.store, "demo", "pair", &f.res, sub));
        CHECK_INT(got->modules->nelts, 2);
        CHECK_STR(wfp_script_module(got, "worker.lua")->data,
                  wfp_script_module(got, "other.txt")->data);
    }
    CHECK_INT(child_status(pid), 0);
}

/* --- a killed writer ----------------------------------------------------- */

static int ready_pipe[2];

static apr_status_t half_a_write(wfp_dbd_t *db, void *baton)
{
    apr_status_t rv = wfp_dbd_direct(
        db, "UPDATE counters SET value = value + 1 WHERE name = 'changes'");

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_direct(db, "DELETE FROM scripts");
    }
    if (rv == APR_SUCCESS && write(ready_pipe[1], "x", 1) == 1) {
        apr_sleep(apr_time_from_sec(60));
    }
    return APR_EGENERAL;
}

static void write_half(fixture_t *f, wfp_test_t *t, int n)
{
    CHECK(wfp_dbd_run(f->store, WFP_DBD_WRITE, half_a_write, NULL, &f->res,
                      t->pool)
          != APR_SUCCESS);
}

static void killed_writer_leaves_nothing(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_t *got;
    wfp_put_t *put;
    apr_time_t start;
    pid_t pid;
    char c;

    open_store(&f, t);
    OK(wfp_scripts_put(f.store, make_put("demo", "a", "one", t->pool), &f.res,
                       t->pool));
    fflush(stdout);
    CHECK(pipe(ready_pipe) == 0);
    pid = in_child(&f, t, write_half, 0);
    CHECK(read(ready_pipe[0], &c, 1) == 1);
    /* readers do not wait for a writer */
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK(kill(pid, SIGKILL) == 0);
    start = apr_time_now();
    (void)child_status(pid);
    put = make_put("demo", "a", "two", t->pool);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    CHECK(apr_time_now() - start < apr_time_from_sec(30));
    CHECK_INT(put->script->stamp, 3);
    CHECK_INT(put->script->number, 2);
    close(ready_pipe[0]);
    close(ready_pipe[1]);
}

/* Kills at any moment: what was answered is there, the rest is whole. */
static void killed_at_random(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    apr_int64_t latest;
    int lost, i;

    open_store(&f, t);
    write_pairs(&f, t, 1);
    fflush(stdout);
    for (i = 0; i < 12; i++) {
        wfp_script_t *got;
        pid_t pid = in_child(&f, t, write_pairs, 1000);

        apr_sleep(15000 + i * 3700);
        CHECK(kill(pid, SIGKILL) == 0);
        (void)child_status(pid);
        OK(wfp_changes_since(&list, &latest, &lost, f.store, 0, 100000, &f.res,
                             t->pool));
        CHECK_INT(list->nelts, latest);
        OK(wfp_scripts_get(&got, f.store, "demo", "pair", &f.res, t->pool));
        CHECK_INT(got->modules->nelts, 2);
        CHECK_STR(wfp_script_module(got, "worker.lua")->data,
                  wfp_script_module(got, "other.txt")->data);
        /* PostgreSQL may finish a COMMIT whose client is dead */
        CHECK(got->stamp >= latest);
    }
}

/* --- a full disk --------------------------------------------------------- */

static void write_on_full_disk(fixture_t *f_, wfp_test_t *t, int n)
{
    fixture_t f = *f_;
    struct rlimit limit, small;
    wfp_script_t *got;
    wfp_put_t *put;
    apr_size_t size = 4 * 1024 * 1024;
    int i;

    OK(wfp_scripts_put(f.store, make_put("demo", "a", "one", t->pool), &f.res,
                       t->pool));
    apr_signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    small = limit;
    small.rlim_cur = 2 * 1024 * 1024;
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    put = make_put("demo", "a", "two", t->pool);
    add_module(put->script, "big.bin", apr_pcalloc(t->pool, size), size);
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool),
            WFP_STORE_UNAVAILABLE);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    for (i = 1; i <= 2; i++) {
        OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
        CHECK_INT(got->number, i);
        CHECK_INT(got->modules->nelts, i);
        if (i == 1) { /* there is room again */
            OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
        }
    }
}

static void full_disk_is_refused(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    if (is_pgsql(&f)) {
        t->skip = "the disk is PostgreSQL's";
        return;
    }
    fflush(stdout);
    CHECK_INT(child_status(in_child(&f, t, write_on_full_disk, 0)), 0);
}

/* --- gone and back ------------------------------------------------------- */

static void control(wfp_test_t *t, const char *program, const char *action)
{
    const char *args[] = { program, action, NULL };
    apr_procattr_t *attr;
    apr_proc_t proc;
    apr_exit_why_e why;
    int status;

    CHECK(apr_procattr_create(&attr, t->pool) == APR_SUCCESS);
    CHECK(apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV) == APR_SUCCESS);
    CHECK(apr_proc_create(&proc, program, args, NULL, attr, t->pool)
          == APR_SUCCESS);
    CHECK(apr_proc_wait(&proc, &status, &why, APR_WAIT) == APR_CHILD_DONE);
    CHECK_INT(status, 0);
}

static void pgsql_stops_and_starts(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_t *got;
    char *program;

    open_store(&f, t);
    if (!is_pgsql(&f)
        || apr_env_get(&program, "WFP_TEST_DB_CONTROL", t->pool)
               != APR_SUCCESS) {
        t->skip = "needs a PostgreSQL that can be stopped";
        return;
    }
    OK(wfp_scripts_put(f.store, make_put("demo", "a", "x", t->pool), &f.res,
                       t->pool));
    /* a restart nobody saw: the pool's connections are dead */
    control(t, program, "stop");
    control(t, program, "start");
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    control(t, program, "stop");
    REFUSED(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool),
            WFP_STORE_UNAVAILABLE);
    REFUSED(wfp_scripts_put(f.store, make_put("demo", "a", "y", t->pool),
                            &f.res, t->pool),
            WFP_STORE_UNAVAILABLE);
    control(t, program, "start");
    apr_sleep(apr_time_from_msec(1100)); /* nobody tries within a second */
    OK(wfp_scripts_put(f.store, make_put("demo", "a", "z", t->pool), &f.res,
                       t->pool));
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->number, 2);
}

static void sqlite_file_goes_and_comes(wfp_test_t *t)
{
    fixture_t f;
    wfp_store_t *late = NULL;
    wfp_namespace_t *ns;
    apr_finfo_t info;
    const char *away;

    open_store(&f, t);
    if (is_pgsql(&f)) {
        t->skip = "SQLite's";
        return;
    }
    away = apr_pstrcat(t->pool, f.params, ".away", NULL);
    CHECK(apr_file_rename(f.params, away, t->pool) == APR_SUCCESS);
    REFUSED(wfp_store_open(&late, f.driver, f.params, 1, &f.res, t->pool),
            WFP_STORE_UNAVAILABLE);
    CHECK(late != NULL);
    /* asking must not make an empty database */
    CHECK(apr_stat(&info, f.params, APR_FINFO_TYPE, t->pool) != APR_SUCCESS);
    CHECK(apr_file_rename(away, f.params, t->pool) == APR_SUCCESS);
    OK(wfp_namespaces_get(&ns, late, "demo", &f.res, t->pool));
}

static const wfp_test_case_t cases[] = {
    { "eight processes write", eight_processes_write },
    { "threads share a store", threads_share_a_store },
    { "nobody fails for his neighbour", nobody_fails_for_his_neighbour },
    { "readers see whole versions", readers_see_whole_versions },
    { "killed writer leaves nothing", killed_writer_leaves_nothing },
    { "killed at random", killed_at_random },
    { "full disk is refused", full_disk_is_refused },
    { "pgsql stops and starts", pgsql_stops_and_starts },
    { "sqlite file goes and comes", sqlite_file_goes_and_comes },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
