/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_strings.h>

#include "store/references.h"
#include "tests/unit/store_fixture.h"

#define SETTINGS(list) "{\"tail_consumers\":" list "}"

static apr_status_t put(const fixture_t *fixture, wfp_test_t *t, const char *ns,
                        const char *name, const char *settings)
{
    fixture_t f = *fixture;
    wfp_put_t *one = make_put(ns, name, "x", t->pool);

    one->script->settings = settings;
    wfp_result_init(&f.res, t->pool);
    return wfp_scripts_put(f.store, one, &f.res, t->pool);
}

/* Who gives it its records, as "NAMESPACE/WORKER;...". */
static const char *producers(const fixture_t *fixture, wfp_test_t *t,
                             const char *name)
{
    fixture_t f = *fixture;
    apr_array_header_t *list;
    const char *text = "";
    int i;

    OK(wfp_references_tails(&list, f.store, name, &f.res, t->pool));
    for (i = 0; i < list->nelts; i++) {
        const wfp_reference_t *ref = &APR_ARRAY_IDX(list, i, wfp_reference_t);

        text = apr_pstrcat(t->pool, text, ref->ns, "/", ref->name, ";", NULL);
    }
    return text;
}

static void consumers_have_to_be_there(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    CHECK(put(&f, t, "demo", "a", SETTINGS("[{\"service\":\"t\"}]"))
          == APR_NOTFOUND);
    CHECK(put(&f, t, "", "t", "{}") == APR_SUCCESS);
    CHECK(put(&f, t, "demo", "a", SETTINGS("[{\"service\":\"t\"}]"))
          == APR_SUCCESS);
    CHECK(put(&f, t, "demo", "b",
              SETTINGS("[{\"service\":\"c\",\"namespace\":\"demo\"}]"))
          == APR_NOTFOUND);
    CHECK(put(&f, t, "demo", "b",
              SETTINGS("[{\"service\":\"a\",\"namespace\":\"demo\"}]"))
          == APR_SUCCESS);
    CHECK(put(&f, t, "demo", "b",
              SETTINGS("[{\"service\":\"a\",\"namespace\":\"other\"}]"))
          == APR_EINVAL);
    CHECK(put(&f, t, "", "t", SETTINGS("[{\"service\":\"t\"}]")) == APR_EINVAL);
}

static void who_names_it_is_told(wfp_test_t *t)
{
    wfp_namespace_t *ns;
    fixture_t f;

    open_store(&f, t);
    CHECK(put(&f, t, "", "t", "{}") == APR_SUCCESS);
    CHECK(put(&f, t, "", "t_", "{}") == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "t"), "");
    CHECK(put(&f, t, "demo", "a",
              SETTINGS("[{\"service\":\"t_\"},{\"service\":\"t\"}]"))
          == APR_SUCCESS);
    CHECK(put(&f, t, "", "b", SETTINGS("[{\"service\":\"t_\"}]"))
          == APR_SUCCESS);
    /* only says so */
    CHECK(put(&f, t, "demo", "c",
              "{\"placement\":{\"service\":\"t\"},\"tail_consumers\":[]}")
          == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "t"), "demo/a;");
    CHECK_STR(producers(&f, t, "t_"), "/b;demo/a;");
    /* what does not run any more does not count */
    CHECK(put(&f, t, "demo", "a", "{}") == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "t"), "");
    OK(wfp_namespaces_get(&ns, f.store, "demo", &f.res, t->pool));
    ns->tail_consumers = "[{\"service\":\"none\"}]";
    ns->has_new_tails = 1;
    REFUSED(wfp_namespaces_update(f.store, ns, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
    ns->tail_consumers = "[{\"service\":\"t\"}]";
    OK(wfp_namespaces_update(f.store, ns, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "t"), "demo/;");
}

static const wfp_test_case_t cases[] = {
    { "consumers have to be there", consumers_have_to_be_there },
    { "who names it is told", who_names_it_is_told },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
