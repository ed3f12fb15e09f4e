/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of R2: rows and files together. */
#include "tests/unit/r2_fixture.h"

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
    { "lists are charged", lists_are_charged },
    { "keys that are none", keys_that_are_none },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
