/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of R2: rows and files together. */
#include "services/r2.h"

#include <stdlib.h>
#include <unistd.h>

#include "services/r2_inside.h"
#include "store/r2_buckets.h"
#include "tests/unit/store_fixture.h"

#define MIB ((apr_size_t)1 << 20)

/* A store with one bucket, and the service. */
typedef struct r2s_t {
    wfp_test_t *t;
    fixture_t f;
    wfp_r2_t *r2;
    const char *bucket;
    const char *dir;
    const char *log;
    wfp_r2_call_t call;
} r2s_t;

/* Remove a directory two levels deep. */
static void remove_dir(const char *path, int depth, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_dir_t *d;

    if (apr_dir_open(&d, path, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        const char *at = apr_pstrcat(p, path, "/", info.name, NULL);

        if (info.name[0] != '.' && depth > 0) {
            remove_dir(at, depth - 1, p);
        }
        (void)apr_file_remove(at, p);
    }
    (void)apr_dir_close(d);
    (void)apr_dir_remove(path, p);
}

static apr_status_t remove_tree(void *data)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    remove_dir(data, 2, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static int count_in(const char *path, int depth, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_dir_t *d;
    int n = 0;

    if (apr_dir_open(&d, path, p) != APR_SUCCESS) {
        return 0;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, d) == APR_SUCCESS) {
        const char *at = apr_pstrcat(p, path, "/", info.name, NULL);

        if (info.name[0] != '.') {
            n += depth > 0 ? count_in(at, depth - 1, p) : 1;
        }
    }
    (void)apr_dir_close(d);
    return n;
}

/* Files of the service. */
static int files(const r2s_t *s)
{
    return count_in(apr_pstrcat(s->t->pool, s->dir, "/r2", NULL), 1,
                    s->t->pool);
}

static void make_bucket(r2s_t *s, const char *name)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    wfp_r2_bucket_t bucket = { .name = name, .storage_class = "Standard" };

    OK(wfp_r2_buckets_create(f.store, &bucket, &me, &f.res, t->pool));
}

static r2s_t *begin(wfp_test_t *t)
{
    r2s_t *s = apr_pcalloc(t->pool, sizeof(*s));
    char *dir = apr_pstrdup(t->pool, "/tmp/wfp-r2-XXXXXX");

    s->t = t;
    open_store(&s->f, t);
    s->dir = mkdtemp(dir);
    CHECK(s->dir);
    apr_pool_cleanup_register(t->pool, dir, remove_tree, apr_pool_cleanup_null);
    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 0, t->pool),
              APR_SUCCESS);
    s->bucket = "first";
    make_bucket(s, "first");
    return s;
}

static wfp_r2_call_t *aim(r2s_t *s, wfp_r2_verb_e verb, const char *key)
{
    memset(&s->call, 0, sizeof(s->call));
    s->call.verb = verb;
    s->call.key = key;
    s->call.pool = s->t->pool;
    return &s->call;
}

static apr_status_t run(r2s_t *s)
{
    wfp_result_init(&s->f.res, s->t->pool);
    return wfp_r2_run(s->r2, s->bucket, &s->call, &s->log, &s->f.res);
}

static void must(r2s_t *s)
{
    wfp_test_t *t = s->t;
    apr_status_t rv = run(s);

    if (rv != APR_SUCCESS) {
        printf("# %s, log %s\n", s->f.res.message, s->log ? s->log : "-");
    }
    CHECK_INT(rv, APR_SUCCESS);
}

static void fails(r2s_t *s, wfp_r2_fault_e fault)
{
    wfp_test_t *t = s->t;

    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, fault);
    CHECK_INT(s->f.res.code, WFP_R2_ERROR);
}
static const wfp_r2_object_t *put(r2s_t *s, const char *key, const char *data)
{
    wfp_test_t *t = s->t;

    aim(s, WFP_R2_PUT, key);
    s->call.data = data;
    s->call.size = (apr_int64_t)strlen(data);
    must(s);
    CHECK(s->call.object || s->call.unmet);
    return s->call.object;
}

static const char *slurp(r2s_t *s)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    const char *data = NULL;
    apr_size_t n;

    CHECK(s->call.body != NULL);
    OK(wfp_body_slurp(&data, &n, s->call.body, 64 * MIB, &f.res, t->pool));
    CHECK_INT(n, s->call.length);
    return data;
}

static const char *get(r2s_t *s, const char *key)
{
    aim(s, WFP_R2_GET, key);
    must(s);
    return s->call.object ? slurp(s) : NULL;
}

/* ---- cases ---------------------------------------------------------------------- */

static void an_object_comes_back(wfp_test_t *t)
{
    static const wfp_r2_pair_t custom[] = { { "a", "1" }, { "\xc3\xa4", "" } };
    r2s_t *s = begin(t);
    const wfp_r2_object_t *o;

    aim(s, WFP_R2_PUT, "dir/\xc3\xa4 b");
    s->call.data = "hello";
    s->call.size = 5;
    s->call.meta.http.content_type = "text/plain";
    s->call.meta.http.cache_expiry = apr_time_from_sec(77);
    s->call.meta.custom = custom;
    s->call.meta.custom_count = 2;
    must(s);
    CHECK_STR(s->call.object->etag, "5d41402abc4b2a76b9719d911017c592");
    aim(s, WFP_R2_HEAD, "dir/\xc3\xa4 b");
    must(s);
    o = s->call.object;
    CHECK_STR(o->key, "dir/\xc3\xa4 b");
    CHECK_INT(o->size, 5);
    CHECK_STR(o->meta.http.content_type, "text/plain");
    CHECK(!o->meta.http.content_language);
    CHECK_INT(o->meta.http.cache_expiry, apr_time_from_sec(77));
    CHECK_INT(o->meta.custom_count, 2);
    CHECK_STR(o->meta.custom[1].name, "\xc3\xa4");
    CHECK_STR(o->meta.storage_class, "Standard");
    CHECK_STR(o->sums.hex[WFP_HASH_MD5], o->etag);
    CHECK_STR(get(s, "dir/\xc3\xa4 b"), "hello");
    CHECK(get(s, "dir") == NULL);
    CHECK_INT(files(s), 1);
    CHECK_STR(put(s, "empty", "")->etag, "d41d8cd98f00b204e9800998ecf8427e");
    CHECK_STR(get(s, "empty"), "");
}

static void others_do_not_see_it(wfp_test_t *t)
{
    r2s_t *s = begin(t);

    make_bucket(s, "second");
    put(s, "k", "mine");
    s->bucket = "second";
    CHECK(get(s, "k") == NULL);
    put(s, "k", "yours");
    s->bucket = "first";
    CHECK_STR(get(s, "k"), "mine");
    s->bucket = "third";
    aim(s, WFP_R2_GET, "k");
    fails(s, WFP_R2_NO_BUCKET);
    s->bucket = "../first";
    fails(s, WFP_R2_NO_BUCKET);
}

static void a_put_takes_the_place_of_the_old_one(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    const char *version = put(s, "k", "one")->version;
    wfp_r2_bucket_t *bucket;

    CHECK(strcmp(put(s, "k", "three")->version, version) != 0);
    CHECK_STR(get(s, "k"), "three");
    OK(wfp_r2_buckets_get(&bucket, f.store, "first", &f.res, t->pool));
    CHECK_INT(bucket->objects, 1);
    CHECK_INT(bucket->bytes, 5);
    CHECK_INT(files(s), 2); /* who reads the old one may go on for a while */
}

static void checksums_are_checked(wfp_test_t *t)
{
    r2s_t *s = begin(t);

    aim(s, WFP_R2_PUT, "k");
    s->call.data = "hello";
    s->call.size = 5;
    s->call.sums
        .hex[WFP_HASH_SHA1] = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    must(s);
    CHECK_STR(s->call.object->sums.hex[WFP_HASH_SHA1],
              "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
    s->call.data = "hellO";
    fails(s, WFP_R2_BAD_DIGEST);
    CHECK_STR(get(s, "k"), "hello");
    CHECK_INT(files(s), 1);
    aim(s, WFP_R2_PUT, "k");
    s->call.sums.hex[WFP_HASH_MD5] = "short";
    fails(s, WFP_R2_BAD_VALUE);
}

static void ranges_give_their_bytes(wfp_test_t *t)
{
    static const struct {
        wfp_r2_range_t range;
        const char *want;
    } rows[] = {
        { { 1, 2, 3, -1 }, "234" },  { { 1, 2, -1, -1 }, "23456789" },
        { { 1, -1, -1, 3 }, "789" }, { { 1, -1, -1, 99 }, "0123456789" },
        { { 1, 8, 100, -1 }, "89" }, { { 1, -1, 4, -1 }, "0123" },
        { { 1, 10, 1, -1 }, NULL },  { { 1, 0, 0, -1 }, NULL },
        { { 1, -1, -1, 0 }, NULL },
    };
    r2s_t *s = begin(t);
    apr_size_t i;

    put(s, "k", "0123456789");
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        aim(s, WFP_R2_GET, "k");
        s->call.range = rows[i].range;
        if (rows[i].want) {
            must(s);
            CHECK_STR(slurp(s), rows[i].want);
        }
        else {
            fails(s, WFP_R2_BAD_RANGE);
        }
    }
}

static void conditions_hold_when_they_say(wfp_test_t *t)
{
    static const wfp_r2_etag_t any[] = { { "*", 0 } };
    wfp_r2_condition_t c = { 0 };
    r2s_t *s = begin(t);

    c.matches_not = any;
    c.matches_not_count = 1;
    aim(s, WFP_R2_PUT, "k");
    s->call.condition = &c;
    must(s);
    CHECK(s->call.object && !s->call.unmet);
    aim(s, WFP_R2_PUT, "k");
    s->call.condition = &c;
    s->call.data = "other";
    s->call.size = 5;
    must(s);
    CHECK(!s->call.object && s->call.unmet);
    CHECK_STR(get(s, "k"), "");
    aim(s, WFP_R2_GET, "k");
    s->call.condition = &c;
    must(s);
    CHECK(s->call.object && s->call.unmet && !s->call.body);
    CHECK_INT(files(s), 1);
}

static const char *list(r2s_t *s, const char *prefix, const char *delimiter,
                        const char *cursor, int limit)
{
    const char *text = "";
    int i;

    aim(s, WFP_R2_LIST, NULL);
    s->call.prefix = prefix;
    s->call.delimiter = delimiter;
    s->call.cursor = cursor;
    s->call.limit = limit;
    must(s);
    for (i = 0; i < s->call.count; i++) {
        text = apr_pstrcat(s->t->pool, text, " ", s->call.objects[i].key, NULL);
    }
    for (i = 0; i < s->call.prefix_count; i++) {
        text = apr_pstrcat(s->t->pool, text, " (", s->call.prefixes[i], ")",
                           NULL);
    }
    return text;
}

static void lists_are_in_order(wfp_test_t *t)
{
    static const char *const keys[] = { "a",     "b/1", "b/2",      "b", "b!",
                                        "c/d/e", "c/f", "\xc3\xa4", NULL };
    r2s_t *s = begin(t);
    int i;

    for (i = 0; keys[i]; i++) {
        put(s, keys[i], "x");
    }
    CHECK_STR(list(s, "", NULL, NULL, 0), " a b b! b/1 b/2 c/d/e c/f \xc3\xa4");
    CHECK(!s->call.next);
    CHECK_STR(list(s, "b", NULL, NULL, 0), " b b! b/1 b/2");
    CHECK_STR(list(s, "", "/", NULL, 0), " a b b! \xc3\xa4 (b/) (c/)");
    CHECK_STR(list(s, "c/", "/", NULL, 0), " c/f (c/d/)");
    CHECK_STR(list(s, "x", "/", NULL, 0), "");
    CHECK_STR(list(s, "", "/", NULL, 4), " a b b! (b/)");
    CHECK_STR(list(s, "", "/", s->call.next, 1), " (c/)");
    CHECK_STR(list(s, "", "/", s->call.next, 1), " \xc3\xa4");
    CHECK(!s->call.next);
    aim(s, WFP_R2_LIST, NULL);
    s->call.start_after = "b/1";
    s->call.limit = 1;
    must(s);
    CHECK_STR(s->call.objects[0].key, "b/2");
    s->call.cursor = "no cursor";
    fails(s, WFP_R2_BAD_VALUE);
    aim(s, WFP_R2_LIST, NULL);
    s->call.limit = 1001;
    fails(s, WFP_R2_BAD_LIMIT);
}

static void many_of_one_prefix_are_one(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    int i;

    for (i = 0; i < 120; i++) {
        put(s, apr_psprintf(t->pool, "p/%03d", i), "");
    }
    put(s, "q", "");
    CHECK_STR(list(s, "", "/", NULL, 0), " q (p/)");
    CHECK_STR(list(s, "", "/", NULL, 1), " (p/)");
    CHECK_STR(list(s, "", "/", s->call.next, 1), " q");
    (void)list(s, "p/", NULL, NULL, 119);
    CHECK_INT(s->call.count, 119);
    CHECK_STR(list(s, "p/", NULL, s->call.next, 119), " p/119");
    aim(s, WFP_R2_LIST, NULL); /* pages end where they have enough bytes */
    s->call.max = 2000;
    must(s);
    CHECK(s->call.count < 10 && s->call.next);
}

static void deletes_go_for_all(wfp_test_t *t)
{
    static const char *const keys[] = { "a", "none", "b" };
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    wfp_r2_bucket_t *bucket;

    put(s, "a", "1");
    put(s, "b", "22");
    put(s, "c", "333");
    aim(s, WFP_R2_DELETE, NULL);
    s->call.keys = keys;
    s->call.count = 3;
    must(s);
    CHECK_STR(list(s, "", NULL, NULL, 0), " c");
    OK(wfp_r2_buckets_get(&bucket, f.store, "first", &f.res, t->pool));
    CHECK_INT(bucket->objects, 1);
    CHECK_INT(bucket->bytes, 3);
    REFUSED(wfp_r2_buckets_delete(f.store, "first", &me, &f.res, t->pool),
            WFP_CONFLICT);
    aim(s, WFP_R2_DELETE, NULL);
    s->call.keys = (const char *const[]){ "c" };
    s->call.count = 1;
    must(s);
    OK(wfp_r2_buckets_delete(f.store, "first", &me, &f.res, t->pool));
    aim(s, WFP_R2_HEAD, "a");
    fails(s, WFP_R2_NO_BUCKET);
}

/* ---- uploads -------------------------------------------------------------------- */

static const char *create(r2s_t *s, const char *key)
{
    aim(s, WFP_R2_CREATE_UPLOAD, key);
    s->call.meta.http.content_type = "video/x";
    must(s);
    return s->call.upload_id;
}

static const char *part(r2s_t *s, const char *key, const char *id, int number,
                        char fill, apr_size_t n)
{
    char *data = apr_palloc(s->t->pool, n);

    memset(data, fill, n);
    aim(s, WFP_R2_PUT_PART, key);
    s->call.upload_id = id;
    s->call.part_number = number;
    s->call.data = data;
    s->call.size = (apr_int64_t)n;
    must(s);
    return s->call.etag;
}

static void complete(r2s_t *s, const char *key, const char *id,
                     const wfp_r2_part_t *parts, int n)
{
    aim(s, WFP_R2_COMPLETE, key);
    s->call.upload_id = id;
    s->call.parts = parts;
    s->call.count = n;
}

static void parts_become_an_object(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    wfp_r2_part_t parts[3] = { { 7, NULL, 0, 0 },
                               { 3, NULL, 0, 0 },
                               { 9, NULL, 0, 0 } };
    const char *id = create(s, "k"), *data;

    part(s, "k", id, 3, 'z', 1);
    parts[1].etag = part(s, "k", id, 3, 'a', 5 * MIB);
    parts[0].etag = part(s, "k", id, 7, 'b', 5 * MIB);
    parts[2].etag = part(s, "k", id, 9, 'c', 3);
    part(s, "k", id, 8, 'n', 2); /* is left out */
    aim(s, WFP_R2_LIST_PARTS, "k");
    s->call.upload_id = id;
    s->call.limit = 3;
    must(s);
    CHECK_INT(s->call.count, 3);
    CHECK_INT(s->call.parts[0].number, 3);
    CHECK_INT(s->call.parts[0].size, 5 * MIB);
    CHECK(s->call.more);
    complete(s, "k", id, parts, 3);
    must(s);
    CHECK_INT(s->call.object->size, 10 * MIB + 3);
    CHECK(strstr(s->call.object->etag, "-3"));
    CHECK_STR(s->call.object->meta.http.content_type, "video/x");
    CHECK(!s->call.object->sums.hex[WFP_HASH_MD5]);
    data = get(s, "k");
    CHECK(data[0] == 'a' && data[5 * MIB - 1] == 'a' && data[5 * MIB] == 'b');
    CHECK_STR(data + 10 * MIB, "ccc");
    aim(s, WFP_R2_GET, "k");
    s->call.range = (wfp_r2_range_t){ 1, 5 * MIB - 1, 2, -1 };
    must(s);
    CHECK_STR(slurp(s), "ab");
    aim(s, WFP_R2_GET, "k");
    s->call.range = (wfp_r2_range_t){ 1, 10 * MIB + 1, -1, -1 };
    must(s);
    CHECK_STR(slurp(s), "cc");
    complete(s, "k", id, parts, 3);
    fails(s, WFP_R2_NO_UPLOAD);
}

static void a_bucket_is_full(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id;

    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 10, t->pool),
              APR_SUCCESS);
    put(s, "a", "123456");
    put(s, "a", "1234567"); /* the old one goes */
    aim(s, WFP_R2_PUT, "b");
    s->call.data = "1234";
    s->call.size = 4;
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
    CHECK_INT(s->f.res.code, WFP_QUOTA_EXCEEDED);
    CHECK(!get(s, "b"));
    CHECK_STR(get(s, "a"), "1234567");
    id = create(s, "k");
    part(s, "k", id, 1, 'x', 2);
    part(s, "k", id, 1, 'x', 3); /* in its place */
    aim(s, WFP_R2_PUT_PART, "k");
    s->call.upload_id = id;
    s->call.part_number = 2;
    s->call.data = "1";
    s->call.size = 1;
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
    aim(s, WFP_R2_ABORT, "k");
    s->call.upload_id = id;
    must(s);
    put(s, "b", "123");
}

static void parts_that_are_wrong(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id = create(s, "k"), *other = create(s, "k2");
    wfp_r2_part_t p[2] = { { 1, NULL, 0, 0 }, { 2, NULL, 0, 0 } };

    p[0].etag = part(s, "k", id, 1, 'a', 100);
    p[1].etag = part(s, "k", id, 2, 'b', 100);
    complete(s, "k", id, p, 2);
    fails(s, WFP_R2_TOO_SMALL);
    p[0].etag = part(s, "k", id, 1, 'a', 5 * MIB);
    p[1].etag = part(s, "k", id, 2, 'a', 5 * MIB + 1);
    complete(s, "k", id, p, 2);
    fails(s, WFP_R2_BAD_UPLOAD);
    p[1].etag = p[0].etag;
    complete(s, "k", id, p, 2);
    fails(s, WFP_R2_BAD_PART);
    p[1].number = 1;
    complete(s, "k", id, p, 2);
    fails(s, WFP_R2_BAD_UPLOAD);
    complete(s, "k", id, p, 0);
    fails(s, WFP_R2_BAD_UPLOAD);
    complete(s, "k", other, p, 1);
    fails(s, WFP_R2_NO_UPLOAD);
    complete(s, "k", "' OR 1=1 --", p, 1);
    fails(s, WFP_R2_NO_UPLOAD);
    aim(s, WFP_R2_PUT_PART, "k");
    s->call.upload_id = other;
    s->call.part_number = 1;
    fails(s, WFP_R2_NO_UPLOAD);
    s->call.upload_id = id;
    s->call.part_number = 10001;
    fails(s, WFP_R2_BAD_VALUE);
    CHECK(get(s, "k") == NULL);
}

static void uploads_are_listed_and_aborted(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    const char *a = create(s, "a"), *b = create(s, "a");

    create(s, "d/x");
    part(s, "a", a, 1, 'a', 10);
    aim(s, WFP_R2_LIST_UPLOADS, NULL);
    s->call.delimiter = "/";
    s->call.limit = 2;
    must(s);
    CHECK_INT(s->call.count, 2);
    CHECK_STR(s->call.uploads[0].key, "a");
    CHECK(!strcmp(s->call.uploads[0].id, a)
          || !strcmp(s->call.uploads[0].id, b));
    s->call.cursor = s->call.next;
    must(s);
    CHECK_INT(s->call.count, 0);
    CHECK_STR(s->call.prefixes[0], "d/");
    aim(s, WFP_R2_ABORT, "a");
    s->call.upload_id = a;
    must(s);
    fails(s, WFP_R2_NO_UPLOAD);
    part(s, "a", b, 1, 'a', 10);
    OK(wfp_r2_buckets_delete(f.store, "first", &me, &f.res, t->pool));
}

/* ---- files ---------------------------------------------------------------------- */

static void sweep(r2s_t *s)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    int i;

    s->r2->sweep.next_due = s->r2->sweep.next_walk = 0;
    for (i = 0; i < 40; i++) {
        OK(wfp_r2_sweep(s->r2, &f.res));
    }
}

static apr_status_t all_due(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "UPDATE r2_dead SET due = 0");
}

static apr_status_t all_old(wfp_dbd_t *db, void *baton)
{
    (void)baton;
    return wfp_dbd_direct(db, "UPDATE r2_uploads SET created = 0");
}

static void dead_files_go_when_due(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    const char *id;

    put(s, "k", "one");
    put(s, "k", "two");
    id = create(s, "u");
    part(s, "u", id, 1, 'a', 10);
    sweep(s);
    CHECK_INT(files(s), 3);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, all_due, NULL, &f.res, t->pool));
    sweep(s);
    CHECK_INT(files(s), 2);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, all_old, NULL, &f.res, t->pool));
    sweep(s);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, all_due, NULL, &f.res, t->pool));
    sweep(s);
    CHECK_INT(files(s), 1);
    CHECK_STR(get(s, "k"), "two");
    aim(s, WFP_R2_ABORT, "u");
    s->call.upload_id = id;
    fails(s, WFP_R2_NO_UPLOAD);
}

static void make_orphan(r2s_t *s, const char *dir, const char *name,
                        apr_interval_time_t age)
{
    wfp_test_t *t = s->t;
    const char *path = apr_pstrcat(t->pool, s->dir, "/r2/", dir, "/", NULL);
    apr_file_t *file;

    (void)apr_dir_make_recursive(path, APR_FPROT_OS_DEFAULT, t->pool);
    path = apr_pstrcat(t->pool, path, name, NULL);
    CHECK_INT(apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                            APR_FPROT_OS_DEFAULT, t->pool),
              APR_SUCCESS);
    (void)apr_file_close(file);
    CHECK_INT(apr_file_mtime_set(path, apr_time_now() - age, t->pool),
              APR_SUCCESS);
}

static void orphans_go_when_old(wfp_test_t *t)
{
    apr_interval_time_t day = apr_time_from_sec(86400);
    r2s_t *s = begin(t);
    const char *id = put(s, "k", "one")->version;

    /* old as it may be, it is an object's */
    make_orphan(s, apr_pstrmemdup(t->pool, id, 3), id, day);
    make_orphan(s, "001", "00112233445566778899aabbccddeeff", day);
    make_orphan(s, "101", "new.1", day);
    make_orphan(s, "ff1", "ff112233445566778899aabbccddeeff", 0);
    make_orphan(s, "ff1", "new.2", 0);
    CHECK_INT(files(s), 5);
    sweep(s);
    CHECK_INT(files(s), 3);
    (void)get(s, "k");
    CHECK(s->call.object);
}

static void files_are_lent_to_who_takes_them(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    apr_bucket_brigade *bb = apr_brigade_create(t->pool,
                                                apr_bucket_alloc_create(
                                                    t->pool));
    apr_size_t n;
    const char *data;

    put(s, "k", "0123456789");
    aim(s, WFP_R2_GET, "k");
    s->call.range = (wfp_r2_range_t){ 1, 3, 4, -1 };
    must(s);
    s->call.body->takes_files = 1;
    OK(wfp_body_read(s->call.body, bb, 1, &f.res));
    CHECK(APR_BUCKET_IS_FILE(APR_BRIGADE_FIRST(bb)));
    CHECK_INT(APR_BRIGADE_FIRST(bb)->length, 4);
    CHECK_INT(apr_bucket_read(APR_BRIGADE_FIRST(bb), &data, &n, APR_BLOCK_READ),
              APR_SUCCESS);
    CHECK(n == 4 && !memcmp(data, "3456", 4));
    CHECK_INT(wfp_body_read(s->call.body, bb, 1, &f.res), APR_EOF);
}

/* As the Worker's CPU time; one that has no more gets none. */
static void lists_are_charged(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    apr_int64_t used = 0;

    put(s, "k", "one");
    aim(s, WFP_R2_LIST, NULL);
    s->call.cpu_ns = &used;
    s->call.cpu_max_ns = APR_INT64_MAX;
    must(s);
    CHECK(used > 0);
    s->call.cpu_max_ns = used;
    CHECK_INT(run(s), APR_TIMEUP);
    CHECK_INT(s->f.res.code, WFP_CPU_LIMIT);
}

static void keys_that_are_none(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    char *longest = apr_palloc(t->pool, WFP_R2_KEY_MAX + 2);

    memset(longest, 'k', WFP_R2_KEY_MAX + 1);
    longest[WFP_R2_KEY_MAX + 1] = '\0';
    aim(s, WFP_R2_PUT, longest);
    fails(s, WFP_R2_BAD_NAME);
    longest[WFP_R2_KEY_MAX] = '\0';
    put(s, longest, "x");
    CHECK_STR(get(s, longest), "x");
    put(s, "../../etc/passwd", "y");
    CHECK_STR(get(s, "../../etc/passwd"), "y");
    aim(s, WFP_R2_PUT, "");
    fails(s, WFP_R2_BAD_NAME);
    aim(s, WFP_R2_PUT, "\xff");
    fails(s, WFP_R2_BAD_NAME);
    CHECK_INT(files(s), 2);
}

static const wfp_test_case_t cases[] = {
    { "an object comes back", an_object_comes_back },
    { "others do not see it", others_do_not_see_it },
    { "a put takes the place of the old one",
      a_put_takes_the_place_of_the_old_one },
    { "checksums are checked", checksums_are_checked },
    { "ranges give their bytes", ranges_give_their_bytes },
    { "conditions hold when they say", conditions_hold_when_they_say },
    { "lists are in order", lists_are_in_order },
    { "many of one prefix are one", many_of_one_prefix_are_one },
    { "deletes go for all", deletes_go_for_all },
    { "parts become an object", parts_become_an_object },
    { "a bucket is full", a_bucket_is_full },
    { "parts that are wrong", parts_that_are_wrong },
    { "uploads are listed and aborted", uploads_are_listed_and_aborted },
    { "dead files go when due", dead_files_go_when_due },
    { "orphans go when old", orphans_go_when_old },
    { "files are lent to who takes them", files_are_lent_to_who_takes_them },
    { "lists are charged", lists_are_charged },
    { "keys that are none", keys_that_are_none },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
