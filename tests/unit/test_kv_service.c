/* SPDX-License-Identifier: Apache-2.0 */
/* Values of KV namespaces in files and as rows: both answer alike. */
#include "core/clock.h"
#include "services/kv.h"

#include <apr_thread_proc.h>
#include <stdlib.h>
#include <unistd.h>

#include "services/kv_file.h"
#include "services/sqlite.h"
#include "store/kv_namespaces.h"
#include "store/kv_values.h"
#include "tests/unit/store_fixture.h"

/* A store with one namespace, and the service. */
typedef struct kvs_t {
    wfp_test_t *t;
    fixture_t f;
    wfp_kv_t *kv;
    wfp_kv_cache_t *cache;
    const char *ns;
    const char *dir;
    const char *log;
    wfp_kv_item_t item;
    wfp_kv_call_t call;
} kvs_t;

static int in_store; /* which of the two is tested */
static int caching;
static apr_int64_t bytes_max;

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

static const char *make_ns(kvs_t *s, const char *title)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    wfp_kv_namespace_t kv = { .title = title };

    OK(wfp_kv_namespaces_create(f.store, &kv, &me, &f.res, t->pool));
    return kv.id;
}

/* A pool for several threads. */
static apr_pool_t *shared_pool(wfp_test_t *t)
{
    apr_allocator_t *allocator;
    apr_thread_mutex_t *mutex;
    apr_pool_t *p;

    CHECK_INT(apr_allocator_create(&allocator), APR_SUCCESS);
    apr_pool_create_ex(&p, t->pool, NULL, allocator);
    apr_allocator_owner_set(allocator, p);
    CHECK_INT(apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, p),
              APR_SUCCESS);
    apr_allocator_mutex_set(allocator, mutex);
    return p;
}

static kvs_t *begin(wfp_test_t *t)
{
    kvs_t *s = apr_pcalloc(t->pool, sizeof(*s));
    char *dir = apr_pstrdup(t->pool, "/tmp/wfp-kv-XXXXXX");
    wfp_kv_config_t config = { .in_store = in_store, .bytes_max = bytes_max };
    apr_pool_t *p;

    s->t = t;
    open_store(&s->f, t);
    s->dir = mkdtemp(dir);
    CHECK(s->dir);
    apr_pool_cleanup_register(t->pool, dir, remove_tree, apr_pool_cleanup_null);
    p = shared_pool(t);
    CHECK_INT(wfp_sqlite_start(s->dir, p), APR_SUCCESS);
    if (caching) {
        CHECK_INT(wfp_kv_cache_create(&s->cache, (apr_size_t)4 << 20, &s->f.res,
                                      p),
                  APR_SUCCESS);
    }
    config.store = s->f.store;
    config.data_dir = s->dir;
    config.cache = s->cache;
    CHECK_INT(wfp_kv_create(&s->kv, &config, p), APR_SUCCESS);
    s->ns = make_ns(s, "first");
    return s;
}

static apr_status_t run(kvs_t *s)
{
    s->call.pool = s->t->pool;
    wfp_result_init(&s->f.res, s->t->pool);
    return wfp_kv_run(s->kv, s->ns, &s->call, &s->log, &s->f.res);
}

static void aim(kvs_t *s, wfp_kv_verb_e verb, const char *key, apr_size_t n)
{
    memset(&s->call, 0, sizeof(s->call));
    memset(&s->item, 0, sizeof(s->item));
    s->call.verb = verb;
    s->call.items = &s->item;
    s->call.count = 1;
    s->call.max = WFP_KV_VALUE_MAX;
    s->item.key = key;
    s->item.key_size = n;
}

static apr_status_t put(kvs_t *s, const char *key, const char *value,
                        apr_int64_t expiration)
{
    aim(s, WFP_KV_PUT, key, strlen(key));
    s->item.value = value;
    s->item.value_size = strlen(value);
    s->item.expiration = expiration;
    return run(s);
}

/* The value, "(none)", or "(failed)". */
static const char *get(kvs_t *s, const char *key)
{
    aim(s, WFP_KV_GET, key, strlen(key));
    if (run(s) != APR_SUCCESS) {
        return "(failed)";
    }
    return s->item.value ? s->item.value : "(none)";
}

static void life(wfp_test_t *t)
{
    kvs_t *s = begin(t);

    CHECK_STR(get(s, "a"), "(none)");
    CHECK_INT(put(s, "a", "one", 0), APR_SUCCESS);
    CHECK_STR(get(s, "a"), "one");
    CHECK_INT(put(s, "a", "", 0), APR_SUCCESS);
    CHECK_STR(get(s, "a"), "");
    aim(s, WFP_KV_DELETE, "a", 1);
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_STR(get(s, "a"), "(none)");
}

static void heads(wfp_test_t *t)
{
    kvs_t *s = begin(t);

    aim(s, WFP_KV_PUT, "a", 1);
    s->item.value = "value";
    s->item.value_size = 5;
    s->item.metadata = "{\"m\":1}";
    s->item.metadata_size = 7;
    s->item.expiration = APR_INT64_C(4000000000);
    CHECK_INT(run(s), APR_SUCCESS);
    aim(s, WFP_KV_GET, "a", 1);
    s->call.no_values = 1;
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_STR(s->item.value, "");
    CHECK_STR(s->item.metadata, "{\"m\":1}");
    CHECK(s->item.expiration == APR_INT64_C(4000000000));
    CHECK_INT(put(s, "a", "value", 0), APR_SUCCESS);
    CHECK_STR(get(s, "a"), "value");
    CHECK(!s->item.metadata);
    CHECK(!s->item.expiration);
}

static void any_bytes(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    char key[WFP_KV_KEY_MAX], value[70000];
    apr_size_t n;

    for (n = 0; n < sizeof(key); n++) {
        key[n] = (char)n;
    }
    for (n = 0; n < sizeof(value); n++) {
        value[n] = (char)(n * 7);
    }
    aim(s, WFP_KV_PUT, key, sizeof(key));
    s->item.value = value;
    s->item.value_size = sizeof(value);
    CHECK_INT(run(s), APR_SUCCESS);
    aim(s, WFP_KV_GET, key, sizeof(key));
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_INT(s->item.value_size, sizeof(value));
    CHECK(!memcmp(s->item.value, value, sizeof(value)));
    /* one byte less is another key */
    aim(s, WFP_KV_GET, key, sizeof(key) - 1);
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK(!s->item.value);
}

static void too_much(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    int max;

    CHECK_INT(put(s, "a", "0123456789", 0), APR_SUCCESS);
    for (max = 0; max < 12; max++) {
        aim(s, WFP_KV_GET, "a", 1);
        s->call.max = (apr_size_t)max;
        CHECK_INT(run(s), max < 10 ? APR_ENOSPC : APR_SUCCESS);
        CHECK(max >= 10 || s->f.res.code == WFP_BODY_TOO_LARGE);
        CHECK(!s->log);
    }
    aim(s, WFP_KV_PUT, "", 0);
    CHECK_INT(run(s), APR_EINVAL);
    CHECK(s->log != NULL);
}

/* A bound of all values: what was freed can be used again. */
static void bounded(wfp_test_t *t)
{
    kvs_t *s;
    char *value = apr_pcalloc(t->pool, 100001);
    wfp_result_t res;
    int n = 0, i;

    bytes_max = 1000000;
    s = begin(t);
    bytes_max = 0;
    memset(value, 'v', 100000);
    while (n < 20
           && put(s, apr_psprintf(t->pool, "k%d", n), value, 0)
                  == APR_SUCCESS) {
        n++;
    }
    CHECK(n == 9 || n == 10 || n == 8);
    CHECK_INT(s->f.res.code, WFP_QUOTA_EXCEEDED);
    CHECK(!s->log);
    wfp_result_init(&res, t->pool);
    CHECK(wfp_kv_size(s->kv, s->ns, &res, t->pool) > 700000);
    CHECK(wfp_kv_size(s->kv, s->ns, &res, t->pool) <= 1000000);
    /* others have their own, and what is there can be read and replaced */
    CHECK_INT(put(s, "k0", value, 0), APR_SUCCESS);
    CHECK_STR(get(s, "k0"), value);
    for (i = 0; i < 3; i++) {
        aim(s, WFP_KV_DELETE, "k1", 2);
        CHECK_INT(run(s), APR_SUCCESS);
        CHECK_INT(put(s, "k1", value, 0), APR_SUCCESS);
    }
    s->ns = make_ns(s, "another");
    CHECK_INT(put(s, "k", value, 0), APR_SUCCESS);
}

static const char *list(kvs_t *s, const char *prefix, const char *after,
                        int limit)
{
    char *text = apr_pstrdup(s->t->pool, "");
    int i;

    aim(s, WFP_KV_LIST, NULL, 0);
    s->call.count = 0;
    s->call.prefix = prefix;
    s->call.prefix_size = strlen(prefix);
    s->call.after = after;
    s->call.after_size = after ? strlen(after) : 0;
    s->call.limit = limit;
    if (run(s) != APR_SUCCESS) {
        return "(failed)";
    }
    for (i = 0; i < s->call.count; i++) {
        text = apr_pstrcat(s->t->pool, text, s->call.items[i].key, " ", NULL);
    }
    return s->call.complete ? text : apr_pstrcat(s->t->pool, text, "...", NULL);
}

static void lists(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    static const char *const keys[] = { "b",  "a", "b\xff", "c\xc3\xa9",
                                        "b1", "Z", "\xff" };
    unsigned i;

    CHECK_STR(list(s, "", NULL, 10), "");
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        CHECK_INT(put(s, keys[i], "v", 0), APR_SUCCESS);
    }
    CHECK_STR(list(s, "", NULL, 10), "Z a b b1 b\xff c\xc3\xa9 \xff ");
    CHECK_STR(list(s, "", NULL, 7), "Z a b b1 b\xff c\xc3\xa9 \xff ");
    CHECK_STR(list(s, "", NULL, 6), "Z a b b1 b\xff c\xc3\xa9 ...");
    CHECK_STR(list(s, "b", NULL, 10), "b b1 b\xff ");
    CHECK_STR(list(s, "b", "b", 10), "b1 b\xff ");
    CHECK_STR(list(s, "b", "b1", 1), "b\xff ");
    CHECK_STR(list(s, "b", "b\xff", 1), "");
    CHECK_STR(list(s, "b\xff", NULL, 1), "b\xff ");
    CHECK_STR(list(s, "\xff", NULL, 1), "\xff ");
    CHECK_STR(list(s, "x", NULL, 1), "");
}

static int rows(kvs_t *s)
{
    const char *text = list(s, "", NULL, 1000);
    int n = 0;

    for (; *text; text++) {
        n += *text == ' ';
    }
    return n;
}

static void expired(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    apr_int64_t now = apr_time_sec(apr_time_now());

    CHECK_INT(put(s, "over", "v", now - 1), APR_SUCCESS);
    CHECK_INT(put(s, "just", "v", now), APR_SUCCESS);
    CHECK_INT(put(s, "later", "v", now + 1000), APR_SUCCESS);
    CHECK_INT(put(s, "never", "v", 0), APR_SUCCESS);
    CHECK_STR(get(s, "over"), "(none)");
    CHECK_STR(get(s, "just"), "(none)");
    CHECK_STR(get(s, "later"), "v");
    CHECK_STR(list(s, "", NULL, 10), "later never ");
    CHECK_INT(put(s, "over", "again", 0), APR_SUCCESS);
    CHECK_STR(get(s, "over"), "again");
    CHECK_INT(rows(s), 3);
    /* too early: nothing is done yet */
    CHECK_INT(wfp_kv_sweep(s->kv, &s->f.res), APR_SUCCESS);
}

static void together(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    wfp_kv_item_t items[100];
    int i;

    memset(items, 0, sizeof(items));
    for (i = 0; i < 100; i++) {
        items[i].key = apr_psprintf(t->pool, "k%02d", i);
        items[i].key_size = 3;
        items[i].value = items[i].key;
        items[i].value_size = 3;
    }
    aim(s, WFP_KV_PUT, NULL, 0);
    s->call.items = items;
    s->call.count = 100;
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_INT(rows(s), 100);
    aim(s, WFP_KV_GET, NULL, 0);
    s->call.items = items;
    s->call.count = 100;
    s->call.max = 300;
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_STR(items[99].value, "k99");
    s->call.max = 299;
    CHECK_INT(run(s), APR_ENOSPC);
    aim(s, WFP_KV_DELETE, NULL, 0);
    s->call.items = items;
    s->call.count = 99;
    CHECK_INT(run(s), APR_SUCCESS);
    CHECK_STR(list(s, "", NULL, 10), "k99 ");
}

static void others(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    const char *first = s->ns;
    static const char *const none[] = {
        "",
        "..",
        "../x",
        "0123456789abcdef0123456789abcdef",
        "/etc/passwd",
        "%s",
        "' OR 1=1",
    };
    unsigned i;

    CHECK_INT(put(s, "a", "one", 0), APR_SUCCESS);
    s->ns = make_ns(s, "second");
    CHECK_STR(get(s, "a"), "(none)");
    CHECK_INT(put(s, "a", "two", 0), APR_SUCCESS);
    s->ns = first;
    CHECK_STR(get(s, "a"), "one");
    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        s->ns = none[i];
        CHECK_INT(put(s, "a", "v", 0), APR_NOTFOUND);
        CHECK_INT(s->f.res.code, WFP_KV_ERROR);
        CHECK(strcmp(get(s, "a"), "v") != 0);
    }
}

static void forgotten(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    fixture_t f = s->f;

    CHECK_INT(put(s, "a", "one", 0), APR_SUCCESS);
    OK(wfp_kv_namespaces_delete(f.store, s->ns, &me, &f.res, t->pool));
    wfp_kv_forget(s->kv, s->ns, t->pool);
    CHECK_STR(get(s, "a"), "(none)");
    CHECK_INT(put(s, "a", "two", 0), APR_NOTFOUND);
    CHECK_STR(get(s, "a"), "(none)");
}

/* More namespaces than connections. */
static void many(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    const char *ns[80];
    int i;

    for (i = 0; i < 80; i++) {
        s->ns = ns[i] = make_ns(s, apr_psprintf(t->pool, "many %d", i));
        CHECK_INT(put(s, "a", ns[i], 0), APR_SUCCESS);
    }
    for (i = 79; i >= 0; i--) {
        s->ns = ns[i];
        CHECK_STR(get(s, "a"), ns[i]);
    }
}

#define WRITERS 8
#define WRITES  25

static void *APR_THREAD_FUNC writer(apr_thread_t *thread, void *data)
{
    kvs_t *s = data;
    int i;

    for (i = 0; i < WRITES; i++) {
        const char *key = apr_psprintf(s->t->pool, "%s-%d", s->dir, i);

        if (put(s, key, key, 0) != APR_SUCCESS || strcmp(get(s, key), key)) {
            apr_thread_exit(thread, APR_EGENERAL);
        }
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* Threads of one process wait for each other. */
static void beside_others(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    apr_thread_t *threads[WRITERS];
    apr_status_t rv;
    int i;

    CHECK_INT(put(s, "x", "v", 0), APR_SUCCESS);
    for (i = 0; i < WRITERS; i++) {
        kvs_t *own = apr_pmemdup(t->pool, s, sizeof(*s));

        own->t = apr_pmemdup(t->pool, t, sizeof(*t));
        own->t->pool = shared_pool(t);
        own->call.items = &own->item;
        own->dir = apr_psprintf(t->pool, "w%d", i);
        CHECK_INT(apr_thread_create(&threads[i], NULL, writer, own, t->pool),
                  APR_SUCCESS);
    }
    for (i = 0; i < WRITERS; i++) {
        CHECK_INT(apr_thread_join(&rv, threads[i]), APR_SUCCESS);
        CHECK_INT(rv, APR_SUCCESS);
    }
    CHECK_INT(rows(s), WRITERS * WRITES + 1);
}

/* The bound of a wait: a writer that does not end. */
static void a_busy_file(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    static const wfp_sqlite_open_t how = { .create = 0 };
    wfp_sqlite_t *db;

    if (in_store) {
        return;
    }
    CHECK_INT(put(s, "a", "one", 0), APR_SUCCESS);
    CHECK_INT(wfp_sqlite_open(&db,
                              apr_pstrcat(t->pool, s->dir, "/kv/", s->ns,
                                          ".sqlite", NULL),
                              &how, &s->f.res, t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_sqlite_exec(db, "BEGIN IMMEDIATE", &s->f.res), APR_SUCCESS);
    aim(s, WFP_KV_PUT, "a", 1);
    s->item.value = "two";
    s->item.value_size = 3;
    s->call.until = wfp_clock_now() + apr_time_from_msec(100);
    CHECK_INT(run(s), APR_EBUSY);
    CHECK_INT(s->f.res.code, WFP_KV_ERROR);
    CHECK(!s->log);
    CHECK_STR(get(s, "a"), "one");
    wfp_sqlite_close(db);
    CHECK_INT(put(s, "a", "three", 0), APR_SUCCESS);
}

/* What nobody sees any more goes, a few at a time. */
static void swept(wfp_test_t *t)
{
    kvs_t *s = begin(t);
    fixture_t f = s->f;
    wfp_kv_handle_t file = { .pool = t->pool };
    apr_int64_t now = apr_time_sec(apr_time_now());
    int i, count;

    for (i = 0; i < 10; i++) {
        CHECK_INT(put(s, apr_psprintf(t->pool, "old%d", i), "v", now - 10),
                  APR_SUCCESS);
    }
    CHECK_INT(put(s, "later", "v", now + 1000), APR_SUCCESS);
    CHECK_INT(put(s, "never", "v", 0), APR_SUCCESS);
    if (!in_store) {
        OK(wfp_sqlite_open(&file.db,
                           apr_pstrcat(t->pool, s->dir, "/kv/", s->ns,
                                       ".sqlite", NULL),
                           &wfp_kv_file_how, &f.res, t->pool));
    }
    for (i = 0; i < 4; i++) {
        if (in_store) {
            OK(wfp_kv_values_sweep(&count, f.store, 4, &f.res, t->pool));
        }
        else {
            OK(wfp_kv_file_sweep(&count, &file, 4, &f.res));
        }
        CHECK_INT(count, i < 2 ? 4 : i == 2 ? 2 : 0);
    }
    CHECK_STR(list(s, "", NULL, 10), "later never ");
    if (file.db) {
        wfp_sqlite_close(file.db); /* its VFS goes before the pool does */
    }
}

#define CASES                                                                  \
    { "life", life }, { "heads", heads }, { "any bytes", any_bytes },          \
        { "too much", too_much }, { "lists", lists }, { "expired", expired },  \
        { "together", together }, { "other namespaces", others },              \
        { "swept", swept }, { "a namespace that was deleted", forgotten },     \
        { "many namespaces", many }, { "a bound", bounded },                   \
        { "many writers", beside_others },                                     \
    {                                                                          \
        "a busy file", a_busy_file                                             \
    }

static void then_rows(wfp_test_t *t)
{
    (void)t;
    in_store = 1;
}

static void then_remembered(wfp_test_t *t)
{
    (void)t;
    caching = 1;
    in_store = 0;
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        CASES, { "now as rows of the store", then_rows },
        CASES, { "now in files, and remembered", then_remembered },
        CASES, { "now as rows, and remembered", then_rows },
        CASES, { NULL, NULL },
    };

    return wfp_test_run(cases);
}
