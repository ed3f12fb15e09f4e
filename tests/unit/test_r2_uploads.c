/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of R2 in parts, and what becomes of files. */
#include "tests/unit/r2_fixture.h"

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

/* A body without end, of a length that it says or not. */
static apr_status_t endless_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                 apr_size_t max, wfp_result_t *res)
{
    static const char some[16 * 1024];
    apr_size_t *given = body->baton,
               n = max < sizeof(some) ? max : sizeof(some);

    (void)res;
    *given += n;
    return apr_brigade_write(bb, NULL, NULL, some, n);
}

static const wfp_body_kind_t endless = { "endless", endless_read, NULL, NULL };

/* @return how much of it was read before it was refused */
static apr_size_t read_in_vain(r2s_t *s, wfp_r2_verb_e verb, const char *id,
                               apr_off_t length)
{
    wfp_test_t *t = s->t;
    apr_size_t given = 0;

    aim(s, verb, "k");
    s->call.upload_id = id;
    s->call.part_number = 1;
    s->call.source = wfp_body_make(&endless, &given, length, t->pool);
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
    CHECK_INT(files(s), 1);
    return given;
}

/* What a full bucket has no room for is not written first. */
static void a_full_bucket_reads_no_more_than_fits(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    char *data = apr_palloc(t->pool, MIB);
    const char *id;

    memset(data, 'x', MIB - 1000);
    data[MIB - 1000] = '\0';
    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, MIB, t->pool),
              APR_SUCCESS);
    put(s, "a", data);
    id = create(s, "k");
    CHECK_INT(read_in_vain(s, WFP_R2_PUT, NULL, 2000), 0);
    CHECK_INT(read_in_vain(s, WFP_R2_PUT_PART, id, 2000), 0);
    CHECK(read_in_vain(s, WFP_R2_PUT, NULL, -1) <= 64 * 1024);
    CHECK(read_in_vain(s, WFP_R2_PUT_PART, id, -1) <= 64 * 1024);
    put(s, "a", data); /* in its place */
    put(s, "b", "");
    CHECK_INT(strlen(get(s, "a")), MIB - 1000);
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

/* Nobody reads them: whoever begins and aborts uploads fills no disk. */
static void parts_go_at_once(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    fixture_t f = s->f;
    const char *id = create(s, "u");
    int i;

    for (i = 1; i <= 3; i++) {
        part(s, "u", id, i, 'a', 10);
    }
    aim(s, WFP_R2_ABORT, "u");
    s->call.upload_id = id;
    must(s);
    sweep(s);
    CHECK_INT(files(s), 0);
    id = create(s, "u");
    part(s, "u", id, 1, 'a', 10);
    part(s, "u", id, 2, 'a', 10);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, all_old, NULL, &f.res, t->pool));
    sweep(s);
    sweep(s);
    CHECK_INT(files(s), 0);
}

/* Of many parts few may be wanted: those between them go in one go. */
static void parts_that_are_left_out_go(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id = create(s, "k"), *data;
    wfp_r2_part_t p[2] = { { 4, NULL, 0, 0 }, { 9, NULL, 0, 0 } };
    int i;

    for (i = 1; i <= 12; i++) {
        if (i != 4 && i != 9) {
            part(s, "k", id, i, 'n', 10);
        }
    }
    p[0].etag = part(s, "k", id, 4, 'a', 5 * MIB);
    p[1].etag = part(s, "k", id, 9, 'b', 3);
    p[1].number = 8;
    complete(s, "k", id, p, 2); /* refused: nothing has gone */
    fails(s, WFP_R2_BAD_PART);
    p[1].number = 9;
    complete(s, "k", id, p, 2);
    must(s);
    data = get(s, "k");
    CHECK_INT(strlen(data), 5 * MIB + 3);
    CHECK_STR(data + 5 * MIB - 1, "abbb");
    sweep(s);
    CHECK_INT(files(s), 2);
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

static const wfp_test_case_t cases[] = {
    { "parts become an object", parts_become_an_object },
    { "a bucket is full", a_bucket_is_full },
    { "parts that are wrong", parts_that_are_wrong },
    { "uploads are listed and aborted", uploads_are_listed_and_aborted },
    { "a full bucket reads no more than fits",
      a_full_bucket_reads_no_more_than_fits },
    { "dead files go when due", dead_files_go_when_due },
    { "parts go at once", parts_go_at_once },
    { "parts that are left out go", parts_that_are_left_out_go },
    { "orphans go when old", orphans_go_when_old },
    { "files are lent to who takes them", files_are_lent_to_who_takes_them },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
