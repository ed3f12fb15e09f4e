/* SPDX-License-Identifier: Apache-2.0 */
/* What a bucket has is counted in its row: objects and the parts of uploads. */
#include "tests/unit/r2_fixture.h"

#define UPLOADS 6
#define KEYS    4
#define STEPS   400

static apr_status_t direct(wfp_dbd_t *db, void *baton)
{
    return wfp_dbd_direct(db, baton);
}

/* Change the store beside the service. */
static void beside(r2s_t *s, const char *sql)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;

    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, direct, (void *)(uintptr_t)sql,
                   &f.res, t->pool));
}

static apr_status_t find_wrong(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t wrong = {
        "wrong_counts",
        "SELECT count(*) FROM r2_buckets b WHERE part_bytes <> "
        "COALESCE((SELECT sum(p.size) FROM r2_uploads u JOIN r2_pieces p "
        "ON p.owner = u.id WHERE u.bucket_id = b.id), 0) "
        "OR bytes <> COALESCE((SELECT sum(size) FROM r2_objects o "
        "WHERE o.bucket_id = b.id), 0) "
        "OR objects <> (SELECT count(*) FROM r2_objects o "
        "WHERE o.bucket_id = b.id)"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &wrong, 1, NULL);

    *(apr_int64_t *)baton = rv == APR_SUCCESS ? wfp_dbd_int(row[0]) : -1;
    return rv;
}

/* Buckets whose counters are not the sums. */
static apr_int64_t wrong(r2s_t *s)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    apr_int64_t n;

    OK(wfp_dbd_run(f.store, WFP_DBD_PLAIN, find_wrong, &n, &f.res, t->pool));
    return n;
}

static apr_status_t read_parts(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t get = {
        "part_bytes", "SELECT part_bytes FROM r2_buckets WHERE name = 'first'"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, 1, NULL);

    *(apr_int64_t *)baton = rv == APR_SUCCESS && row ? wfp_dbd_int(row[0]) : -1;
    return rv;
}

static apr_int64_t part_bytes(r2s_t *s)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    apr_int64_t n;

    OK(wfp_dbd_run(f.store, WFP_DBD_PLAIN, read_parts, &n, &f.res, t->pool));
    return n;
}

static const char *create(r2s_t *s, const char *key)
{
    aim(s, WFP_R2_CREATE_UPLOAD, key);
    must(s);
    return s->call.upload_id;
}

static void aim_data(r2s_t *s, wfp_r2_verb_e verb, const char *key,
                     apr_size_t n)
{
    aim(s, verb, key);
    s->call.data = apr_pcalloc(s->t->pool, n + 1);
    s->call.size = (apr_int64_t)n;
}

static void aim_part(r2s_t *s, const char *key, const char *id, int number,
                     apr_size_t n)
{
    aim_data(s, WFP_R2_PUT_PART, key, n);
    s->call.upload_id = id;
    s->call.part_number = number;
}

/* ---- whatever happens -------------------------------------------------------- */

/* An upload that the test knows of, open or not any more. */
typedef struct known_t {
    const char *bucket;
    const char *key;
    const char *id;
    wfp_r2_part_t part; /* the last that was put */
} known_t;

typedef struct chance_t {
    r2s_t *s;
    apr_uint32_t seed;
    known_t known[UPLOADS];
} chance_t;

static apr_uint32_t pick(chance_t *c, apr_uint32_t n)
{
    c->seed = c->seed * 1664525 + 1013904223;
    return (c->seed >> 8) % n;
}

static const char *pick_key(chance_t *c)
{
    return apr_psprintf(c->s->t->pool, "k%u", (unsigned)pick(c, KEYS));
}

static void begin_upload(chance_t *c, known_t *k)
{
    memset(k, 0, sizeof(*k));
    k->bucket = c->s->bucket;
    k->key = pick_key(c);
    k->id = create(c->s, k->key);
}

static void try_part(chance_t *c, known_t *k)
{
    int number = 1 + (int)pick(c, 4);

    aim_part(c->s, k->key, k->id, number, pick(c, 3000));
    if (run(c->s) == APR_SUCCESS) {
        k->part.number = number;
        k->part.etag = c->s->call.etag;
    }
}

/* Of its parts the last that was put: the others go. At times with an ETag
 * that is another's. */
static void try_complete(chance_t *c, known_t *k)
{
    wfp_r2_part_t part = k->part;

    if (pick(c, 4) == 0) {
        part.etag = "00112233445566778899aabbccddeeff";
    }
    aim(c->s, WFP_R2_COMPLETE, k->key);
    c->s->call.upload_id = k->id;
    c->s->call.parts = &part;
    c->s->call.count = part.number ? 1 : 0;
    (void)run(c->s);
}

static void expire(r2s_t *s, const char *id)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    int found;

    beside(s, apr_pstrcat(t->pool,
                          "UPDATE r2_uploads SET created = 0 WHERE id = '", id,
                          "'", NULL));
    OK(wfp_r2_files_expire(&found, f.store, 1, &f.res, t->pool));
}

static void try_abort(chance_t *c, const known_t *k)
{
    aim(c->s, WFP_R2_ABORT, k->key);
    c->s->call.upload_id = k->id;
    (void)run(c->s);
}

static void try_delete(chance_t *c)
{
    const char *keys[2] = { pick_key(c), pick_key(c) };

    aim(c->s, WFP_R2_DELETE, NULL);
    c->s->call.keys = keys;
    c->s->call.count = 2;
    must(c->s);
}

/* What it is asked for may be refused: there is no such upload any more, or no
 * room. */
static void step(chance_t *c)
{
    known_t *k = &c->known[pick(c, UPLOADS)];
    apr_uint32_t what = pick(c, 16);

    c->s->bucket = pick(c, 3) ? "first" : "second";
    if (!k->id || what == 0) {
        begin_upload(c, k);
        return;
    }
    if (what < 3) {
        aim_data(c->s, WFP_R2_PUT, pick_key(c), pick(c, 3000));
        (void)run(c->s);
        return;
    }
    if (what == 3) {
        try_delete(c);
        return;
    }
    c->s->bucket = k->bucket;
    if (what < 12) {
        try_part(c, k);
    }
    else if (what < 14) {
        try_complete(c, k);
    }
    else if (what == 14) {
        try_abort(c, k);
    }
    else {
        expire(c->s, k->id);
    }
}

static void whatever_happens_the_counters_are_the_sums(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    chance_t c = { .s = s, .seed = 20 };
    int i, full = 0, parts = 0;

    make_bucket(s, "second");
    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 8000, t->pool),
              APR_SUCCESS);
    for (i = 0; i < STEPS; i++) {
        step(&c);
        full += s->call.fault == WFP_R2_FULL;
        parts += part_bytes(s) > 0;
        if (wrong(s)) {
            printf("# wrong after step %d, verb %d\n", i, (int)s->call.verb);
        }
        CHECK_INT(wrong(s), 0);
    }
    /* it was about something */
    CHECK(full > 5);
    CHECK(parts > STEPS / 2);
}

/* ---- what the bound is asked for ----------------------------------------------- */

/* Its parts are the object's: to complete an upload needs no room. */
static void an_upload_of_more_than_half_the_room_is_completed(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    wfp_r2_part_t part = { 1, NULL, 0, 0 };
    const char *id;

    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 1000, t->pool),
              APR_SUCCESS);
    put(s, "a", "0123456789");
    id = create(s, "k");
    aim_part(s, "k", id, 1, 900);
    must(s);
    part.etag = s->call.etag;
    CHECK_INT(part_bytes(s), 900);
    aim(s, WFP_R2_COMPLETE, "k");
    s->call.upload_id = id;
    s->call.parts = &part;
    s->call.count = 1;
    must(s);
    CHECK_INT(part_bytes(s), 0);
    CHECK_INT(wrong(s), 0);
    aim_data(s, WFP_R2_PUT, "b", 91);
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
}

/* The bound may have been a larger one. */
static void a_bucket_that_has_too_much_may_get_smaller(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id = create(s, "k");

    aim_part(s, "k", id, 1, 900);
    must(s);
    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 100, t->pool),
              APR_SUCCESS);
    aim_part(s, "k", id, 1, 800);
    must(s);
    aim_part(s, "k", id, 1, 801);
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
    CHECK_INT(part_bytes(s), 800);
    CHECK_INT(wrong(s), 0);
}

/* Nothing but the counter says how many bytes they have: it is asked, and not
 * the parts. */
static void open_parts_are_not_looked_at(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id = create(s, "k");
    int i;

    aim_part(s, "k", id, 1, 10);
    must(s);
    for (i = 2; i <= 10; i++) {
        beside(s, apr_psprintf(t->pool,
                               "INSERT INTO r2_pieces (owner, number, file, "
                               "size, etag, uploaded) VALUES ('%s', %d, "
                               "'f%d', 1000, '', 0)",
                               id, i, i));
    }
    CHECK_INT(wfp_r2_create(&s->r2, s->f.store, s->dir, 100, t->pool),
              APR_SUCCESS);
    put(s, "a", "0123456789");
    aim_part(s, "k", id, 1, 20);
    must(s);
    CHECK_INT(part_bytes(s), 20);
    beside(s, "UPDATE r2_buckets SET part_bytes = 95");
    aim_data(s, WFP_R2_PUT, "b", 10);
    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, WFP_R2_FULL);
}

/* A server of an earlier version counted none. */
static void what_was_not_counted_goes_with_the_last_upload(wfp_test_t *t)
{
    r2s_t *s = begin(t);
    const char *id = create(s, "k");

    aim_part(s, "k", id, 1, 10);
    must(s);
    beside(s, "UPDATE r2_buckets SET part_bytes = 7");
    aim(s, WFP_R2_ABORT, "k");
    s->call.upload_id = id;
    must(s);
    CHECK_INT(part_bytes(s), 0);
}

/* ---- the upgrade ------------------------------------------------------------------ */

#define BEFORE 18 /* the schema that had no such counter */

static const char *const rows[] = {
    "INSERT INTO r2_buckets (id, name, storage_class, created, stamp, objects, "
    "bytes) VALUES ('b1', 'first', 'Standard', 1, 0, 1, 7)",
    "INSERT INTO r2_buckets (id, name, storage_class, created, stamp, objects, "
    "bytes) VALUES ('b2', 'second', 'Standard', 1, 0, 0, 0)",
    "INSERT INTO r2_objects (bucket_id, name, owner, size, uploaded, etag, "
    "sums, meta) VALUES ('b1', '61', 'o1', 7, 1, 'e', '{}', '{}')",
    "INSERT INTO r2_pieces (owner, number, file, size, etag, uploaded) "
    "VALUES ('o1', 1, 'f0', 7, 'e', 1)",
    "INSERT INTO r2_uploads (id, bucket_id, name, created, meta) "
    "VALUES ('u1', 'b1', '6b-u1', 1, '{}')",
    "INSERT INTO r2_uploads (id, bucket_id, name, created, meta) "
    "VALUES ('u2', 'b1', '6b-u2', 1, '{}')",
    "INSERT INTO r2_pieces (owner, number, file, size, etag, uploaded) "
    "VALUES ('u1', 1, 'f1', 5000000000, 'e', 1)",
    "INSERT INTO r2_pieces (owner, number, file, size, etag, uploaded) "
    "VALUES ('u1', 2, 'f2', 20, 'e', 1)",
    "INSERT INTO r2_pieces (owner, number, file, size, etag, uploaded) "
    "VALUES ('u2', 9, 'f3', 1, 'e', 1)",
};

static void an_upgrade_counts_what_is_there(wfp_test_t *t)
{
    r2s_t s = { .t = t };
    fixture_t f;
    apr_array_header_t *schema;
    size_t i;
    int n;

    open_bare(&f, t);
    OK(wfp_store_read_schema(&schema, f.driver, f.schema, &f.res, t->pool));
    schema->nelts = BEFORE;
    CHECK(wfp_store_migrate(&n, f.store, schema, &f.res, t->pool)
          == APR_EINCOMPLETE);
    wfp_result_init(&f.res, t->pool);
    s.f = f;
    for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        beside(&s, rows[i]);
    }
    OK(migrate(&n, &f, t->pool));
    CHECK_INT(part_bytes(&s), 5000000021);
    CHECK_INT(wrong(&s), 0);
}

static const wfp_test_case_t cases[] = {
    { "whatever happens the counters are the sums",
      whatever_happens_the_counters_are_the_sums },
    { "an upload of more than half the room is completed",
      an_upload_of_more_than_half_the_room_is_completed },
    { "a bucket that has too much may get smaller",
      a_bucket_that_has_too_much_may_get_smaller },
    { "open parts are not looked at", open_parts_are_not_looked_at },
    { "what was not counted goes with the last upload",
      what_was_not_counted_goes_with_the_last_upload },
    { "an upgrade counts what is there", an_upgrade_counts_what_is_there },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
