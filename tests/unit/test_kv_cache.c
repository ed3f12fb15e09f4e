/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of KV values: the numbers that say whether it holds, room
 * that is shared, and processes that read, write and are killed meanwhile. No
 * get may say what was before a put that has returned.
 */
#include "services/kv.h"

#include <apr_file_io.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "services/sqlite.h"
#include "tests/unit/wfp_test.h"

#define NS    "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"
#define MB    ((apr_size_t)1 << 20)

static apr_status_t remove_tree(void *data)
{
    const char *root = data, *dir;
    apr_pool_t *p;
    apr_dir_t *d;
    apr_finfo_t info;

    apr_pool_create(&p, NULL);
    dir = apr_pstrcat(p, root, "/kv", NULL);
    if (apr_dir_open(&d, dir, p) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
            (void)apr_file_remove(apr_pstrcat(p, dir, "/", info.name, NULL), p);
        }
        (void)apr_dir_close(d);
    }
    (void)apr_dir_remove(dir, p);
    (void)apr_dir_remove(root, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

/* A data folder in which the namespace has a file. */
static const char *make_dir(wfp_test_t *t)
{
    char *dir = apr_pstrdup(t->pool, "/tmp/wfp-kvc-XXXXXX");
    apr_file_t *file;

    CHECK(mkdtemp(dir));
    apr_pool_cleanup_register(t->pool, dir, remove_tree, apr_pool_cleanup_null);
    CHECK_INT(apr_dir_make(apr_pstrcat(t->pool, dir, "/kv", NULL),
                           APR_FPROT_OS_DEFAULT, t->pool),
              APR_SUCCESS);
    CHECK_INT(apr_file_open(&file,
                            apr_pstrcat(t->pool, dir, "/kv/" NS ".sqlite",
                                        NULL),
                            APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                            APR_FPROT_OS_DEFAULT, t->pool),
              APR_SUCCESS);
    CHECK_INT(apr_file_close(file), APR_SUCCESS);
    return dir;
}

/* ---- numbers ------------------------------------------------------------------ */

static wfp_kv_clock_t *open_clock(wfp_test_t *t, const char *dir)
{
    wfp_kv_clock_t *clock = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_kv_clock_open(&clock, apr_pstrcat(t->pool, dir, "/kv", NULL),
                                &res, t->pool),
              APR_SUCCESS);
    return clock;
}

static wfp_kv_place_t place_of(const char *ns, const char *key)
{
    wfp_kv_place_t place;

    wfp_kv_clock_place(&place, ns, key, key ? strlen(key) : 0);
    return place;
}

static void numbers(wfp_test_t *t)
{
    const char *dir = make_dir(t);
    wfp_kv_clock_t *one = open_clock(t, dir), *two = open_clock(t, dir);
    wfp_kv_place_t a = place_of(NS, "a"), b = place_of(NS, "b");
    wfp_kv_place_t all = place_of(NS, NULL), other = place_of(OTHER, "a");
    apr_int64_t at = wfp_kv_clock_read(two, &a), b_at;
    wfp_kv_write_t write;

    CHECK(at > 0);
    CHECK(wfp_kv_clock_is_still(two, &a));
    CHECK_INT(wfp_kv_clock_begin(&write, one, &a, 0), APR_SUCCESS);
    CHECK(wfp_kv_clock_read(two, &a) > at);
    CHECK(!wfp_kv_clock_is_still(two, &a));
    CHECK(!wfp_kv_clock_is_still(one, &a));
    CHECK(wfp_kv_clock_is_still(two, &b));
    CHECK(wfp_kv_clock_is_still(two, &other));
    at = wfp_kv_clock_read(two, &a);
    wfp_kv_clock_end(one, &write);
    CHECK(wfp_kv_clock_read(two, &a) > at);
    CHECK(wfp_kv_clock_is_still(two, &a));
    /* a whole namespace */
    b_at = wfp_kv_clock_read(two, &b);
    CHECK_INT(wfp_kv_clock_begin(&write, one, &all, 0), APR_SUCCESS);
    CHECK(wfp_kv_clock_read(two, &b) > b_at);
    CHECK(!wfp_kv_clock_is_still(two, &b));
    CHECK(wfp_kv_clock_is_still(two, &other));
    wfp_kv_clock_end(one, &write);
    CHECK(wfp_kv_clock_is_still(two, &b));
}

static void told(wfp_test_t *t)
{
    wfp_kv_clock_t *clock = open_clock(t, make_dir(t));
    char name[WFP_KV_CHANGE_NAME_SIZE];
    wfp_kv_place_t place;
    apr_int64_t at;
    int i;

    for (i = 0; i < 100; i++) {
        const char *key = apr_psprintf(t->pool, "key %d", i);

        place = place_of(NS, key);
        at = wfp_kv_clock_read(clock, &place);
        wfp_kv_change_name(name, NS, key, strlen(key));
        wfp_kv_clock_tell(clock, name);
        CHECK(wfp_kv_clock_read(clock, &place) == at + 1);
    }
    place = place_of(NS, "a");
    at = wfp_kv_clock_read(clock, &place);
    wfp_kv_change_name(name, NS, NULL, 0);
    CHECK_STR(name, NS);
    wfp_kv_clock_tell(clock, name);
    CHECK(wfp_kv_clock_read(clock, &place) == at + 1);
    wfp_kv_change_name(name, OTHER, NULL, 0);
    wfp_kv_clock_tell(clock, name);
    CHECK(wfp_kv_clock_read(clock, &place) == at + 1);
    wfp_kv_clock_tell(clock, NULL);
    CHECK(wfp_kv_clock_read(clock, &place) == at + 2);
}

/* A process that announces many writes and dies. */
static void die_writing(wfp_test_t *t, const char *dir, int count)
{
    pid_t pid = fork();
    int status, i;

    if (pid == 0) {
        wfp_kv_clock_t *clock = open_clock(t, dir);
        wfp_kv_write_t write;

        for (i = 0; i < count; i++) {
            wfp_kv_place_t place = place_of(NS, i ? apr_itoa(t->pool, i) : "a");

            if (wfp_kv_clock_begin(&write, clock, &place, 0) != APR_SUCCESS) {
                _exit(1);
            }
        }
        (void)kill(getpid(), SIGKILL);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void a_writer_dies(wfp_test_t *t)
{
    const char *dir = make_dir(t);
    wfp_kv_clock_t *clock = open_clock(t, dir);
    wfp_kv_place_t a = place_of(NS, "a");
    wfp_kv_write_t write;
    apr_int64_t at;

    die_writing(t, dir, 1);
    at = wfp_kv_clock_read(clock, &a);
    /* what was read with this number may be half of the truth */
    CHECK(!wfp_kv_clock_is_still(clock, &a));
    CHECK(wfp_kv_clock_read(clock, &a) > at);
    CHECK(wfp_kv_clock_is_still(clock, &a));
    /* all places are the dead's */
    die_writing(t, dir, 1024);
    CHECK_INT(wfp_kv_clock_begin(&write, clock, &a, 0), APR_SUCCESS);
    wfp_kv_clock_end(clock, &write);
}

static void places_run_out(wfp_test_t *t)
{
    wfp_kv_clock_t *clock = open_clock(t, make_dir(t));
    wfp_kv_place_t a = place_of(NS, "a");
    wfp_kv_write_t write[1024], more;
    int i;

    for (i = 0; i < 1024; i++) {
        CHECK_INT(wfp_kv_clock_begin(&write[i], clock, &a, 0), APR_SUCCESS);
    }
    CHECK_INT(wfp_kv_clock_begin(&more, clock, &a,
                                 wfp_clock_now() + apr_time_from_msec(20)),
              APR_EBUSY);
    for (i = 0; i < 1024; i++) {
        CHECK(!wfp_kv_clock_is_still(clock, &a));
        wfp_kv_clock_end(clock, &write[i]);
    }
    CHECK(wfp_kv_clock_is_still(clock, &a));
}

/* ---- what is kept --------------------------------------------------------------- */

static wfp_kv_cache_t *make_cache(wfp_test_t *t, apr_size_t size)
{
    wfp_kv_cache_t *cache = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_kv_cache_create(&cache, size, &res, t->pool), APR_SUCCESS);
    return cache;
}

static int keep(wfp_test_t *t, wfp_kv_cache_t *cache, const char *ns,
                apr_int64_t number, const wfp_kv_item_t *item)
{
    wfp_kv_place_t place;

    wfp_kv_clock_place(&place, ns, item->key, item->key_size);
    return wfp_kv_cache_put(cache, ns, &place, number, item, t->pool);
}

static int find(wfp_test_t *t, wfp_kv_cache_t *cache, const char *ns,
                apr_int64_t number, wfp_kv_item_t *item)
{
    wfp_kv_place_t place;

    wfp_kv_clock_place(&place, ns, item->key, item->key_size);
    return wfp_kv_cache_get(item, cache, ns, &place, number, t->pool);
}

static wfp_kv_item_t item_of(const char *key, const char *value)
{
    wfp_kv_item_t item = { .key = key, .key_size = strlen(key) };

    item.value = value;
    item.value_size = value ? strlen(value) : 0;
    return item;
}

static void kept(wfp_test_t *t)
{
    wfp_kv_cache_t *cache = make_cache(t, 4 * MB);
    wfp_kv_item_t item = item_of("a", "value"), found = item_of("a", NULL);
    apr_int64_t now = apr_time_sec(apr_time_now());

    item.metadata = "{}";
    item.metadata_size = 2;
    item.expiration = now + 100;
    CHECK(!find(t, cache, NS, 1, &found));
    CHECK(keep(t, cache, NS, 1, &item));
    CHECK(find(t, cache, NS, 1, &found));
    CHECK_STR(found.value, "value");
    CHECK_INT(found.value_size, 5);
    CHECK_STR(found.metadata, "{}");
    CHECK(found.expiration == now + 100);
    /* another number, namespace or key */
    CHECK(!find(t, cache, NS, 2, &found));
    CHECK(!find(t, cache, OTHER, 1, &found));
    found = item_of("b", NULL);
    CHECK(!find(t, cache, NS, 1, &found));
    /* an older one does not come back */
    item.value = "newer";
    CHECK(keep(t, cache, NS, 5, &item));
    item.value = "older";
    CHECK(keep(t, cache, NS, 4, &item));
    found = item_of("a", NULL);
    CHECK(!find(t, cache, NS, 4, &found));
    CHECK(find(t, cache, NS, 5, &found));
    CHECK_STR(found.value, "newer");
}

static void not_there(wfp_test_t *t)
{
    wfp_kv_cache_t *cache = make_cache(t, 4 * MB);
    wfp_kv_item_t item = item_of("a", NULL), found = item_of("a", "x");
    apr_int64_t now = apr_time_sec(apr_time_now());
    char *large = apr_palloc(t->pool, WFP_KV_CACHE_VALUE_MAX + 2);

    CHECK(keep(t, cache, NS, 1, &item));
    CHECK(find(t, cache, NS, 1, &found));
    CHECK(!found.value);
    item = item_of("b", "v");
    item.expiration = now;
    CHECK(keep(t, cache, NS, 1, &item));
    found = item_of("b", "x");
    CHECK(find(t, cache, NS, 1, &found));
    CHECK(!found.value && !found.expiration);
    item = item_of("c", "");
    CHECK(keep(t, cache, NS, 1, &item));
    found = item_of("c", NULL);
    CHECK(find(t, cache, NS, 1, &found));
    CHECK_STR(found.value, "");
    memset(large, 'x', WFP_KV_CACHE_VALUE_MAX + 1);
    large[WFP_KV_CACHE_VALUE_MAX + 1] = '\0';
    item = item_of("d", large);
    CHECK(!keep(t, cache, NS, 1, &item));
}

static void other_hosts(wfp_test_t *t)
{
    wfp_kv_cache_t *cache = make_cache(t, 4 * MB);
    wfp_kv_item_t item = item_of("a", "v"), found = item_of("a", NULL);

    CHECK(keep(t, cache, NS, 1, &item));
    wfp_kv_cache_follow(cache);
    CHECK(!find(t, cache, NS, 1, &found));
    wfp_kv_cache_followed(cache, wfp_clock_now());
    CHECK(find(t, cache, NS, 1, &found));
    wfp_kv_cache_followed(cache, wfp_clock_now() - apr_time_from_sec(2));
    CHECK(!find(t, cache, NS, 1, &found));
}

#define FEW   20
#define FLOOD 20000

static int keep_many(wfp_test_t *t, wfp_kv_cache_t *cache, const char *ns,
                     int count, apr_size_t size)
{
    char *value = apr_palloc(t->pool, size + 1);
    apr_pool_t *whole = t->pool, *turn;
    int i, done = 0;

    memset(value, 'v', size);
    value[size] = '\0';
    apr_pool_create(&turn, whole);
    for (i = 0; i < count; i++) {
        char key[32];
        wfp_kv_item_t item;

        apr_snprintf(key, sizeof(key), "key %d", i);
        item = item_of(key, value);
        t->pool = turn;
        done += keep(t, cache, ns, 1, &item);
        apr_pool_clear(turn);
    }
    t->pool = whole;
    return done;
}

static int count_kept(wfp_test_t *t, wfp_kv_cache_t *cache, const char *ns,
                      int count)
{
    int i, n = 0;

    for (i = 0; i < count; i++) {
        wfp_kv_item_t item = item_of(apr_psprintf(t->pool, "key %d", i), NULL);

        n += find(t, cache, ns, 1, &item);
    }
    return n;
}

/* One namespace is read through; those of the others stay, whatever its values'
 * size, and whether they are asked for meanwhile or not. */
static void shared_fairly(wfp_test_t *t)
{
    static const apr_size_t sizes[] = { 0, 100, 1000, 20000 };
    apr_size_t i;
    wfp_result_t res;
    char ns[33];
    int n, whole;

    wfp_result_init(&res, t->pool);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        wfp_kv_cache_t *cache = make_cache(t, 2 * MB);

        for (n = 0; n < 10; n++) {
            apr_snprintf(ns, sizeof(ns), "%032d", n);
            CHECK_INT(keep_many(t, cache, ns, FEW, 200), FEW);
        }
        CHECK(keep_many(t, cache, NS, FLOOD, sizes[i]) > FLOOD / 2);
        for (n = whole = 0; n < 10; n++) {
            apr_snprintf(ns, sizeof(ns), "%032d", n);
            whole += count_kept(t, cache, ns, FEW) == FEW;
        }
        /* shares are counted by hash: now and then one has that of the flood */
        CHECK(whole >= 8);
        /* a new one gets its share of it, too */
        CHECK_INT(keep_many(t, cache, OTHER, FEW, 200), FEW);
        CHECK_INT(count_kept(t, cache, OTHER, FEW), FEW);
        CHECK_INT(wfp_kv_cache_validate(cache, &res), APR_SUCCESS);
    }
}

/* ---- processes ------------------------------------------------------------------ */

#define WORKERS 6
#define KEYS    6
#define SECONDS 3

typedef struct board_t {
    apr_int64_t begun[KEYS]; /* number of the newest put */
    apr_int64_t done[KEYS];  /* of one that has returned */
    apr_uint64_t gets, puts;
    int failed;
    char why[200];
} board_t;

typedef struct worker_t {
    board_t *board;
    wfp_kv_cache_t *cache;
    const char *dir;
    wfp_kv_t *kv;
    apr_pool_t *pool;
} worker_t;

static apr_status_t call(worker_t *w, wfp_kv_verb_e verb, wfp_kv_item_t *item,
                         apr_pool_t *p)
{
    wfp_kv_call_t kv = { .verb = verb, .items = item, .count = 1, .pool = p };
    const char *log;
    wfp_result_t res;
    apr_status_t rv;

    kv.max = WFP_KV_VALUE_MAX;
    wfp_result_init(&res, p);
    rv = wfp_kv_run(w->kv, NS, &kv, &log, &res);
    if (rv != APR_SUCCESS) {
        apr_snprintf(w->board->why, sizeof(w->board->why), "%d: %s", rv,
                     log ? log : res.message);
    }
    return rv;
}

/* Values of a key are numbers that only grow: each key has one who puts. */
static int step(worker_t *w, int index, unsigned turn, apr_pool_t *p)
{
    int key = (int)((turn * 7 + (unsigned)index) % KEYS);
    board_t *board = w->board;
    wfp_kv_item_t item = item_of(apr_itoa(p, key), NULL);
    apr_int64_t done = __atomic_load_n(&board->done[key], __ATOMIC_SEQ_CST);

    if (turn % 50 == 0) {
        apr_int64_t number;

        key = index;
        number = __atomic_add_fetch(&board->begun[key], 1, __ATOMIC_SEQ_CST);
        item = item_of(apr_itoa(p, key), apr_psprintf(p, "%ld", (long)number));
        if (call(w, WFP_KV_PUT, &item, p) != APR_SUCCESS) {
            return 0;
        }
        __atomic_store_n(&board->done[key], number, __ATOMIC_SEQ_CST);
        (void)__atomic_add_fetch(&board->puts, 1, __ATOMIC_SEQ_CST);
        return 1;
    }
    if (call(w, WFP_KV_GET, &item, p) != APR_SUCCESS) {
        return 0;
    }
    (void)__atomic_add_fetch(&board->gets, 1, __ATOMIC_SEQ_CST);
    if ((item.value ? apr_atoi64(item.value) : 0) < done) {
        apr_snprintf(board->why, sizeof(board->why),
                     "key %d is %s where %ld was put", key,
                     item.value ? item.value : "gone", (long)done);
        return 0;
    }
    return 1;
}

static int open_kv(worker_t *w, wfp_kv_cache_t *cache, apr_pool_t *p)
{
    wfp_kv_config_t config = { .data_dir = w->dir, .cache = cache };

    return wfp_kv_create(&w->kv, &config, p) == APR_SUCCESS;
}

static pid_t start_worker(const worker_t *like, int index)
{
    pid_t pid = fork();
    worker_t w = *like;
    apr_pool_t *turn;
    unsigned i;

    if (pid != 0) {
        return pid;
    }
    apr_pool_create(&w.pool, NULL);
    apr_pool_create(&turn, w.pool);
    if (wfp_sqlite_start(w.dir, w.pool) != APR_SUCCESS
        || !open_kv(&w, w.cache, w.pool)) {
        w.board->failed = 1;
        _exit(1);
    }
    for (i = 1;; i++) {
        if (!step(&w, index, i, turn)) {
            w.board->failed = 1;
            _exit(1);
        }
        apr_pool_clear(turn);
    }
}

static void kill_one(worker_t *w, pid_t *pid, int index)
{
    int status;

    (void)kill(*pid, SIGKILL);
    (void)waitpid(*pid, &status, 0);
    *pid = w ? start_worker(w, index) : 0;
}

/* What is remembered is what is in the file. */
static void compare(wfp_test_t *t, worker_t *w)
{
    worker_t plain = *w;
    int key;

    CHECK_INT(wfp_sqlite_start(w->dir, t->pool), APR_SUCCESS);
    CHECK(open_kv(w, w->cache, t->pool) && open_kv(&plain, NULL, t->pool));
    for (key = 0; key < KEYS; key++) {
        wfp_kv_item_t a = item_of(apr_itoa(t->pool, key), NULL), b = a;

        CHECK_INT(call(w, WFP_KV_GET, &a, t->pool), APR_SUCCESS);
        CHECK_INT(call(&plain, WFP_KV_GET, &b, t->pool), APR_SUCCESS);
        CHECK_STR(a.value ? a.value : "", b.value ? b.value : "");
    }
}

static void killed(wfp_test_t *t)
{
    apr_time_t end = wfp_clock_now() + apr_time_from_sec(SECONDS);
    worker_t w = { .cache = make_cache(t, MB), .dir = make_dir(t) };
    pid_t pids[WORKERS];
    wfp_result_t res;
    apr_shm_t *shm;
    int i;

    wfp_result_init(&res, t->pool);
    CHECK_INT(apr_shm_create(&shm, sizeof(board_t), NULL, t->pool),
              APR_SUCCESS);
    w.board = apr_shm_baseaddr_get(shm);
    for (i = 0; i < WORKERS; i++) {
        pids[i] = start_worker(&w, i);
    }
    for (i = 0; wfp_clock_now() < end && !w.board->failed; i++) {
        apr_sleep(apr_time_from_msec(7 + i % 13));
        kill_one(&w, &pids[i % WORKERS], i % WORKERS);
    }
    for (i = 0; i < WORKERS; i++) {
        kill_one(NULL, &pids[i], i);
    }
    CHECK_STR(w.board->why, "");
    CHECK(!w.board->failed);
    CHECK(w.board->gets > 1000);
    CHECK(w.board->puts > 10);
    CHECK_INT(wfp_kv_cache_validate(w.cache, &res), APR_SUCCESS);
    compare(t, &w);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "numbers grow around a write", numbers },
        { "another host wrote", told },
        { "a writer dies", a_writer_dies },
        { "places for writes run out", places_run_out },
        { "what is kept", kept },
        { "what is not there", not_there },
        { "other hosts must be asked", other_hosts },
        { "room is shared fairly", shared_fairly },
        { "readers and writers are killed", killed },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
