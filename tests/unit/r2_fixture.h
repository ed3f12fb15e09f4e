/* SPDX-License-Identifier: Apache-2.0 */
#ifndef R2_FIXTURE_H
#define R2_FIXTURE_H

#include <stdlib.h>
#include <unistd.h>

#include "services/r2.h"
#include "services/r2_inside.h"
#include "store/r2_buckets.h"
#include "tests/unit/store_fixture.h"

/**
 * @file
 * A store, R2 in a folder of its own, and calls of it.
 */

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
static inline void remove_dir(const char *path, int depth, apr_pool_t *p)
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

static inline apr_status_t remove_tree(void *data)
{
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    remove_dir(data, 2, p);
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

static inline int count_in(const char *path, int depth, apr_pool_t *p)
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
static inline int files(const r2s_t *s)
{
    return count_in(apr_pstrcat(s->t->pool, s->dir, "/r2", NULL), 1,
                    s->t->pool);
}

static inline void make_bucket(r2s_t *s, const char *name)
{
    wfp_test_t *t = s->t;
    fixture_t f = s->f;
    wfp_r2_bucket_t bucket = { .name = name, .storage_class = "Standard" };

    OK(wfp_r2_buckets_create(f.store, &bucket, &me, &f.res, t->pool));
}

static inline r2s_t *begin(wfp_test_t *t)
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

static inline wfp_r2_call_t *aim(r2s_t *s, wfp_r2_verb_e verb, const char *key)
{
    memset(&s->call, 0, sizeof(s->call));
    s->call.verb = verb;
    s->call.key = key;
    s->call.pool = s->t->pool;
    return &s->call;
}

static inline apr_status_t run(r2s_t *s)
{
    wfp_result_init(&s->f.res, s->t->pool);
    return wfp_r2_run(s->r2, s->bucket, &s->call, &s->log, &s->f.res);
}

static inline void must(r2s_t *s)
{
    wfp_test_t *t = s->t;
    apr_status_t rv = run(s);

    if (rv != APR_SUCCESS) {
        printf("# %s, log %s\n", s->f.res.message, s->log ? s->log : "-");
    }
    CHECK_INT(rv, APR_SUCCESS);
}

static inline void fails(r2s_t *s, wfp_r2_fault_e fault)
{
    wfp_test_t *t = s->t;

    CHECK(run(s) != APR_SUCCESS);
    CHECK_INT(s->call.fault, fault);
    CHECK_INT(s->f.res.code, WFP_R2_ERROR);
}
static inline const wfp_r2_object_t *put(r2s_t *s, const char *key,
                                         const char *data)
{
    wfp_test_t *t = s->t;

    aim(s, WFP_R2_PUT, key);
    s->call.data = data;
    s->call.size = (apr_int64_t)strlen(data);
    must(s);
    CHECK(s->call.object || s->call.unmet);
    return s->call.object;
}

static inline const char *slurp(r2s_t *s)
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

static inline const char *get(r2s_t *s, const char *key)
{
    aim(s, WFP_R2_GET, key);
    must(s);
    return s->call.object ? slurp(s) : NULL;
}

#endif
