/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of the store: by pages, searched, in their orders. */
#include "store/d1_databases.h"
#include "store/kv_namespaces.h"
#include "store/namespaces.h"
#include "store/queues.h"
#include "store/tokens.h"
#include "tests/unit/store_fixture.h"

static const wfp_list_t all = { NULL, 0, 100 };

/* Names of a list of pointers to what begins with them. */
#define NAME(list, i, type) (APR_ARRAY_IDX(list, i, type *)->name)

static void make_namespaces(fixture_t *f, wfp_test_t *t)
{
    static const char *const names[] = { "shop_b", "Shop-a", "blog", NULL };
    int i;

    for (i = 0; names[i]; i++) {
        wfp_namespace_t ns = { .name = names[i] };

        wfp_limits_clear(&ns.limits);
        CHECK_INT(wfp_namespaces_create(f->store, &ns, &me, &f->res, t->pool),
                  APR_SUCCESS);
    }
}

static void namespaces(wfp_test_t *t)
{
    fixture_t f;
    wfp_namespaces_ask_t ask = { { "SHOP", 0, 1 }, 0, 0 };
    apr_array_header_t *list;
    apr_int64_t total;
    wfp_put_t *put;

    open_store(&f, t); /* has "demo" */
    make_namespaces(&f, t);
    put = make_put("shop_b", "x", "return {}", t->pool);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    put = make_put("", "of-the-account", "return {}", t->pool);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));

    OK(wfp_namespaces_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 2);
    CHECK_INT(list->nelts, 1);
    CHECK_STR(NAME(list, 0, wfp_namespace_t), "Shop-a");
    ask.is_down = 1;
    OK(wfp_namespaces_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_STR(NAME(list, 0, wfp_namespace_t), "shop_b");
    CHECK_INT(APR_ARRAY_IDX(list, 0, wfp_namespace_t *)->script_count, 1);
    ask.which.contains = "p_"; /* is no wildcard */
    OK(wfp_namespaces_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 1);
    ask.which = all;
    ask.by_modified = 1;
    OK(wfp_namespaces_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 4);
    CHECK_INT(list->nelts, 4);
    CHECK_STR(NAME(list, 0, wfp_namespace_t), "blog");
    CHECK_STR(NAME(list, 3, wfp_namespace_t), "demo");
    OK(wfp_namespaces_workers(&total, f.store, &f.res, t->pool));
    CHECK_INT(total, 1);
}

static void some_namespaces(wfp_test_t *t)
{
    fixture_t f;
    apr_array_header_t *names = apr_array_make(t->pool, 2, sizeof(char *));
    apr_array_header_t *list;

    open_store(&f, t);
    make_namespaces(&f, t);
    APR_ARRAY_PUSH(names, const char *) = "shop_b";
    APR_ARRAY_PUSH(names, const char *) = "none";
    APR_ARRAY_PUSH(names, const char *) = ""; /* the account's is nobody's */
    APR_ARRAY_PUSH(names, const char *) = "blog";
    OK(wfp_namespaces_some(&list, f.store, names, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    CHECK_STR(NAME(list, 0, wfp_namespace_t), "shop_b");
    CHECK_STR(NAME(list, 1, wfp_namespace_t), "blog");
}

static void make_token(fixture_t *f, wfp_test_t *t, const char *name,
                       const char *sealed, const char *bucket)
{
    wfp_token_t token = { .name = name, .role = "read", .s3_sealed = sealed };
    const char *secret;

    token.namespaces = apr_array_make(t->pool, 1, sizeof(char *));
    token.buckets = apr_array_make(t->pool, 1, sizeof(char *));
    if (bucket) {
        APR_ARRAY_PUSH(token.buckets, const char *) = bucket;
        APR_ARRAY_PUSH(token.buckets, const char *) = "other";
    }
    CHECK_INT(wfp_tokens_create(&secret, f->store, &token, &me, &f->res,
                                t->pool),
              APR_SUCCESS);
}

static void tokens(wfp_test_t *t)
{
    fixture_t f;
    wfp_tokens_ask_t ask = { all, NULL, 0 };
    apr_array_header_t *list;
    apr_int64_t total;

    open_store(&f, t);
    make_token(&f, t, "first", NULL, NULL);
    make_token(&f, t, "Gr\xc3\xbc\xc3\x9f 100%", NULL, NULL);
    make_token(&f, t, "s3 of photos", "sealed", "photos");
    make_token(&f, t, "s3 of photos-2", "sealed", "photos-2");
    make_token(&f, t, "s3 of all", "sealed", NULL);
    OK(wfp_tokens_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 5);
    CHECK_STR(NAME(list, 0, wfp_token_t), "first");
    ask.is_down = 1;
    ask.which.limit = 2;
    ask.which.skip = 1;
    OK(wfp_tokens_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 5);
    CHECK_INT(list->nelts, 2);
    CHECK_STR(NAME(list, 0, wfp_token_t), "s3 of photos-2");
    ask.which = all;
    ask.which.contains = "\xc3\xbc\xc3\x9f 100%";
    OK(wfp_tokens_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 1);
    ask.which.contains = NULL;
    ask.bucket = "photos";
    OK(wfp_tokens_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 2);
    CHECK_STR(NAME(list, 0, wfp_token_t), "s3 of all");
    CHECK_STR(NAME(list, 1, wfp_token_t), "s3 of photos");
    ask.bucket = "%";
    OK(wfp_tokens_page(&list, &total, f.store, &ask, &f.res, t->pool));
    CHECK_INT(total, 1);
}

static void objects(wfp_test_t *t)
{
    fixture_t f;
    wfp_d1_database_t d1 = { .name = "Orders" };
    wfp_kv_namespace_t kv = { .title = "Orders kept" };
    wfp_queue_t queue = { .name = "orders-later" };
    wfp_list_t some = { "oRDER", 0, 10 };
    const wfp_list_t none = { "orders%", 0, 10 };
    const wfp_kv_order_t order = { 0, 0 };
    apr_array_header_t *list;
    apr_int64_t total;

    open_store(&f, t);
    OK(wfp_d1_databases_create(f.store, &d1, &me, &f.res, t->pool));
    OK(wfp_kv_namespaces_create(f.store, &kv, &me, &f.res, t->pool));
    OK(wfp_queues_create(f.store, &queue, &me, &f.res, t->pool));
    OK(wfp_d1_databases_list(&list, &total, f.store, &some, &f.res, t->pool));
    CHECK_INT(list->nelts + total, 2);
    OK(wfp_kv_namespaces_list(&list, &total, f.store, order, &some, &f.res,
                              t->pool));
    CHECK_INT(list->nelts + total, 2);
    OK(wfp_queues_list(&list, &total, f.store, &some, &f.res, t->pool));
    CHECK_INT(list->nelts + total, 2);
    OK(wfp_d1_databases_list(&list, &total, f.store, &none, &f.res, t->pool));
    CHECK_INT(list->nelts + total, 0);
    OK(wfp_kv_namespaces_list(&list, &total, f.store, order, &none, &f.res,
                              t->pool));
    CHECK_INT(list->nelts + total, 0);
    OK(wfp_queues_list(&list, &total, f.store, &none, &f.res, t->pool));
    CHECK_INT(list->nelts + total, 0);
}

static void audit(wfp_test_t *t)
{
    fixture_t f;
    wfp_audit_ask_t ask = { .limit = 10 };
    wfp_put_t *put;
    apr_array_header_t *list;
    int more;

    open_store(&f, t);
    make_namespaces(&f, t);
    put = make_put("blog", "front", "return {}", t->pool);
    OK(wfp_scripts_put(f.store, put, &f.res, t->pool));
    ask.contains = "BLOG/fro";
    OK(wfp_audit_list(&list, &more, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_audit_t *)->action, "upload");
    ask.contains = NULL;
    ask.actions[0] = "create";
    ask.limit = 2;
    OK(wfp_audit_list(&list, &more, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    CHECK_INT(more, 1);
    CHECK_STR(APR_ARRAY_IDX(list, 0, wfp_audit_t *)->ns, "blog");
    ask.actions[1] = "upload";
    ask.contains = "blog";
    OK(wfp_audit_list(&list, &more, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 2);
    CHECK_INT(more, 0);
    ask.contains = "%' OR 1=1 --";
    OK(wfp_audit_list(&list, &more, f.store, &ask, &f.res, t->pool));
    CHECK_INT(list->nelts, 0);
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "namespaces", namespaces }, { "some namespaces", some_namespaces },
        { "tokens", tokens },         { "objects", objects },
        { "audit", audit },           { NULL },
    };

    return wfp_test_run(cases);
}
