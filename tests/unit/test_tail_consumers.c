/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_strings.h>

#include "core/split.h"
#include "store/deployments.h"
#include "store/references.h"
#include "store/tx.h"
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

static void deploy(const fixture_t *fixture, wfp_test_t *t, const char *name,
                   const char *version_id)
{
    fixture_t f = *fixture;
    apr_array_header_t *shares = apr_array_make(t->pool, 1,
                                                sizeof(wfp_share_t));
    wfp_share_t all = { version_id, WFP_SPLIT_ALL };
    wfp_rollout_t ask = { .ns = "demo",
                          .name = name,
                          .shares = shares,
                          .message = "",
                          .actor = &me };
    wfp_deployment_t *done;

    APR_ARRAY_PUSH(shares, wfp_share_t) = all;
    OK(wfp_deployments_add(&done, f.store, &ask, &f.res, t->pool));
}

typedef struct count_t {
    const char *label, *text;
    int n;
} count_t;

static apr_status_t count_rows(wfp_dbd_t *db, void *baton)
{
    count_t *ask = baton;
    wfp_sql_t sql = { ask->label, ask->text };
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &sql, 1, NULL);

    ask->n = rv == APR_SUCCESS ? rows->nelts : -1;
    return rv;
}

static int rows_of(const fixture_t *fixture, wfp_test_t *t, const char *label,
                   const char *text)
{
    fixture_t f = *fixture;
    count_t ask = { label, text, 0 };

    OK(wfp_dbd_run(f.store, WFP_DBD_PLAIN, count_rows, &ask, &f.res, t->pool));
    return ask.n;
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
    REFUSED(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool),
            WFP_NOT_FOUND);
    ns->tail_consumers = "[{\"service\":\"t\"}]";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "t"), "demo/;");
}

/* Whatever changes who is named changes who is told. */
static void every_change_is_followed(wfp_test_t *t)
{
    wfp_namespace_t *ns;
    wfp_script_t *now;
    apr_int64_t stamp;
    fixture_t f;

    open_store(&f, t);
    CHECK(put(&f, t, "", "t", "{}") == APR_SUCCESS);
    CHECK(put(&f, t, "", "u", "{}") == APR_SUCCESS);
    CHECK(put(&f, t, "demo", "t", "{}") == APR_SUCCESS);
    CHECK(put(&f, t, "demo", "a",
              SETTINGS("[{\"service\":\"t\",\"environment\":\"x\"},"
                       "{\"service\":\"t\"}]"))
          == APR_SUCCESS);
    /* one of its own namespace is another one */
    CHECK(put(&f, t, "demo", "b",
              SETTINGS("[{\"service\":\"t\",\"namespace\":\"demo\"}]"))
          == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "t"), "demo/a;");
    /* back and forth between versions */
    OK(wfp_scripts_get(&now, f.store, "demo", "a", &f.res, t->pool));
    CHECK(put(&f, t, "demo", "a", SETTINGS("[{\"service\":\"u\"}]"))
          == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "t"), "");
    CHECK_STR(producers(&f, t, "u"), "demo/a;");
    deploy(&f, t, "a", now->version_id);
    CHECK_STR(producers(&f, t, "t"), "demo/a;");
    CHECK_STR(producers(&f, t, "u"), "");
    /* a namespace's are replaced, and none is none */
    OK(wfp_namespaces_get(&ns, f.store, "demo", &f.res, t->pool));
    ns->has_new_tails = 1;
    ns->tail_consumers = "[{\"service\":\"t\"},{\"service\":\"u\"}]";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "u"), "demo/;");
    ns->tail_consumers = "[{\"service\":\"u\"}]";
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "t"), "demo/a;");
    ns->tail_consumers = NULL;
    OK(wfp_namespaces_update(f.store, ns, NULL, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "u"), "");
    /* one that is made with them, and goes with all */
    ns = apr_pmemdup(t->pool, ns, sizeof(*ns));
    ns->name = "more";
    ns->tail_consumers = "[{\"service\":\"t\"}]";
    OK(wfp_namespaces_create(f.store, ns, &me, &f.res, t->pool));
    CHECK_STR(producers(&f, t, "t"), "demo/a;more/;");
    OK(wfp_namespaces_delete(&stamp, f.store, "more", NULL, &me, &f.res,
                             t->pool));
    OK(drop_script(&stamp, &f, "demo", "a", NULL));
    CHECK_STR(producers(&f, t, "t"), "");
    CHECK_INT(rows_of(&f, t, "all_v", "SELECT consumer FROM version_tails"), 1);
    CHECK_INT(rows_of(&f, t, "all_ns", "SELECT consumer FROM namespace_tails"),
              0);
}

/* ---- the schema ------------------------------------------------------------------ */

static apr_status_t fill_old(wfp_dbd_t *db, void *baton)
{
    static const char *const rows[] = {
        "INSERT INTO namespaces (id, name, stamp, created, modified, trusted, "
        "egress, limits, outbound, tail_consumers) "
        "VALUES ('n1', 'demo', 1, 5, 5, 0, 'none', '{}', '{}', "
        "'[{\"service\":\"t\"},{\"service\":\"o\",\"namespace\":\"demo\"}]')",
        "INSERT INTO scripts (id, ns_id, name, stamp, last_number, created, "
        "modified) VALUES ('s0', '', 't', 2, 1, 5, 6)",
        "INSERT INTO scripts (id, ns_id, name, stamp, last_number, created, "
        "modified) VALUES ('s1', 'n1', 'a', 3, 2, 5, 6)",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag) "
        "VALUES ('v0', 's0', 1, 'c', '{}', 5, 'me', 'api', '', '')",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag, settings) "
        "VALUES ('v1', 's1', 1, 'c', '{}', 5, 'me', 'api', '', '', "
        "'{\"placement\":{\"mode\":\"x\"},\"tail_consumers\":[{\"environment\":"
        "\"e\",\"service\":\"t\"},{\"service\":\"t\",\"namespace\":\"\"},"
        "{\"service\":\"o\",\"namespace\":\"demo\"},7,{\"service\":8}]}')",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag, settings) "
        "VALUES ('v2', 's1', 2, 'c', '{}', 5, 'me', 'api', '', '', "
        "'{\"tail_consumers\":[]}')",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) VALUES ('s1', 3, 'v1', 100, 5, 'me')",
    };
    size_t i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < sizeof(rows) / sizeof(*rows); i++) {
        rv = wfp_dbd_direct(db, rows[i]);
    }
    return rv;
}

static void what_is_there_is_taken_over(wfp_test_t *t)
{
    apr_array_header_t *schema;
    fixture_t f;
    int n;

    open_bare(&f, t);
    OK(wfp_store_read_schema(&schema, f.driver, f.schema, &f.res, t->pool));
    schema->nelts = 16;
    CHECK(wfp_store_migrate(&n, f.store, schema, &f.res, t->pool)
          == APR_EINCOMPLETE);
    wfp_result_init(&f.res, t->pool);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, fill_old, NULL, &f.res, t->pool));
    OK(migrate(&n, &f, t->pool));
    CHECK_STR(producers(&f, t, "t"), "demo/a;demo/;");
    CHECK_INT(rows_of(&f, t, "own",
                      "SELECT consumer FROM version_tails "
                      "WHERE consumer_ns = 'n1' AND consumer = 'o'"),
              1);
    CHECK_INT(rows_of(&f, t, "all_v", "SELECT consumer FROM version_tails"), 2);
    CHECK_INT(rows_of(&f, t, "all_ns", "SELECT consumer FROM namespace_tails"),
              2);
}

#define MANY                                                                   \
    "WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k "         \
    "WHERE i < 3000) "

static apr_status_t fill_many(wfp_dbd_t *db, void *baton)
{
    static const char *const rows[] = {
        "INSERT INTO namespaces (id, name, stamp, created, modified, trusted, "
        "egress, limits, outbound) " MANY
        "SELECT 'n' || i, 'n' || i, 1, 5, 5, 0, 'none', '{}', '{}' FROM k",
        "INSERT INTO namespace_tails (ns_id, consumer_ns, consumer) " MANY
        "SELECT 'n' || i, '', 'c' || i FROM k",
        "INSERT INTO scripts (id, ns_id, name, stamp, last_number, created, "
        "modified) " MANY "SELECT 's' || i, 'n' || i, 'a', i, 1, 5, 6 FROM k",
        "INSERT INTO versions (id, script_id, number, code_id, limits, "
        "created, author, source, message, tag) " MANY
        "SELECT 'v' || i, 's' || i, 1, 'c', '{}', 5, 'me', 'api', '', '' "
        "FROM k",
        "INSERT INTO version_tails (version_id, consumer_ns, consumer) " MANY
        "SELECT 'v' || i, '', 'c' || i FROM k",
        "INSERT INTO deployments (script_id, stamp, version_id, percent, "
        "created, author) " MANY
        "SELECT 's' || i, i, 'v' || i, 100, 5, 'me' FROM k",
        "ANALYZE",
    };
    size_t i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < sizeof(rows) / sizeof(*rows); i++) {
        rv = wfp_dbd_direct(db, rows[i]);
    }
    return rv;
}

/* Statements that are prepared cannot be explained there. */
static apr_status_t make_explain(wfp_dbd_t *db)
{
    return wfp_dbd_direct(db, "CREATE FUNCTION plan_of(q text) "
                              "RETURNS SETOF text LANGUAGE plpgsql AS $$ "
                              "DECLARE line text; BEGIN "
                              "FOR line IN EXECUTE 'EXPLAIN ' || q LOOP "
                              "RETURN NEXT line; END LOOP; END $$");
}

/* What the database would do, in one text. */
static apr_status_t explain(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sqlite[] = {
        { "explain_tails",
          "EXPLAIN QUERY PLAN " WFP_REFERENCES_TAILS("%s", "%lld") },
        { "explain_tails_ns",
          "EXPLAIN QUERY PLAN " WFP_REFERENCES_TAILS_NS("%s", "%lld") }
    };
    static const wfp_sql_t pgsql = { "explain", "SELECT plan_of(%s)" };
    static const char *const texts[] = { WFP_REFERENCES_TAILS("'c7'", "100"),
                                         WFP_REFERENCES_TAILS_NS("'c7'",
                                                                 "100") };
    int is_sqlite = !strcmp(db->driver, "sqlite3"), i, k;
    const char **text = baton;
    apr_array_header_t *rows;
    apr_status_t rv = is_sqlite ? APR_SUCCESS : make_explain(db);

    for (i = 0; rv == APR_SUCCESS && i < 2; i++) {
        rv = is_sqlite
                 ? wfp_dbd_rows(&rows, db, &sqlite[i], 4, DBD_ARGS("c7", "100"))
                 : wfp_dbd_rows(&rows, db, &pgsql, 1, DBD_ARGS(texts[i]));
        for (k = 0; rv == APR_SUCCESS && k < rows->nelts; k++) {
            *text = apr_pstrcat(db->pool, *text,
                                APR_ARRAY_IDX(rows, k,
                                              const char **)[is_sqlite ? 3 : 0],
                                "\n", NULL);
        }
    }
    return rv;
}

static void indexes_are_used(wfp_test_t *t)
{
    const char *plan = "";
    fixture_t f;

    open_store(&f, t);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, fill_many, NULL, &f.res, t->pool));
    CHECK(put(&f, t, "", "c7", "{}") == APR_SUCCESS);
    CHECK_STR(producers(&f, t, "c7"), "n7/a;n7/;");
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, explain, &plan, &f.res, t->pool));
    CHECK(strstr(plan, "version_tails_consumer") != NULL);
    CHECK(strstr(plan, "namespace_tails_consumer") != NULL);
    CHECK(!strstr(plan, "SCAN") && !strstr(plan, "Seq Scan"));
}

static const wfp_test_case_t cases[] = {
    { "consumers have to be there", consumers_have_to_be_there },
    { "who names it is told", who_names_it_is_told },
    { "every change is followed", every_change_is_followed },
    { "what is there is taken over", what_is_there_is_taken_over },
    { "indexes are used", indexes_are_used },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
