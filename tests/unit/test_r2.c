/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of R2. */
#include "core/r2.h"

#include <apr_strings.h>
#include <string.h>

#include "tests/unit/wfp_test.h"

static void names_and_keys(wfp_test_t *t)
{
    CHECK(wfp_r2_is_bucket_name("abc") && wfp_r2_is_bucket_name("a-1"));
    CHECK(!wfp_r2_is_bucket_name("ab") && !wfp_r2_is_bucket_name("-ab"));
    CHECK(!wfp_r2_is_bucket_name("ab-") && !wfp_r2_is_bucket_name("a.b"));
    CHECK(!wfp_r2_is_bucket_name("Abc") && !wfp_r2_is_bucket_name(""));
    CHECK(wfp_r2_is_key("a", 1) && !wfp_r2_is_key("", 0));
    CHECK(!wfp_r2_is_key("a\0b", 3) && !wfp_r2_is_key("\xff", 1));
}

static void metadata(wfp_test_t *t)
{
    char *value = apr_pcalloc(t->pool, WFP_R2_METADATA_MAX + 1);
    wfp_r2_pair_t pair = { "a", value };
    wfp_r2_meta_t meta = { .custom = &pair, .custom_count = 1 };

    memset(value, 'x', WFP_R2_METADATA_MAX - 1);
    CHECK_INT(wfp_r2_check_meta(&meta), WFP_R2_FINE);
    value[WFP_R2_METADATA_MAX - 1] = 'x';
    CHECK_INT(wfp_r2_check_meta(&meta), WFP_R2_METADATA_SIZE);
    pair.value = "\xff";
    CHECK_INT(wfp_r2_check_meta(&meta), WFP_R2_BAD_VALUE);
    meta.custom_count = 0;
    meta.http.content_type = "a\r\nb";
    CHECK_INT(wfp_r2_check_meta(&meta), WFP_R2_BAD_VALUE);
    meta.http.content_type = NULL;
    meta.storage_class = "Cold";
    CHECK_INT(wfp_r2_check_meta(&meta), WFP_R2_BAD_VALUE);
}

static int holds(const char *m, const char *nm, const char *ms, const char *us,
                 const wfp_r2_object_t *o, apr_pool_t *p)
{
    return wfp_r2_condition_holds(wfp_r2_read_condition(m, nm, ms, us, p), o);
}

static void conditions_of_headers(wfp_test_t *t)
{
    static const char when[] = "Sun, 09 Sep 2001 01:46:40 GMT";
    static const char before[] = "Sun, 09 Sep 2001 01:46:39 GMT";
    static const char after[] = "Sun, 09 Sep 2001 01:46:41 GMT";
    wfp_r2_object_t o = { .etag = "e1",
                          .uploaded = APR_INT64_C(1000000000500000) };
    apr_pool_t *p = t->pool;

    CHECK(holds(NULL, NULL, NULL, NULL, &o, p));
    CHECK(holds("\"e1\"", NULL, NULL, NULL, &o, p));
    CHECK(holds("\"x\" , \"e1\"", NULL, NULL, NULL, &o, p));
    CHECK(!holds("\"x\"", NULL, NULL, NULL, &o, p));
    CHECK(!holds("W/\"e1\"", NULL, NULL, NULL, &o, p));
    CHECK(holds("*", NULL, NULL, NULL, &o, p));
    CHECK(!holds("*", NULL, NULL, NULL, NULL, p));
    CHECK(!holds(NULL, "\"e1\"", NULL, NULL, &o, p));
    CHECK(!holds(NULL, "W/\"e1\"", NULL, NULL, &o, p));
    CHECK(holds(NULL, "\"x\"", NULL, NULL, &o, p));
    CHECK(!holds(NULL, "*", NULL, NULL, &o, p));
    CHECK(holds(NULL, "*", NULL, NULL, NULL, p));
    CHECK(!holds(NULL, NULL, when, NULL, &o, p));
    CHECK(holds(NULL, NULL, before, NULL, &o, p));
    CHECK(!holds(NULL, NULL, after, NULL, &o, p));
    CHECK(holds(NULL, NULL, NULL, when, &o, p));
    CHECK(!holds(NULL, NULL, NULL, before, &o, p));
    CHECK(holds(NULL, NULL, NULL, after, &o, p));
    /* an etag says more than a time; what is no date says nothing */
    CHECK(holds(NULL, "\"x\"", after, NULL, &o, p));
    CHECK(holds("\"e1\"", NULL, NULL, before, &o, p));
    CHECK(holds(NULL, NULL, "yesterday", NULL, &o, p));
    CHECK(!holds("e1", NULL, NULL, NULL, &o, p));
    CHECK(!holds("\"*\"", NULL, NULL, NULL, &o, p));
}

static void ranges(wfp_test_t *t)
{
    static const struct {
        const char *text;
        long long offset, length; /* of 10 bytes; -1: not to be had */
    } rows[] = {
        { "bytes=0-0", 0, 1 },
        { "bytes=2-4", 2, 3 },
        { "bytes=9-", 9, 1 },
        { "bytes=5-99", 5, 5 },
        { "bytes=-3", 7, 3 },
        { "bytes=-99", 0, 10 },
        { "bytes=10-", -1, 0 },
        { "bytes=-0", -1, 0 },
        { "bytes=4-2", 0, 10 },
        { "bytes=1-2,4-5", 0, 10 },
        { "bytes=", 0, 10 },
        { "bytes=a-b", 0, 10 },
        { "lines=1-2", 0, 10 },
        { NULL, 0, 10 },
        { "bytes=99999999999999999999-", 0, 10 },
    };
    apr_int64_t offset, length;
    wfp_r2_range_t range;
    apr_size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wfp_r2_read_range(&range, rows[i].text);
        if (!wfp_r2_resolve_range(&offset, &length, &range, 10)) {
            CHECK_INT(rows[i].offset, -1);
            continue;
        }
        CHECK_INT(offset, rows[i].offset);
        CHECK_INT(length, rows[i].length);
    }
    wfp_r2_read_range(&range, "bytes=0-");
    CHECK(wfp_r2_resolve_range(&offset, &length, &range, 0));
    CHECK_INT(length, 0);
}

static void every_fault_has_a_row(wfp_test_t *t)
{
    int i;

    for (i = 1; i < WFP_R2_FAULT_COUNT; i++) {
        CHECK(wfp_r2_fault_row((wfp_r2_fault_e)i)->code >= 10001);
        CHECK(wfp_r2_fault_row((wfp_r2_fault_e)i)->text);
    }
    for (i = 0; i < WFP_R2_VERB_COUNT; i++) {
        CHECK(wfp_r2_verb_name((wfp_r2_verb_e)i));
    }
}

static const wfp_test_case_t cases[] = {
    { "names and keys", names_and_keys },
    { "metadata", metadata },
    { "conditions of headers", conditions_of_headers },
    { "ranges", ranges },
    { "every fault has a row", every_fault_has_a_row },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
