/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements that wait for the next one: their text, and on both databases what
 * becomes of them.
 */
#include "store_fixture.h"

#include "store/pending.h"

static const wfp_sql_t put = {
    "pending_put", "INSERT INTO settings (name, value) VALUES (%s, %s) "
};
static const wfp_sql_t get = { "pending_get",
                               "SELECT value FROM settings WHERE name = %s" };

static void calls_become_a_text(wfp_test_t *t)
{
    static const wfp_sql_t none = { "none", "DELETE FROM a" };
    static const wfp_sql_t two = { "two",
                                   "UPDATE a SET b = %lld WHERE c LIKE '%%d' "
                                   "AND e = %s" };
    wfp_pending_t *pending = wfp_pending_make(t->pool);

    CHECK(!wfp_pending_waits(pending));
    wfp_pending_begin(pending, "BEGIN");
    CHECK(wfp_pending_waits(pending));
    CHECK(!wfp_pending_was_sent(pending));
    CHECK(wfp_pending_call(pending, &none, NULL));
    CHECK(wfp_pending_call(pending, &two, DBD_ARGS("1", "it's \\ $1 %s;")));
    CHECK_STR(wfp_pending_take(pending),
              "BEGIN;EXECUTE none;EXECUTE two(E'1',E'it''s \\\\ $1 %s;');");
    CHECK(!wfp_pending_waits(pending));
    CHECK(wfp_pending_was_sent(pending));
    wfp_pending_text(pending, "left over");
    wfp_pending_begin(pending, "BEGIN");
    CHECK(!wfp_pending_was_sent(pending));
    CHECK_STR(wfp_pending_take(pending), "BEGIN;");
}

static void large_values_do_not_wait(wfp_test_t *t)
{
    wfp_pending_t *pending = wfp_pending_make(t->pool);
    char *large = apr_pcalloc(t->pool, 100001);
    int i;

    memset(large, 'x', 100000);
    CHECK(!wfp_pending_call(pending, &put, DBD_ARGS("a", large)));
    CHECK(!wfp_pending_waits(pending));
    large[30000] = '\0';
    for (i = 0; !wfp_pending_is_long(pending); i++) {
        CHECK(wfp_pending_call(pending, &put, DBD_ARGS("a", large)));
    }
    CHECK_INT(i, 3);
}

/* ---- in a store ------------------------------------------------------------- */

static const char *const odd[] = {
    "",
    "'",
    "\\",
    "\\'",
    "''; DROP TABLE settings; --",
    "E'\\x27'",
    "$1 $$ %s",
    "\n\t\"\xc3\xa4\xf0\x9f\x90\x98",
    "{\"a\":\"\\u0000\"}",
};
#define ODD_COUNT ((int)(sizeof(odd) / sizeof(*odd)))

static apr_status_t put_odd(wfp_dbd_t *db, void *baton)
{
    const char *large = baton;
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < ODD_COUNT; i++) {
        rv = wfp_dbd_exec(NULL, db, &put, DBD_ARGS(wfp_dbd_num(db, i), odd[i]));
    }
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &put, DBD_ARGS("large", large))
               : rv;
}

/* What was written is seen by the next statement of the same transaction. */
static apr_status_t put_and_count(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t drop = { "pending_drop",
                                    "DELETE FROM settings WHERE name = %s" };
    const char **row;
    int *pcount = baton;
    apr_status_t rv = wfp_dbd_exec(NULL, db, &put, DBD_ARGS("mine", "1"));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &get, 1, DBD_ARGS("mine"));
    }
    if (rv != APR_SUCCESS || !row) {
        return APR_EGENERAL;
    }
    rv = wfp_dbd_exec(NULL, db, &put, DBD_ARGS("other", row[0]));
    return rv == APR_SUCCESS ? wfp_dbd_exec(pcount, db, &drop, DBD_ARGS("mine"))
                             : rv;
}

static const char *setting(fixture_t *f_, wfp_test_t *t, const char *name)
{
    fixture_t f = *f_;
    const char *value;

    OK(wfp_store_setting(&value, f.store, name, &f.res, t->pool));
    return value;
}

static void odd_texts_come_back(wfp_test_t *t)
{
    fixture_t f;
    char *large = apr_pcalloc(t->pool, 200001);
    int i, count;

    open_store(&f, t);
    memset(large, '\'', 200000);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, put_odd, large, &f.res, t->pool));
    for (i = 0; i < ODD_COUNT; i++) {
        CHECK_STR(setting(&f, t, apr_itoa(t->pool, i)), odd[i]);
    }
    CHECK_STR(setting(&f, t, "large"), large);
    OK(wfp_dbd_run(f.store, WFP_DBD_WRITE, put_and_count, &count, &f.res,
                   t->pool));
    CHECK_INT(count, 1);
    CHECK(!setting(&f, t, "mine"));
    CHECK_STR(setting(&f, t, "other"), "1");
}

static apr_status_t put_twice(wfp_dbd_t *db, void *baton)
{
    apr_status_t rv = wfp_dbd_exec(NULL, db, &put, DBD_ARGS("twice", "1"));

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &put, DBD_ARGS("twice", "2"))
               : rv;
}

static apr_status_t put_and_refuse(wfp_dbd_t *db, void *baton)
{
    apr_status_t rv = wfp_dbd_exec(NULL, db, &put, DBD_ARGS("never", "1"));

    return rv == APR_SUCCESS
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_EMISMATCH, "no")
               : rv;
}

static void what_fails_late_leaves_nothing(wfp_test_t *t)
{
    fixture_t f;

    open_store(&f, t);
    REFUSED(wfp_dbd_run(f.store, WFP_DBD_WRITE, put_twice, NULL, &f.res,
                        t->pool),
            WFP_STORE_UNAVAILABLE);
    CHECK(!setting(&f, t, "twice"));
    REFUSED(wfp_dbd_run(f.store, WFP_DBD_WRITE, put_and_refuse, NULL, &f.res,
                        t->pool),
            WFP_CONFLICT);
    REFUSED(wfp_dbd_alone(f.store, WFP_DBD_WRITE, put_and_refuse, NULL, &f.res,
                          t->pool),
            WFP_CONFLICT);
    CHECK(!setting(&f, t, "never"));
}

static const wfp_test_case_t cases[] = {
    { "calls become a text", calls_become_a_text },
    { "large values do not wait", large_values_do_not_wait },
    { "odd texts come back", odd_texts_come_back },
    { "what fails late leaves nothing", what_fails_late_leaves_nothing },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
