/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STORE_FIXTURE_H
#define WFP_STORE_FIXTURE_H

/**
 * @file
 * An empty store for each case: WFP_TEST_DB is "sqlite3 FILE" or
 * "pgsql CONNINFO"; without it a SQLite file in a temporary folder.
 */

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "core/name.h"
#include "store/dbd.h"
#include "store/namespaces.h"
#include "store/scripts.h"
#include "store/store.h"
#include "wfp_test.h"

static const wfp_actor_t me = { "0123", "test", "api", "192.0.2.1" };

typedef struct fixture_t {
    const char *driver;
    const char *params;
    const char *schema;
    wfp_store_t *store;
    wfp_result_t res;
} fixture_t;

#define OK(expr)                                                               \
    do {                                                                       \
        apr_status_t ok_ = (expr);                                             \
        if (ok_ != APR_SUCCESS) {                                              \
            printf("# %s:%d: status %d, %s\n", __FILE__, __LINE__, ok_,        \
                   f.res.message ? f.res.message : "");                        \
            longjmp(t->out, 1);                                                \
        }                                                                      \
    } while (0)

/* expr fails with this code, and says why */
#define REFUSED(expr, want)                                                    \
    do {                                                                       \
        wfp_result_init(&f.res, t->pool);                                      \
        CHECK((expr) != APR_SUCCESS);                                          \
        CHECK_INT(f.res.code, (want));                                         \
        CHECK(f.res.message &&f.res.message[0]);                               \
        wfp_result_init(&f.res, t->pool);                                      \
    } while (0)

static inline int is_pgsql(const fixture_t *f)
{
    return strcmp(f->driver, "pgsql") == 0;
}

static inline void pick_database(fixture_t *f, wfp_test_t *t)
{
    static int count;
    char *db;
    const char *dir;
    char *root;

    memset(f, 0, sizeof(*f));
    wfp_result_init(&f->res, t->pool);
    if (apr_env_get(&root, "srcdir", t->pool) != APR_SUCCESS) {
        root = (char *)"..";
    }
    f->schema = apr_pstrcat(t->pool, root, "/conf/schema", NULL);
    if (apr_env_get(&db, "WFP_TEST_DB", t->pool) == APR_SUCCESS) {
        char *blank;

        db = apr_pstrdup(t->pool, db); /* apr_env_get() copies nothing */
        blank = strchr(db, ' ');
        CHECK(blank != NULL);
        *blank = '\0';
        f->driver = db;
        f->params = blank + 1;
        if (!is_pgsql(f)) {
            f->params = apr_psprintf(t->pool, "%s.%d", f->params, ++count);
        }
        return;
    }
    CHECK(apr_temp_dir_get(&dir, t->pool) == APR_SUCCESS);
    f->driver = "sqlite3";
    f->params = apr_psprintf(t->pool, "%s/wfp-test-%ld-%d.db", dir,
                             (long)getpid(), ++count);
}

static inline apr_status_t drop_all(wfp_dbd_t *db, void *baton)
{
    apr_status_t rv = wfp_dbd_direct(db,
                                     "DROP SCHEMA IF EXISTS public CASCADE");

    return rv == APR_SUCCESS ? wfp_dbd_direct(db, "CREATE SCHEMA public") : rv;
}

static inline apr_status_t remove_files(void *data)
{
    const fixture_t *f = data;
    static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
    apr_pool_t *p;
    int i;

    apr_pool_create(&p, NULL);
    for (i = 0; i < 4; i++) {
        (void)apr_file_remove(apr_pstrcat(p, f->params, ends[i], NULL), p);
    }
    apr_pool_destroy(p);
    return APR_SUCCESS;
}

/* Open the store of a fixture that is set up (again, in a child process). */
static inline void open_again(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f = *f_;

    OK(wfp_store_open(&f.store, f.driver, f.params, 1, &f.res, t->pool));
    f_->store = f.store;
}

/* A store without tables. */
static inline void open_bare(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f;
    wfp_store_t *store;
    apr_pool_t *sub;

    pick_database(&f, t);
    if (is_pgsql(&f)) {
        apr_pool_create(&sub, t->pool);
        OK(wfp_store_open(&store, f.driver, f.params, 0, &f.res, sub));
        OK(wfp_dbd_run(store, WFP_DBD_WRITE, drop_all, NULL, &f.res, sub));
        apr_pool_destroy(sub);
    }
    else {
        fixture_t *copy = apr_pmemdup(t->pool, &f, sizeof(f));

        apr_pool_cleanup_register(t->pool, copy, remove_files,
                                  apr_pool_cleanup_null);
    }
    OK(wfp_store_open(&f.store, f.driver, f.params, 0, &f.res, t->pool));
    *f_ = f;
}

static inline apr_status_t migrate(int *papplied, fixture_t *f, apr_pool_t *p)
{
    apr_array_header_t *schema;
    apr_status_t rv = wfp_store_read_schema(&schema, f->driver, f->schema,
                                            &f->res, p);

    return rv == APR_SUCCESS
               ? wfp_store_migrate(papplied, f->store, schema, &f->res, p)
               : rv;
}

/* A store with its tables and the namespace "demo". */
static inline void open_store(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f;
    wfp_namespace_t ns = { .name = "demo" };
    int n;

    open_bare(&f, t);
    OK(migrate(&n, &f, t->pool));
    wfp_limits_clear(&ns.limits);
    OK(wfp_namespaces_create(f.store, &ns, &me, &f.res, t->pool));
    *f_ = f;
}

static inline void add_module(wfp_script_t *s, const char *name,
                              const char *data, apr_size_t n)
{
    wfp_module_t *module = apr_array_push(s->modules);

    memset(module, 0, sizeof(*module));
    module->name = name;
    module->kind = wfp_module_kind_by_name(name);
    module->data = data;
    module->size = n;
}

static inline wfp_binding_t *add_binding(wfp_script_t *s, wfp_binding_e kind,
                                         const char *name, const char *text,
                                         const char *target)
{
    wfp_binding_t *b = apr_array_push(s->bindings);

    memset(b, 0, sizeof(*b));
    b->name = name;
    b->kind = kind;
    b->text = text;
    b->text_size = text ? strlen(text) : 0;
    b->target = target;
    return b;
}

/* A Worker whose one module is source. */
static inline wfp_put_t *make_put(const char *ns, const char *name,
                                  const char *source, apr_pool_t *p)
{
    wfp_put_t *put = apr_pcalloc(p, sizeof(*put));

    put->script = wfp_script_make(p);
    put->script->ns = ns;
    put->script->name = name;
    put->script->main_module = "worker.lua";
    add_module(put->script, "worker.lua", source, strlen(source));
    put->message = "";
    put->actor = &me;
    put->versions_kept = 3;
    return put;
}

/* Though others use it. */
static inline apr_status_t drop_script(apr_int64_t *pstamp, fixture_t *f,
                                       const char *ns, const char *name,
                                       const char *if_match)
{
    wfp_script_delete_t what = { ns, name, if_match, 1, &me };

    return wfp_scripts_delete(pstamp, f->store, &what, &f->res, f->res.pool);
}

#endif
