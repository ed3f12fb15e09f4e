/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the REST API asks of the store: the upgrade from schema 1, versions
 * without traffic, splits, expectations, pages by tag, KV namespaces,
 * hostnames, the audit. On one database, see store_fixture.h.
 */
#include <unistd.h>

#include "store_fixture.h"

#include "core/crypto.h"
#include "store/deployments.h"
#include "store/hostnames.h"
#include "store/kv_namespaces.h"
#include "store/references.h"
#include "store/sessions.h"
#include "store/tokens.h"
#include "store/versions.h"

/* --- upgrade --------------------------------------------------------------- */

static apr_status_t fill_first(wfp_dbd_t *db, void *baton)
{
    static const char *const rows[] = {
        "INSERT INTO namespaces (id, name, stamp, created, modified, trusted, "
        "egress, limits, outbound) "
        "VALUES ('n1', 'demo', 1, 5, 5, 0, 'none', '{}', '{}')",
        "INSERT INTO scripts (id, ns_id, name, stamp, last_number, created, "
        "modified) VALUES ('s1', 'n1', 'old', 4, 2, 5, 6)",
        "INSERT INTO codes (id, script_id, main_module, etag, size) "
        "VALUES ('c1', 's1', 'worker.lua', 'e1', 3)",
        "INSERT INTO modules (code_id, pos, name, kind, size, body) "
        "VALUES ('c1', 0, 'worker.lua', 'lua', 3, 'YWJj')",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag) "
        "VALUES ('v1', 's1', 1, 'c1', '{}', 5, 'me', 'wfpctl', 'one', '')",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag) "
        "VALUES ('v2', 's1', 2, 'c1', '{}', 6, 'me', 'wfpctl', 'two', '')",
        "INSERT INTO tags (version_id, pos, tag) VALUES ('v1', 0, 'b')",
        "INSERT INTO tags (version_id, pos, tag) VALUES ('v1', 1, 'a')",
        "INSERT INTO tags (version_id, pos, tag) VALUES ('v2', 0, 'c')",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) VALUES ('s1', 2, 'v1', 100, 5, 'me')",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) VALUES ('s1', 3, 'v2', 100, 6, 'me')",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) VALUES ('s1', 4, 'v1', 100, 7, 'me')",
        "UPDATE counters SET value = 4 WHERE name = 'changes'",
    };
    size_t i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < sizeof(rows) / sizeof(*rows); i++) {
        rv = wfp_dbd_direct(db, rows[i]);
    }
    return rv;
}

/* Only the first file of the schema: fails, since it is not enough. */
static void open_first(fixture_t *f_, wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *schema;
    int n;

    open_bare(&f, t);
    OK(wfp_store_read_schema(&schema, f.driver, f.schema, &f.res, t->pool));
    schema->nelts = 1;
    CHECK(wfp_store_migrate(&n, f.store, schema, &f.res, t->pool)
          == APR_EINCOMPLETE);
    CHECK_INT(n, 1);
    CHECK(strstr(f.res.message, "wfpctl init") != NULL);
    wfp_result_init(&f.res, t->pool);
    *f_ = f;
}

static apr_array_header_t *names_of(wfp_test_t *t, const char *one,
                                    const char *two)
{
    apr_array_header_t *names = apr_array_make(t->pool, 2,
                                               sizeof(const char *));

    if (one) {
        APR_ARRAY_PUSH(names, const char *) = one;
    }
    if (two) {
        APR_ARRAY_PUSH(names, const char *) = two;
    }
    return names;
}

static void schema_1_is_upgraded_with_what_it_holds(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    wfp_script_query_t query = { "demo", NULL, NULL, "", 10 };
    wfp_script_t *got;
    wfp_deployment_t *dep;
    const char *next;
    int n;

    open_first(&f, t);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, fill_first, NULL, &f.res, t->pool));
    OK(migrate(&n, &f, t->pool));
    CHECK_INT(n, WFP_SCHEMA_VERSION - 1);
    OK(wfp_scripts_get(&got, f.store, "demo", "old", &f.res, t->pool));
    CHECK_STR(got->version_id, "v1");
    CHECK_INT(got->stamp, 4);
    CHECK_STR(wfp_script_module(got, "worker.lua")->data, "abc");
    query.with = names_of(t, "a", NULL);
    OK(wfp_scripts_page(&list, &next, f.store, &query, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(APR_ARRAY_IDX(list, 0, wfp_script_info_t *)->tags,
                            0, const char *),
              "b");
    query.with = names_of(t, "c", NULL); /* of the version that does not run */
    OK(wfp_scripts_page(&list, &next, f.store, &query, &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    OK(wfp_versions_get(&got, NULL, f.store, "demo", "old", "v2", &f.res,
                        t->pool));
    CHECK_INT(got->stamp, 3);
    OK(wfp_deployments_list(&list, f.store, "demo", "old", 10, &f.res,
                            t->pool));
    CHECK_INT(list->nelts, 3);
    dep = APR_ARRAY_IDX(list, 0, wfp_deployment_t *);
    CHECK_INT(APR_ARRAY_IDX(dep->shares, 0, wfp_share_t).share, WFP_SPLIT_ALL);
}

/* --- versions and deployments ----------------------------------------------- */

static const char *upload(fixture_t *f_, wfp_test_t *t, const char *text,
                          int no_traffic)
{
    fixture_t f = *f_;
    wfp_put_t *put = make_put("demo", "a", text, t->pool);

    put->no_traffic = no_traffic;
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    return put->script->version_id;
}

static wfp_rollout_t split(wfp_test_t *t, const char *one, int share,
                           const char *two, int rest)
{
    apr_array_header_t *shares = apr_array_make(t->pool, 2,
                                                sizeof(wfp_share_t));
    wfp_rollout_t deploy = { .ns = "demo",
                             .name = "a",
                             .shares = shares,
                             .message = "slowly",
                             .actor = &me };
    wfp_share_t first = { one, share }, second = { two, rest };

    APR_ARRAY_PUSH(shares, wfp_share_t) = first;
    APR_ARRAY_PUSH(shares, wfp_share_t) = second;
    return deploy;
}

static void version_without_traffic_does_not_run(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_t *got;
    wfp_put_t *put;
    const char *v2;

    open_store(&f, t);
    put = make_put("demo", "a", "0", t->pool);
    put->no_traffic = 1; /* of a Worker that is not there */
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);
    (void)upload(&f, t, "1", 0);
    v2 = upload(&f, t, "2", 1);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->number, 1);
    OK(wfp_versions_get(&got, NULL, f.store, "demo", "a", v2, &f.res, t->pool));
    CHECK_STR(wfp_script_module(got, "worker.lua")->data, "2");
    /* a change that keeps the code would leave it out */
    put = make_put("demo", "a", "", t->pool);
    put->script->modules->nelts = 0;
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_CONFLICT);
}

static void splits_are_checked_and_remembered(wfp_test_t *t)
{
    fixture_t f;
    wfp_deployment_t *done;
    wfp_rollout_t ask;
    wfp_running_t running;
    apr_array_header_t *list;
    wfp_script_t *got;
    const char *v1, *v2;

    open_store(&f, t);
    v1 = upload(&f, t, "1", 0);
    v2 = upload(&f, t, "2", 1);
    ask = split(t, v1, 9000, v2, 999);
    REFUSED(wfp_deployments_add(&done, f.store, &ask, &f.res, t->pool),
            WFP_INVALID);
    ask = split(t, v1, 9000, v1, 1000);
    REFUSED(wfp_deployments_add(&done, f.store, &ask, &f.res, t->pool),
            WFP_INVALID);
    ask = split(t, v1, 9000, "nobody", 1000);
    REFUSED(wfp_deployments_add(&done, f.store, &ask, &f.res, t->pool),
            WFP_NOT_FOUND);
    ask = split(t, v1, 9000, v2, 1000);
    OK(wfp_deployments_add(&done, f.store, &ask, &f.res, t->pool));
    OK(wfp_deployments_list(&list, f.store, "demo", "a", 10, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    done = APR_ARRAY_IDX(list, 0, wfp_deployment_t *);
    CHECK_STR(done->message, "slowly");
    CHECK_INT(done->shares->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(done->shares, 0, wfp_share_t).version_id, v2);
    CHECK_INT(APR_ARRAY_IDX(done->shares, 0, wfp_share_t).share, 1000);
    OK(wfp_deployments_running(&running, f.store, "demo", "a", &f.res,
                               t->pool));
    CHECK(running.shares != NULL && running.shares->nelts == 2);
    CHECK_STR(APR_ARRAY_IDX(running.shares, 0, wfp_share_t).version_id, v2);
    CHECK_INT(APR_ARRAY_IDX(running.shares, 1, wfp_share_t).share, 9000);
    CHECK_INT(running.script->stamp, done->stamp);
    /* back to the one before */
    OK(wfp_deployments_rollback(&done, f.store, &ask, &f.res, t->pool));
    OK(wfp_deployments_running(&running, f.store, "demo", "a", &f.res,
                               t->pool));
    CHECK(running.shares == NULL);
    CHECK_STR(running.script->version_id, v1);
    CHECK_INT(running.script->modules->nelts, 1);
    REFUSED(wfp_deployments_running(&running, f.store, "demo", "nobody", &f.res,
                                    t->pool),
            WFP_WORKER_NOT_FOUND);
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_STR(got->version_id, v1);
    CHECK_INT(got->stamp, done->stamp);
}

static void expectations_are_looked_at_inside(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    const char *v1;
    apr_int64_t stamp;

    open_store(&f, t);
    v1 = upload(&f, t, "1", 0);
    put = make_put("demo", "a", "2", t->pool);
    put->if_match = "another";
    CHECK(wfp_scripts_put(f.store, put, &f.res, t->pool) == APR_EMISMATCH);
    wfp_result_init(&f.res, t->pool);
    put->if_match = v1;
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    put = make_put("demo", "a", "3", t->pool);
    put->if_latest = v1;
    CHECK(wfp_scripts_put(f.store, put, &f.res, t->pool) == APR_EMISMATCH);
    wfp_result_init(&f.res, t->pool);
    CHECK(drop_script(&stamp, &f, "demo", "a", v1) == APR_EMISMATCH);
    wfp_result_init(&f.res, t->pool);
    OK(drop_script(&stamp, &f, "demo", "a", "*"));
}

/* --- pages ------------------------------------------------------------------- */

static void put_tagged(fixture_t *f_, wfp_test_t *t, int i)
{
    fixture_t f = *f_;
    wfp_put_t *put = make_put("demo", apr_psprintf(t->pool, "w%02d", i), "x",
                              t->pool);

    APR_ARRAY_PUSH(put->script->tags, const char *) = "all";
    APR_ARRAY_PUSH(put->script->tags, const char *) = i % 2 ? "odd" : "even";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
}

/* All pages of w00 to w09 in an order, by time as they were made. */
static void check_order(fixture_t *f_, wfp_test_t *t, wfp_script_query_t query,
                        int expected)
{
    fixture_t f = *f_;
    apr_array_header_t *list;
    const char *next;
    int i, seen = 0;

    do {
        OK(wfp_scripts_page_sorted(&list, &next, f.store, &query, &f.res,
                                   t->pool));
        for (i = 0; i < list->nelts; i++, seen++) {
            CHECK_STR(APR_ARRAY_IDX(list, i, wfp_script_info_t *)->name,
                      apr_psprintf(t->pool, "w%02d",
                                   query.is_down ? 9 - seen : seen));
        }
        query.after = next;
    } while (*next);
    CHECK_INT(seen, expected);
}

static void check_sorted(fixture_t *f, wfp_test_t *t)
{
    wfp_script_query_t query = { .ns = "demo", .after = "", .limit = 3 };
    int i;

    for (i = 0; i < 4; i++) {
        query.by_modified = i & 1;
        query.is_down = i >> 1;
        query.contains = NULL;
        query.with = NULL;
        check_order(f, t, query, 10);
        query.contains = "W0";
        check_order(f, t, query, 10);
        query.with = names_of(t, "all", NULL);
        check_order(f, t, query, 10);
        query.contains = "w_";
        check_order(f, t, query, 0);
    }
}

/* Whatever list of an order begins with. */
static void check_first(fixture_t *f_, wfp_test_t *t, const char *tag,
                        const char *name)
{
    fixture_t f = *f_;
    wfp_script_query_t query = { .ns = "demo",
                                 .after = "",
                                 .limit = 1,
                                 .by_modified = 1,
                                 .is_down = 1,
                                 .with = names_of(t, tag, NULL) };
    apr_array_header_t *list;
    const char *next;

    OK(wfp_scripts_page_sorted(&list, &next, f.store, &query, &f.res, t->pool));
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_script_info_t *)->name, name);
}

static void what_is_deployed_again_is_the_newest(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    int i;

    open_store(&f, t);
    for (i = 0; i < 3; i++) {
        put_tagged(&f, t, i);
    }
    put_tagged(&f, t, 0);
    check_first(&f, t, NULL, "w00");
    check_first(&f, t, "all", "w00");
    check_first(&f, t, "odd", "w01");
    put = make_put("demo", "w01", "x", t->pool); /* with other tags */
    APR_ARRAY_PUSH(put->script->tags, const char *) = "all";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    check_first(&f, t, "all", "w01");
}

static void pages_follow_each_other(wfp_test_t *t)
{
    fixture_t f;
    wfp_script_query_t query = { .ns = "demo", .after = "", .limit = 4 };
    apr_array_header_t *list;
    const char *next;
    int i, more, seen = 0;

    open_store(&f, t);
    for (i = 0; i < 10; i++) {
        put_tagged(&f, t, i);
    }
    check_sorted(&f, t);
    do {
        OK(wfp_scripts_page(&list, &next, f.store, &query, &f.res, t->pool));
        for (i = 0; i < list->nelts; i++) {
            CHECK_STR(APR_ARRAY_IDX(list, i, wfp_script_info_t *)->name,
                      apr_psprintf(t->pool, "w%02d", seen++));
        }
        query.after = next;
    } while (*next);
    CHECK_INT(seen, 10);
    query.after = "";
    query.with = names_of(t, "all", "odd");
    OK(wfp_scripts_page(&list, &next, f.store, &query, &f.res, t->pool));
    CHECK_INT(list->nelts, 4);
    CHECK_STR(next, "w07");
    query.with = names_of(t, "all", NULL);
    query.without = names_of(t, "odd", NULL);
    OK(wfp_scripts_delete_some(&list, &more, f.store, &query, &me, &f.res,
                               t->pool));
    CHECK_INT(list->nelts, 4);
    CHECK_INT(more, 1);
    OK(wfp_scripts_delete_some(&list, &more, f.store, &query, &me, &f.res,
                               t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_INT(more, 0);
    OK(wfp_scripts_list(&list, f.store, "demo", &f.res, t->pool));
    CHECK_INT(list->nelts, 5);
    query.with = NULL; /* never everything */
    REFUSED(wfp_scripts_delete_some(&list, &more, f.store, &query, &me, &f.res,
                                    t->pool),
            WFP_INVALID);
}

/* --- what bindings and requests name ------------------------------------------ */

/* Is a KV namespace bound by a Worker of a dispatch namespace? */
static int has(const fixture_t *fixture, wfp_test_t *t, const char *ns,
               const char *id)
{
    fixture_t f = *fixture;
    int found;

    OK(wfp_references_has(&found, f.store, ns, WFP_BINDING_KV_NAMESPACE, id,
                          &f.res, t->pool));
    return found;
}

/* Who is bound to it, as "NAMESPACE/WORKER BINDING ...". */
static const char *users(const fixture_t *fixture, wfp_test_t *t,
                         wfp_binding_e kind, const char *target)
{
    fixture_t f = *fixture;
    apr_array_header_t *list;
    const char *text = "";
    int i;

    OK(wfp_references_users(&list, f.store, kind, target, &f.res, t->pool));
    for (i = 0; i < list->nelts; i++) {
        const wfp_reference_t *ref = &APR_ARRAY_IDX(list, i, wfp_reference_t);

        text = apr_pstrcat(t->pool, text, ref->ns, "/", ref->name, " ",
                           ref->binding, ";", NULL);
    }
    return text;
}

static void kv_namespaces_are_kept_while_bound(wfp_test_t *t)
{
    fixture_t f;
    wfp_kv_namespace_t one = { .title = "one" }, two = { .title = "two" };
    wfp_kv_namespace_t again = { .title = "one" }, *got;
    wfp_kv_order_t order = { 0, 1 };
    const wfp_list_t second = { NULL, 1, 1 };
    apr_array_header_t *list;
    apr_int64_t total, stamp;
    wfp_put_t *put;

    open_store(&f, t);
    OK(wfp_kv_namespaces_create(f.store, &one, &me, &f.res, t->pool));
    CHECK_INT(strlen(one.id), 32);
    REFUSED(wfp_kv_namespaces_create(f.store, &again, &me, &f.res, t->pool),
            WFP_CONFLICT);
    OK(wfp_kv_namespaces_create(f.store, &two, &me, &f.res, t->pool));
    OK(wfp_kv_namespaces_list(&list, &total, f.store, order, &second, &f.res,
                              t->pool));
    CHECK_INT(total, 2);
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_kv_namespace_t *)->title, "one");
    two.title = "one";
    REFUSED(wfp_kv_namespaces_rename(f.store, &two, &me, &f.res, t->pool),
            WFP_CONFLICT);
    two.title = "three";
    OK(wfp_kv_namespaces_rename(f.store, &two, &me, &f.res, t->pool));
    OK(wfp_kv_namespaces_get(&got, f.store, two.id, &f.res, t->pool));
    CHECK_STR(got->title, "three");

    put = make_put("demo", "a", "x", t->pool);
    add_binding(put->script, WFP_BINDING_KV_NAMESPACE, "KV", NULL,
                "00000000000000000000000000000000");
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_NOT_FOUND);
    put = make_put("demo", "a", "x", t->pool);
    add_binding(put->script, WFP_BINDING_KV_NAMESPACE, "KV", NULL, one.id);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    CHECK(has(&f, t, "demo", one.id));
    CHECK(!has(&f, t, "demo", two.id));
    CHECK(!has(&f, t, "", one.id));
    CHECK_STR(users(&f, t, WFP_BINDING_KV_NAMESPACE, one.id), "demo/a KV;");
    CHECK_STR(users(&f, t, WFP_BINDING_KV_NAMESPACE, two.id), "");
    CHECK_STR(users(&f, t, WFP_BINDING_D1, one.id), "");
    CHECK_STR(users(&f, t, WFP_BINDING_D1, "\xff' OR 1 --"), "");
    REFUSED(wfp_kv_namespaces_delete(f.store, one.id, &me, &f.res, t->pool),
            WFP_CONFLICT);
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    OK(wfp_kv_namespaces_delete(f.store, one.id, &me, &f.res, t->pool));
    REFUSED(wfp_kv_namespaces_delete(f.store, one.id, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void the_most_specific_hostname_serves(wfp_test_t *t)
{
    static const char *const names[] = { "*.example.com", "*.shop.example.com",
                                         "A.shop.Example.com" };
    static const char *const asked[][2] = {
        { "a.shop.example.com", "a.shop.example.com" },
        { "b.shop.example.com", "*.shop.example.com" },
        { "b.c.shop.example.com", "*.shop.example.com" },
        { "shop.example.com", "*.example.com" },
    };
    fixture_t f;
    wfp_hostname_t host = { .ns = "demo", .script = "a", .metadata = "{}" };
    wfp_hostname_t *got;
    apr_int64_t stamp, seen;
    int i;

    open_store(&f, t);
    host.hostname = "x.example.com"; /* of a Worker that is not there */
    REFUSED(wfp_hostnames_put(f.store, &host, NULL, &me, &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);
    (void)upload(&f, t, "1", 0);
    for (i = 0; i < 3; i++) {
        host.hostname = names[i];
        OK(wfp_hostnames_put(f.store, &host, NULL, &me, &f.res, t->pool));
    }
    for (i = 0; i < 4; i++) {
        OK(wfp_hostnames_find(&got, &seen, f.store, asked[i][0], &f.res,
                              t->pool));
        CHECK_STR(got->hostname, asked[i][1]);
        CHECK_INT(seen, host.stamp);
    }
    OK(wfp_hostnames_find(&got, &seen, f.store, "example.com", &f.res,
                          t->pool));
    CHECK(got == NULL);
    host.hostname = "a..b";
    REFUSED(wfp_hostnames_put(f.store, &host, NULL, &me, &f.res, t->pool),
            WFP_INVALID);
    OK(wfp_namespaces_delete(&stamp, f.store, "demo", NULL, &me, &f.res,
                             t->pool));
    REFUSED(wfp_hostnames_get(&got, f.store, "*.example.com", &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void the_audit_tells_what_took_effect(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    wfp_audit_ask_t newest = { .limit = 1 }, older = { .limit = 10 };
    wfp_audit_t *row;
    int more;

    open_store(&f, t);
    (void)upload(&f, t, "1", 0);
    REFUSED(wfp_scripts_put(f.store, make_put("none", "a", "x", t->pool),
                            &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_audit_list(&list, &more, f.store, &newest, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_INT(more, 1);
    row = APR_ARRAY_IDX(list, 0, wfp_audit_t *);
    CHECK_STR(row->actor.id, me.id);
    CHECK_STR(row->actor.address, me.address);
    CHECK_STR(row->action, "upload");
    CHECK_STR(row->kind, "script");
    CHECK_STR(row->ns, "demo");
    CHECK_STR(row->object, "a");
    CHECK(strstr(row->details, "version_id") != NULL);
    older.before = row->stamp;
    OK(wfp_audit_list(&list, &more, f.store, &older, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_INT(more, 0);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_audit_t *)->kind, "namespace");
}

static void sessions_end_with_their_token(wfp_test_t *t)
{
    fixture_t f;
    wfp_token_t token = { .name = "t", .role = "read" };
    wfp_session_t session = { .token = &token }, *got;
    const char *secret, *first = NULL, *last = NULL, *ended;
    int i;

    open_store(&f, t);
    token.namespaces = apr_array_make(t->pool, 1, sizeof(const char *));
    token.expires = apr_time_now() + apr_time_from_sec(60);
    OK(wfp_tokens_create(&secret, f.store, &token, &me, &f.res, t->pool));
    for (i = 0; i < WFP_SESSIONS_MAX + 1; i++) {
        OK(wfp_sessions_create(&last, f.store, &session, apr_time_from_sec(90),
                               &me, &f.res, t->pool));
        CHECK(session.expires == token.expires);
        first = first ? first : last;
    }
    REFUSED(wfp_sessions_find(&got, f.store, first, &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_sessions_find(&got, f.store, last, &f.res, t->pool));
    CHECK_STR(got->token->id, token.id);
    CHECK(got->expires == token.expires);
    OK(wfp_sessions_create(&ended, f.store, &session, 0, &me, &f.res, t->pool));
    REFUSED(wfp_sessions_find(&got, f.store, ended, &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_sessions_create(&ended, f.store, &session, apr_time_from_sec(9), &me,
                           &f.res, t->pool));
    OK(wfp_sessions_end(f.store, ended, &me, &f.res, t->pool));
    REFUSED(wfp_sessions_end(f.store, ended, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_tokens_revoke(f.store, token.id, &me, &f.res, t->pool));
    REFUSED(wfp_sessions_find(&got, f.store, last, &f.res, t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_sessions_create(&secret, f.store, &session,
                                apr_time_from_sec(9), &me, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static const wfp_test_case_t cases[] = {
    { "schema 1 is upgraded with what it holds",
      schema_1_is_upgraded_with_what_it_holds },
    { "version without traffic does not run",
      version_without_traffic_does_not_run },
    { "splits are checked and remembered", splits_are_checked_and_remembered },
    { "expectations are looked at inside", expectations_are_looked_at_inside },
    { "pages follow each other", pages_follow_each_other },
    { "what is deployed again is the newest",
      what_is_deployed_again_is_the_newest },
    { "kv namespaces are kept while bound",
      kv_namespaces_are_kept_while_bound },
    { "the most specific hostname serves", the_most_specific_hostname_serves },
    { "the audit tells what took effect", the_audit_tells_what_took_effect },
    { "sessions end with their token", sessions_end_with_their_token },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
