/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are whole or not there, and bodies over files. */
#include "services/blobs.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/body_file.h"
#include "tests/unit/wfp_test.h"

#define GROUP    "0c7d1f80-0000-4000-8000-00000000000a"
#define NAME     "00ff"
#define OK(expr) CHECK((expr) == APR_SUCCESS)

typedef struct place_t {
    wfp_test_t *t;
    wfp_blobs_t *blobs;
    const char *root;
} place_t;

static const char *in_group(const place_t *at, const char *name)
{
    return apr_pstrcat(at->t->pool, at->root, "/kind/" GROUP "/", name, NULL);
}

static void begin(place_t *at, wfp_test_t *t)
{
    char *root = apr_pstrdup(t->pool, "/tmp/wfp-blobs-XXXXXX");

    CHECK(mkdtemp(root));
    at->t = t;
    at->root = root;
    OK(wfp_blobs_create(&at->blobs, root, "kind", t->pool));
}

static int want_none(void *baton, const char *name)
{
    (void)baton;
    (void)name;
    return 0;
}

static int want_that(void *baton, const char *name)
{
    return !strcmp(baton, name);
}

/* What is left must be nothing. */
static void end(place_t *at)
{
    wfp_test_t *t = at->t;
    apr_pool_t *p = t->pool;
    apr_status_t rv = wfp_blobs_sweep(NULL, at->blobs, GROUP,
                                      apr_time_now() + APR_USEC_PER_SEC,
                                      want_none, NULL, p);

    CHECK(rv == APR_SUCCESS || APR_STATUS_IS_ENOENT(rv));
    OK(apr_dir_remove(apr_pstrcat(p, at->root, "/kind", NULL), p));
    OK(apr_dir_remove(at->root, p));
}

static const char *read_all(place_t *at, const char *name)
{
    wfp_test_t *t = at->t;
    char *data = apr_pcalloc(t->pool, 100);
    apr_size_t n = 99;
    apr_file_t *file;

    OK(wfp_blobs_open(&file, at->blobs, GROUP, name, 0, t->pool));
    OK(apr_file_read(file, data, &n));
    OK(apr_file_close(file));
    return data;
}

static void blobs_are_written_and_read(wfp_test_t *t)
{
    apr_file_t *file;
    place_t at;

    begin(&at, t);
    OK(wfp_blobs_put(at.blobs, GROUP, NAME, "abc", 3, t->pool));
    CHECK_STR(read_all(&at, NAME), "abc");
    OK(wfp_blobs_put(at.blobs, GROUP, NAME, "defg", 4, t->pool));
    CHECK_STR(read_all(&at, NAME), "defg");
    CHECK(APR_STATUS_IS_ENOENT(
        wfp_blobs_open(&file, at.blobs, GROUP, "ab", 0, t->pool)));
    end(&at);
}

static void blobs_are_not_seen_before_they_are_whole(wfp_test_t *t)
{
    apr_pool_t *p;
    apr_file_t *file;
    wfp_blob_t *blob;
    place_t at;

    begin(&at, t);
    apr_pool_create(&p, t->pool);
    OK(wfp_blobs_begin(&blob, at.blobs, GROUP, p));
    OK(wfp_blobs_write(blob, "half", 4));
    CHECK(APR_STATUS_IS_ENOENT(
        wfp_blobs_open(&file, at.blobs, GROUP, NAME, 0, t->pool)));
    apr_pool_destroy(p); /* given up */
    OK(wfp_blobs_begin(&blob, at.blobs, GROUP, t->pool));
    OK(wfp_blobs_write(blob, "whole", 5));
    OK(wfp_blobs_commit(blob, NAME));
    CHECK_STR(read_all(&at, NAME), "whole");
    end(&at);
}

static void blobs_refuse_names_that_are_paths(wfp_test_t *t)
{
    static const char *const bad[] = { "",     ".",       "..",    "../kind",
                                       "a/b",  "/etc",    "new.a", "A",
                                       "a\nb", "..%2f..", "x" };
    apr_file_t *file;
    wfp_blob_t *blob;
    place_t at;
    unsigned i;

    begin(&at, t);
    OK(wfp_blobs_put(at.blobs, GROUP, NAME, "abc", 3, t->pool));
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(wfp_blobs_begin(&blob, at.blobs, bad[i], t->pool) == APR_EINVAL);
        CHECK(wfp_blobs_put(at.blobs, GROUP, bad[i], "abc", 3, t->pool)
              == APR_EINVAL);
        CHECK(APR_STATUS_IS_ENOENT(
            wfp_blobs_open(&file, at.blobs, bad[i], NAME, 0, t->pool)));
        CHECK(APR_STATUS_IS_ENOENT(
            wfp_blobs_open(&file, at.blobs, GROUP, bad[i], 0, t->pool)));
    }
    end(&at);
}

static void blobs_that_nobody_wants_go(wfp_test_t *t)
{
    apr_time_t later = apr_time_now() + APR_USEC_PER_SEC;
    char wanted[] = "bb";
    apr_file_t *file;
    place_t at;
    int gone;

    begin(&at, t);
    OK(wfp_blobs_put(at.blobs, GROUP, "aa", "abc", 3, t->pool));
    OK(wfp_blobs_put(at.blobs, GROUP, "bb", "abc", 3, t->pool));
    OK(apr_file_open(&file, in_group(&at, "new.left-by-one-that-died"),
                     APR_FOPEN_WRITE | APR_FOPEN_CREATE, APR_FPROT_OS_DEFAULT,
                     t->pool));
    OK(apr_file_close(file));
    OK(wfp_blobs_sweep(&gone, at.blobs, GROUP,
                       apr_time_now() - 60 * APR_USEC_PER_SEC, want_none, NULL,
                       t->pool));
    CHECK(gone == 0); /* all are young */
    OK(wfp_blobs_sweep(&gone, at.blobs, GROUP, later, want_that, wanted,
                       t->pool));
    CHECK(gone == 2);
    CHECK_STR(read_all(&at, "bb"), "abc");
    end(&at);
}

static void blobs_that_are_touched_are_young(wfp_test_t *t)
{
    apr_time_t before = apr_time_now() - 60 * APR_USEC_PER_SEC;
    place_t at;
    int gone;

    begin(&at, t);
    OK(wfp_blobs_put(at.blobs, GROUP, "aa", "abc", 3, t->pool));
    OK(apr_file_mtime_set(in_group(&at, "aa"), before - APR_USEC_PER_SEC,
                          t->pool));
    OK(wfp_blobs_touch(at.blobs, GROUP, "aa", t->pool));
    OK(wfp_blobs_sweep(&gone, at.blobs, GROUP, before, want_none, NULL,
                       t->pool));
    CHECK(gone == 0);
    CHECK(
        APR_STATUS_IS_ENOENT(wfp_blobs_touch(at.blobs, GROUP, "bb", t->pool)));
    end(&at);
}

static void blobs_groups_follow_each_other(wfp_test_t *t)
{
    const char *group;
    place_t at;

    begin(&at, t);
    OK(wfp_blobs_next(&group, at.blobs, "", t->pool));
    CHECK(!group);
    OK(wfp_blobs_put(at.blobs, GROUP, "aa", "abc", 3, t->pool));
    OK(wfp_blobs_next(&group, at.blobs, "", t->pool));
    CHECK_STR(group, GROUP);
    OK(wfp_blobs_next(&group, at.blobs, GROUP, t->pool));
    CHECK(!group);
    end(&at);
}

static void bodies_over_files_are_read(wfp_test_t *t)
{
    wfp_result_t res;
    apr_off_t offset;
    apr_file_t *file;
    wfp_body_t *body;
    const char *data;
    apr_size_t n;
    place_t at;

    begin(&at, t);
    wfp_result_init(&res, t->pool);
    OK(wfp_blobs_put(at.blobs, GROUP, NAME, "0123456789", 10, t->pool));
    OK(wfp_blobs_open(&file, at.blobs, GROUP, NAME, 0, t->pool));
    body = wfp_body_file(file, 2, 5, t->pool);
    CHECK(wfp_body_file_peek(body, &offset) == file && offset == 2);
    OK(wfp_body_slurp(&data, &n, body, 100, &res, t->pool));
    CHECK(n == 5 && !memcmp(data, "23456", 5));
    CHECK(!wfp_body_file_peek(body, &offset));
    CHECK(!wfp_body_file_peek(wfp_body_mem("x", 1, t->pool), &offset));
    OK(wfp_blobs_open(&file, at.blobs, GROUP, NAME, 0, t->pool));
    wfp_body_cancel(wfp_body_file(file, 0, 10, t->pool));
    end(&at);
}

typedef struct later_t {
    wfp_blobs_t *blobs;
    const char *name;
    int opened;
} later_t;

static apr_status_t open_later(apr_file_t **pfile, void *baton, apr_pool_t *p)
{
    later_t *later = baton;

    later->opened++;
    return wfp_blobs_open(pfile, later->blobs, GROUP, later->name, 0, p);
}

static void bodies_open_files_when_they_are_read(wfp_test_t *t)
{
    apr_size_t size = 150000, n;
    char *all = apr_palloc(t->pool, size);
    apr_bucket_brigade *bb;
    wfp_result_t res;
    apr_off_t offset;
    wfp_body_t *body;
    const char *data;
    later_t later;
    place_t at;

    begin(&at, t);
    wfp_result_init(&res, t->pool);
    memset(all, 'x', size);
    OK(wfp_blobs_put(at.blobs, GROUP, NAME, all, size, t->pool));
    later = (later_t){ at.blobs, NAME, 0 };
    body = wfp_body_file_later(open_later, &later, (apr_off_t)size, t->pool);
    CHECK(later.opened == 0);
    OK(wfp_body_slurp(&data, &n, body, size, &res, t->pool));
    CHECK(later.opened > 1 && n == size && !memcmp(data, all, n));
    later.opened = 0;
    CHECK(!wfp_body_file_peek(body, &offset) && later.opened == 0);

    body = wfp_body_file_later(open_later, &later, (apr_off_t)size, t->pool);
    CHECK(wfp_body_file_peek(body, &offset) && offset == 0);
    bb = apr_brigade_create(t->pool, apr_bucket_alloc_create(t->pool));
    body->takes_files = 1;
    OK(wfp_body_read(body, bb, 10, &res));
    CHECK(APR_BUCKET_IS_FILE(APR_BRIGADE_FIRST(bb))
          && body->done == (apr_off_t)size);
    OK(apr_brigade_cleanup(bb));
    CHECK(wfp_body_read(body, bb, 10, &res) == APR_EOF);

    later.name = "00";
    body = wfp_body_file_later(open_later, &later, (apr_off_t)size, t->pool);
    CHECK(!wfp_body_file_peek(body, &offset));
    CHECK(wfp_body_read(body, bb, 10, &res) != APR_SUCCESS
          && res.code == WFP_INTERNAL);
    end(&at);
}

static const wfp_test_case_t cases[] = {
    { "blobs are written and read", blobs_are_written_and_read },
    { "blobs are not seen before they are whole",
      blobs_are_not_seen_before_they_are_whole },
    { "blobs refuse names that are paths", blobs_refuse_names_that_are_paths },
    { "blobs that nobody wants go", blobs_that_nobody_wants_go },
    { "blobs that are touched are young", blobs_that_are_touched_are_young },
    { "blobs: groups follow each other", blobs_groups_follow_each_other },
    { "bodies over files are read", bodies_over_files_are_read },
    { "bodies open files when they are read",
      bodies_open_files_when_they_are_read },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
