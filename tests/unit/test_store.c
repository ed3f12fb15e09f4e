/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's nouns on one database, see store_fixture.h. What happens when
 * processes or disks fail is in test_store_faults.c.
 */
#include <unistd.h>

#include "store_fixture.h"

#include "store/changes.h"
#include "store/deployments.h"
#include "store/secrets.h"
#include "store/tokens.h"
#include "store/versions.h"

static apr_status_t roll_back(apr_int64_t *pstamp, fixture_t *f, const char *ns,
                              const char *name, const char *id, apr_pool_t *p)
{
    wfp_rollout_t deploy = {
        .ns = ns, .name = name, .version_id = id, .message = "", .actor = &me
    };
    wfp_deployment_t *done = NULL;
    apr_status_t rv = wfp_deployments_rollback(&done, f->store, &deploy,
                                               &f->res, p);

    *pstamp = done ? done->stamp : 0;
    return rv;
}

static apr_status_t add_schema(wfp_dbd_t *db, void *baton)
{
    return wfp_dbd_direct(db, "INSERT INTO migrations (version, applied) "
                              "VALUES (999, 0)");
}

static apr_status_t drop_schema(wfp_dbd_t *db, void *baton)
{
    return wfp_dbd_direct(db, "DELETE FROM migrations WHERE version = 999");
}

static void store_refuses_without_schema(wfp_test_t *t)
{
    fixture_t f;
    wfp_store_t *store;
    int n;

    open_bare(&f, t);
    wfp_result_init(&f.res, t->pool);
    CHECK(wfp_store_open(&store, f.driver, f.params, 1, &f.res, t->pool)
          != APR_SUCCESS);
    CHECK(strstr(f.res.message, "wfpctl init") != NULL);
    wfp_result_init(&f.res, t->pool);
    OK(migrate(&n, &f, t->pool));
    CHECK_INT(n, WFP_SCHEMA_VERSION);
    OK(migrate(&n, &f, t->pool));
    CHECK_INT(n, 0);
    OK(wfp_store_open(&store, f.driver, f.params, 1, &f.res, t->pool));
    REFUSED(wfp_store_open(&store, "mysql", "", 0, &f.res, t->pool),
            WFP_INVALID);
    f.schema = "/nowhere";
    REFUSED(migrate(&n, &f, t->pool), WFP_INVALID);
}

/* A store that insists on its schema asks each connection that it makes. */
static void store_insists_on_its_schema(wfp_test_t *t)
{
    fixture_t f;
    wfp_store_t *store;
    const char *value;
    int n, tries = 50;
    apr_status_t rv;

    open_bare(&f, t);
    OK(wfp_store_open(&store, f.driver, f.params, 0, &f.res, t->pool));
    OK(migrate(&n, &f, t->pool));
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, add_schema, NULL, &f.res, t->pool));
    wfp_store_insist(store);
    for (n = 0; n < 2; n++) { /* asked, and remembered */
        wfp_result_init(&f.res, t->pool);
        CHECK(wfp_store_setting_once(&value, store, "insists", "yes", &f.res,
                                     t->pool)
              != APR_SUCCESS);
        CHECK_INT(f.res.code, WFP_STORE_UNAVAILABLE);
        CHECK_INT(f.res.about, WFP_ABOUT_SCHEMA);
        CHECK(strstr(f.res.message, "version 999, newer") != NULL);
    }
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, drop_schema, NULL, &f.res, t->pool));
    do {
        apr_sleep(apr_time_from_msec(100));
        rv = wfp_store_setting(&value, store, "insists", &f.res, t->pool);
    } while (rv != APR_SUCCESS && --tries);
    CHECK_INT(rv, APR_SUCCESS);
    CHECK(value == NULL);
}

static void store_keeps_settings(wfp_test_t *t)
{
    fixture_t f;
    const char *value;

    open_store(&f, t);
    OK(wfp_store_setting(&value, f.store, "account_id", &f.res, t->pool));
    CHECK(value == NULL);
    OK(wfp_store_setting_once(&value, f.store, "account_id", "one", &f.res,
                              t->pool));
    CHECK_STR(value, "one");
    OK(wfp_store_setting_once(&value, f.store, "account_id", "two", &f.res,
                              t->pool));
    CHECK_STR(value, "one");
    OK(wfp_store_setting(&value, f.store, "account_id", &f.res, t->pool));
    CHECK_STR(value, "one");
}

static void namespaces_live_and_die(wfp_test_t *t)
{
    fixture_t f;
    wfp_namespace_t ns = { .name = "staging" }, *got;
    wfp_param_t *param;
    apr_array_header_t *list;
    apr_int64_t stamp;
    wfp_script_t *script;

    open_store(&f, t);
    wfp_limits_clear(&ns.limits);
    ns.limits.v[WFP_LIMIT_CPU_MS] = 7;
    ns.egress = WFP_EGRESS_OUTBOUND;
    ns.trusted_workers = 1;
    ns.outbound.service = "out";
    ns.outbound.params = apr_array_make(t->pool, 2, sizeof(wfp_param_t));
    param = apr_array_push(ns.outbound.params);
    param->name = "plan";
    param->value = "free \"\xc3\xa4\" % ' \\";
    param = apr_array_push(ns.outbound.params);
    param->name = "customer";
    param->value = NULL;
    OK(wfp_namespaces_create(f.store, &ns, &me, &f.res, t->pool));
    CHECK_INT(strlen(ns.id), 36);
    CHECK_INT(ns.stamp, 2);
    REFUSED(wfp_namespaces_create(f.store, &ns, &me, &f.res, t->pool),
            WFP_CONFLICT);
    ns.name = "not legal";
    REFUSED(wfp_namespaces_create(f.store, &ns, &me, &f.res, t->pool),
            WFP_INVALID);
    OK(wfp_namespaces_get(&got, f.store, "staging", &f.res, t->pool));
    CHECK_STR(got->id, ns.id);
    CHECK_INT(got->limits.v[WFP_LIMIT_CPU_MS], 7);
    CHECK_INT(got->limits.v[WFP_LIMIT_WALL_MS], WFP_LIMIT_UNSET);
    CHECK_INT(got->egress, WFP_EGRESS_OUTBOUND);
    CHECK_INT(got->trusted_workers, 1);
    CHECK_STR(got->outbound.service, "out");
    CHECK_INT(got->outbound.params->nelts, 2);
    param = &APR_ARRAY_IDX(got->outbound.params, 0, wfp_param_t);
    CHECK_STR(param->value, "free \"\xc3\xa4\" % ' \\");
    CHECK(APR_ARRAY_IDX(got->outbound.params, 1, wfp_param_t).value == NULL);

    got->egress = WFP_EGRESS_NONE;
    got->outbound.service = NULL;
    OK(wfp_namespaces_update(f.store, got, NULL, &me, &f.res, t->pool));
    OK(wfp_namespaces_list(&list, f.store, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    got = APR_ARRAY_IDX(list, 1, wfp_namespace_t *);
    CHECK_INT(got->egress, WFP_EGRESS_NONE);
    CHECK(got->outbound.service == NULL);
    CHECK_INT(got->stamp, 3);

    OK(wfp_scripts_put(f.store, make_put("staging", "a", "x", t->pool), &f.res,
                       t->pool));
    OK(wfp_namespaces_get(&got, f.store, "staging", &f.res, t->pool));
    CHECK_INT(got->script_count, 1);
    OK(wfp_namespaces_delete(&stamp, f.store, "staging", NULL, &me, &f.res,
                             t->pool));
    CHECK_INT(stamp, 5);
    REFUSED(wfp_namespaces_get(&got, f.store, "staging", &f.res, t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_scripts_get(&script, f.store, "staging", "a", &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);
    REFUSED(wfp_namespaces_delete(&stamp, f.store, "staging", NULL, &me, &f.res,
                                  t->pool),
            WFP_NOT_FOUND);
    /* the home of account scripts is no dispatch namespace */
    REFUSED(wfp_namespaces_delete(&stamp, f.store, "", NULL, &me, &f.res,
                                  t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_namespaces_get(&got, f.store, "", &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void scripts_keep_every_byte(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    wfp_script_t *got;
    wfp_binding_t *b;
    const wfp_module_t *module;
    char all[3 * 256 + 1];
    int i;

    open_store(&f, t);
    for (i = 0; i < (int)sizeof(all); i++) {
        all[i] = (char)i;
    }
    put = make_put("demo", "bytes", "return {}", t->pool);
    add_module(put->script, "lib/all.bin", all, sizeof(all));
    add_module(put->script, "empty.txt", "", 0);
    add_module(put->script, "d\xc3\xa4.json", "{}", 2);
    put->script->limits.v[WFP_LIMIT_CPU_MS] = 20;
    put->script->version_tag = "v1";
    APR_ARRAY_PUSH(put->script->tags, const char *) = "customer-1";
    APR_ARRAY_PUSH(put->script->tags, const char *) = "pro";
    b = add_binding(put->script, WFP_BINDING_PLAIN_TEXT, "VAR", all, NULL);
    b->text_size = sizeof(all);
    add_binding(put->script, WFP_BINDING_JSON, "CONF", "{\"a\":[1]}", NULL);
    put->message = "bad \xff utf-8, good \xe2\x82\xac";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    CHECK_INT(put->script->number, 1);
    CHECK_INT(put->script->stamp, 2);

    OK(wfp_scripts_get(&got, f.store, "demo", "bytes", &f.res, t->pool));
    CHECK_STR(got->ns, "demo");
    CHECK_STR(got->name, "bytes");
    CHECK_STR(got->version_id, put->script->version_id);
    CHECK_INT(got->number, 1);
    CHECK_INT(got->stamp, 2);
    CHECK(got->created == put->script->created);
    CHECK_STR(got->version_tag, "v1");
    CHECK_STR(got->main_module, "worker.lua");
    CHECK_INT(got->limits.v[WFP_LIMIT_CPU_MS], 20);
    CHECK_INT(got->modules->nelts, 4);
    module = wfp_script_module(got, "lib/all.bin");
    CHECK(module && module->size == sizeof(all));
    CHECK(memcmp(module->data, all, sizeof(all)) == 0);
    CHECK_INT(module->kind, WFP_MODULE_DATA);
    module = wfp_script_module(got, "empty.txt");
    CHECK(module && module->size == 0);
    CHECK_INT(module->kind, WFP_MODULE_TEXT);
    CHECK(wfp_script_module(got, "d\xc3\xa4.json") != NULL);
    CHECK_INT(got->bindings->nelts, 2);
    b = &APR_ARRAY_IDX(got->bindings, 0, wfp_binding_t);
    CHECK_STR(b->name, "VAR");
    CHECK(b->text_size == sizeof(all) && !memcmp(b->text, all, sizeof(all)));
    b = &APR_ARRAY_IDX(got->bindings, 1, wfp_binding_t);
    CHECK_INT(b->kind, WFP_BINDING_JSON);
    CHECK_STR(b->text, "{\"a\":[1]}");
    CHECK_INT(got->tags->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(got->tags, 1, const char *), "pro");
}

static void scripts_of_the_largest_size(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    wfp_script_t *got;
    apr_size_t n = 10 * 1024 * 1024;
    char *big = apr_palloc(t->pool, n);
    apr_size_t i;
    apr_time_t start;

    open_store(&f, t);
    for (i = 0; i < n; i++) {
        big[i] = (char)(i * 2654435761u >> 13);
    }
    put = make_put("demo", "big", "return {}", t->pool);
    add_module(put->script, "big.bin", big, n);
    start = apr_time_now();
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    printf("# 10 MB in: %d ms\n",
           (int)apr_time_as_msec(apr_time_now() - start));
    start = apr_time_now();
    OK(wfp_scripts_get(&got, f.store, "demo", "big", &f.res, t->pool));
    printf("# 10 MB out: %d ms\n",
           (int)apr_time_as_msec(apr_time_now() - start));
    CHECK(memcmp(wfp_script_module(got, "big.bin")->data, big, n) == 0);
}

static void scripts_name_what_exists(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    wfp_binding_t *b;
    wfp_script_t *got;
    apr_array_header_t *list;
    apr_int64_t latest;
    int lost;

    open_store(&f, t);
    REFUSED(wfp_scripts_put(f.store, make_put("nowhere", "a", "x", t->pool),
                            &f.res, t->pool),
            WFP_NOT_FOUND);
    put = make_put("demo", "a b", "x", t->pool);
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_INVALID);
    put = make_put("demo", "a", "x", t->pool);
    add_module(put->script, "bad\xff.lua", "", 0);
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_INVALID);
    put = make_put("demo", "a", "x", t->pool);
    add_binding(put->script, WFP_BINDING_SERVICE, "SVC", NULL, "none");
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_NOT_FOUND);
    put = make_put("", "dispatcher", "x", t->pool);
    b = add_binding(put->script, WFP_BINDING_DISPATCH_NAMESPACE, "DISPATCHER",
                    NULL, "none");
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_NOT_FOUND);
    b->target = ""; /* the home of account scripts is none */
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_NOT_FOUND);
    b->target = "demo";
    b->outbound.service = "out";
    REFUSED(wfp_scripts_put(f.store, put, &f.res, t->pool), WFP_NOT_FOUND);
    /* none of these left anything, not even a number */
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 1, 100, &f.res,
                         t->pool));
    CHECK_INT(latest, 1);
    CHECK_INT(list->nelts, 0);
    REFUSED(wfp_scripts_get(&got, f.store, "", "dispatcher", &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);

    OK(wfp_scripts_put(f.store, make_put("", "out", "x", t->pool), &f.res,
                       t->pool));
    b->outbound.params = apr_array_make(t->pool, 1, sizeof(wfp_param_t));
    ((wfp_param_t *)apr_array_push(b->outbound.params))->name = "customer";
    add_binding(put->script, WFP_BINDING_SERVICE, "SELF", NULL, "dispatcher");
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    OK(wfp_scripts_get(&got, f.store, "", "dispatcher", &f.res, t->pool));
    b = &APR_ARRAY_IDX(got->bindings, 0, wfp_binding_t);
    CHECK_STR(b->target, "demo");
    CHECK_STR(b->outbound.service, "out");
    CHECK_STR(APR_ARRAY_IDX(b->outbound.params, 0, wfp_param_t).name,
              "customer");
}

static void scripts_are_listed(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    apr_array_header_t *list;
    wfp_script_info_t *info;
    apr_int64_t stamp;

    open_store(&f, t);
    OK(wfp_scripts_put(f.store, make_put("demo", "b", "x", t->pool), &f.res,
                       t->pool));
    put = make_put("demo", "a", "y", t->pool);
    APR_ARRAY_PUSH(put->script->tags, const char *) = "t1";
    APR_ARRAY_PUSH(put->script->tags, const char *) = "t0";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    OK(wfp_scripts_put(f.store, make_put("", "a", "z", t->pool), &f.res,
                       t->pool));
    OK(wfp_scripts_list(&list, f.store, "demo", &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    info = APR_ARRAY_IDX(list, 0, wfp_script_info_t *);
    CHECK_STR(info->name, "a");
    CHECK_STR(info->version_id, put->script->version_id);
    CHECK_INT(strlen(info->etag), 64);
    CHECK_INT(info->tags->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(info->tags, 0, const char *), "t1");
    CHECK_INT(APR_ARRAY_IDX(list, 1, wfp_script_info_t *)->tags->nelts, 0);
    OK(wfp_scripts_list(&list, f.store, "", &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    REFUSED(wfp_scripts_list(&list, f.store, "none", &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    CHECK_INT(stamp, 5);
    REFUSED(drop_script(&stamp, &f, "demo", "a", NULL), WFP_WORKER_NOT_FOUND);
    OK(wfp_scripts_list(&list, f.store, "demo", &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
}

static void versions_are_kept_and_pruned(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    wfp_version_info_t *v;
    wfp_script_t *got;
    apr_int64_t stamp;
    const char *third;
    int i;

    open_store(&f, t);
    for (i = 1; i <= 6; i++) {
        wfp_put_t *put = make_put("demo", "a", apr_itoa(t->pool, i), t->pool);

        put->message = apr_psprintf(t->pool, "number %d", i);
        OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
        CHECK_INT(put->script->number, i);
    }
    OK(wfp_versions_list(&list, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(list->nelts, 4); /* the deployed one and three */
    v = APR_ARRAY_IDX(list, 0, wfp_version_info_t *);
    CHECK_INT(v->number, 6);
    CHECK_INT(v->deployed, 1);
    CHECK_INT(v->size, 1);
    CHECK_STR(v->message, "number 6");
    v = APR_ARRAY_IDX(list, 3, wfp_version_info_t *);
    CHECK_INT(v->number, 3);
    CHECK_INT(v->deployed, 0);
    third = v->id;

    OK(roll_back(&stamp, &f, "demo", "a", NULL, t->pool));
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->number, 5);
    CHECK_INT(got->stamp, stamp);
    CHECK_STR(wfp_script_module(got, "worker.lua")->data, "5");
    OK(roll_back(&stamp, &f, "demo", "a", third, t->pool));
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->number, 3);
    REFUSED(roll_back(&stamp, &f, "demo", "a", NULL, t->pool), WFP_NOT_FOUND);
    REFUSED(roll_back(&stamp, &f, "demo", "a", "nonsense", t->pool),
            WFP_NOT_FOUND);
    REFUSED(roll_back(&stamp, &f, "demo", "b", NULL, t->pool),
            WFP_WORKER_NOT_FOUND);
    REFUSED(wfp_versions_list(&list, f.store, "demo", "b", &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);
    /* numbers go on; the one that ran is not pruned as the oldest */
    OK(wfp_scripts_put(f.store, make_put("demo", "a", "7", t->pool), &f.res,
                       t->pool));
    OK(wfp_versions_list(&list, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(list->nelts, 4);
    CHECK_INT(APR_ARRAY_IDX(list, 0, wfp_version_info_t *)->number, 7);
}

static void secrets_make_versions(wfp_test_t *t)
{
    fixture_t f;
    wfp_put_t *put;
    wfp_script_t *got;
    apr_array_header_t *list;
    wfp_version_info_t *v, *w;
    wfp_secret_t secret = { .ns = "demo",
                            .name = "a",
                            .key = "KEY",
                            .actor = &me,
                            .versions_kept = 3 };

    open_store(&f, t);
    put = make_put("demo", "a", "return {}", t->pool);
    add_binding(put->script, WFP_BINDING_PLAIN_TEXT, "VAR", "x", NULL);
    APR_ARRAY_PUSH(put->script->tags, const char *) = "t";
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    secret.sealed = "sealed1";
    OK(wfp_secrets_put(f.store, &secret, &f.res, t->pool));
    secret.sealed = "sealed2";
    OK(wfp_secrets_put(f.store, &secret, &f.res, t->pool));
    CHECK_INT(secret.stamp, 4);
    OK(wfp_secrets_list(&list, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, const char *), "KEY");
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->number, 3);
    CHECK_INT(got->bindings->nelts, 2);
    CHECK_STR(APR_ARRAY_IDX(got->bindings, 1, wfp_binding_t).text, "sealed2");
    CHECK_INT(got->tags->nelts, 1);
    CHECK_INT(got->modules->nelts, 1);
    OK(wfp_versions_list(&list, f.store, "demo", "a", &f.res, t->pool));
    v = APR_ARRAY_IDX(list, 0, wfp_version_info_t *);
    w = APR_ARRAY_IDX(list, 2, wfp_version_info_t *);
    CHECK_STR(v->etag, w->etag);
    CHECK_STR(v->message, "Set secret KEY");

    secret.key = "VAR";
    REFUSED(wfp_secrets_put(f.store, &secret, &f.res, t->pool), WFP_CONFLICT);
    REFUSED(wfp_secrets_delete(f.store, &secret, &f.res, t->pool),
            WFP_NOT_FOUND);
    secret.name = "b";
    REFUSED(wfp_secrets_put(f.store, &secret, &f.res, t->pool),
            WFP_WORKER_NOT_FOUND);

    put = make_put("demo", "a", "return {}", t->pool);
    put->keep = 1u << WFP_BINDING_SECRET_TEXT;
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    OK(wfp_scripts_get(&got, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(got->bindings->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(got->bindings, 0, wfp_binding_t).text, "sealed2");
    secret.name = "a";
    secret.key = "KEY";
    OK(wfp_secrets_delete(f.store, &secret, &f.res, t->pool));
    OK(wfp_secrets_list(&list, f.store, "demo", "a", &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
    REFUSED(wfp_secrets_delete(f.store, &secret, &f.res, t->pool),
            WFP_NOT_FOUND);
}

static void changes_come_in_order(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    wfp_change_t *c;
    apr_int64_t latest, stamp;
    int lost, i;

    open_store(&f, t);
    for (i = 0; i < 5; i++) {
        OK(wfp_scripts_put(f.store, make_put("demo", "a", "x", t->pool), &f.res,
                           t->pool));
    }
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 0, 100, &f.res,
                         t->pool));
    CHECK_INT(latest, 7);
    CHECK_INT(lost, 0);
    CHECK_INT(list->nelts, 7);
    for (i = 0; i < 7; i++) {
        c = &APR_ARRAY_IDX(list, i, wfp_change_t);
        CHECK_INT(c->stamp, i + 1);
        CHECK_STR(c->ns, "demo");
        CHECK_STR(c->name, i ? "a" : "");
        CHECK_INT(c->kind, i ? WFP_CHANGE_SCRIPT : WFP_CHANGE_NAMESPACE);
        CHECK_INT(c->deleted, i == 6);
    }
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 5, 1, &f.res,
                         t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_INT(APR_ARRAY_IDX(list, 0, wfp_change_t).stamp, 6);
    CHECK_INT(latest, 7);
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 7, 100, &f.res,
                         t->pool));
    CHECK_INT(list->nelts, 0);
    CHECK_INT(lost, 0);
    /* numbers from a database that was newer */
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 99, 100, &f.res,
                         t->pool));
    CHECK_INT(lost, 1);
}

static apr_status_t jump_ahead(wfp_dbd_t *db, void *baton)
{
    return wfp_dbd_direct(db, "UPDATE counters SET value = 100031");
}

static void changes_tell_what_was_pruned(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *list;
    apr_int64_t latest;
    int lost, i;

    open_store(&f, t);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, jump_ahead, NULL, &f.res, t->pool));
    for (i = 0; i < 2; i++) {
        OK(wfp_scripts_put(f.store, make_put("demo", "a", "x", t->pool), &f.res,
                           t->pool));
    }
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 1, 100, &f.res,
                         t->pool));
    CHECK_INT(latest, 100033);
    CHECK_INT(lost, 1);
    OK(wfp_changes_since(&list, &latest, &lost, f.store, 100031, 100, &f.res,
                         t->pool));
    CHECK_INT(lost, 0);
    CHECK_INT(list->nelts, 2);
}

static void tokens_are_known_once(wfp_test_t *t)
{
    fixture_t f;
    wfp_token_t token = { .name = "ci", .role = "deploy" }, *got;
    wfp_token_t old = { .name = "old", .role = "admin", .expires = 1 };
    apr_array_header_t *list;
    const char *secret, *secret2;

    open_store(&f, t);
    token.namespaces = apr_array_make(t->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(token.namespaces, const char *) = "demo";
    OK(wfp_tokens_create(&secret, f.store, &token, &me, &f.res, t->pool));
    CHECK_INT(strlen(secret), 40);
    CHECK_INT(strlen(token.id), 32);
    OK(wfp_tokens_verify(&got, f.store, secret, &f.res, t->pool));
    CHECK_STR(got->id, token.id);
    CHECK_STR(got->role, "deploy");
    CHECK_STR(APR_ARRAY_IDX(got->namespaces, 0, const char *), "demo");
    OK(wfp_tokens_create(&secret2, f.store, &old, &me, &f.res, t->pool));
    REFUSED(wfp_tokens_verify(&got, f.store, secret2, &f.res, t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_tokens_verify(&got, f.store, "' OR 1=1 --", &f.res, t->pool),
            WFP_NOT_FOUND);
    OK(wfp_tokens_list(&list, f.store, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    OK(wfp_tokens_revoke(f.store, token.id, &me, &f.res, t->pool));
    REFUSED(wfp_tokens_revoke(f.store, token.id, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
    REFUSED(wfp_tokens_verify(&got, f.store, secret, &f.res, t->pool),
            WFP_NOT_FOUND);
    token.role = "god";
    REFUSED(wfp_tokens_create(&secret, f.store, &token, &me, &f.res, t->pool),
            WFP_INVALID);
}

static const wfp_test_case_t cases[] = {
    { "store refuses without schema", store_refuses_without_schema },
    { "store insists on its schema", store_insists_on_its_schema },
    { "store keeps settings", store_keeps_settings },
    { "namespaces live and die", namespaces_live_and_die },
    { "scripts keep every byte", scripts_keep_every_byte },
    { "scripts of the largest size", scripts_of_the_largest_size },
    { "scripts name what exists", scripts_name_what_exists },
    { "scripts are listed", scripts_are_listed },
    { "versions are kept and pruned", versions_are_kept_and_pruned },
    { "secrets make versions", secrets_make_versions },
    { "changes come in order", changes_come_in_order },
    { "changes tell what was pruned", changes_tell_what_was_pruned },
    { "tokens are known once", tokens_are_known_once },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
