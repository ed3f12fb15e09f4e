/* SPDX-License-Identifier: Apache-2.0 */
/* What an error is about, in whatever language it is told. */
#include "store/sqlstate.h"

#include <apr_strings.h>

#include "store/dbd.h"
#include "tests/unit/store_fixture.h"

static const char *state_of(wfp_test_t *t, const char *why)
{
    char state[WFP_SQLSTATE_SIZE];

    return wfp_sqlstate_read(state, why) ? apr_pstrdup(t->pool, state) : "";
}

static void codes_are_read(wfp_test_t *t)
{
    CHECK_STR(state_of(t, "ERROR:  53100: could not extend file\n"), "53100");
    CHECK_STR(state_of(t, "FEHLER:  0A000: geht nicht"), "0A000");
    CHECK_STR(state_of(t, "ERROR:  could not extend file: No space left"), "");
    CHECK_STR(state_of(t, "disk is full"), "");
    CHECK_STR(state_of(t, ""), "");
    CHECK_STR(state_of(t, "ERROR:  5310"), "");
    CHECK_STR(state_of(t, "ERROR:  53100"), "");
    CHECK_STR(state_of(t, "ERROR:  531000: x"), "");
    CHECK_STR(state_of(t, "no connection\nERROR:  53100: x"), "");
}

static void what_is_of_its_source_goes(wfp_test_t *t)
{
    static const char whole[] =
        "ERROR:  53100: x\nHINT:  y\nLOCATION:  mdextend, md.c:447\n";

    CHECK_INT(wfp_sqlstate_length(whole), strlen("ERROR:  53100: x\nHINT:  y"));
    CHECK_INT(wfp_sqlstate_length("LOCATION:  a, b.c:1"), 19);
    CHECK_INT(wfp_sqlstate_length("x\ny\n"), 4);
    CHECK_INT(wfp_sqlstate_length("\n"), 1);
    CHECK_INT(wfp_sqlstate_length(""), 0);
}

typedef struct ask_t {
    const char *text;
} ask_t;

static apr_status_t run(wfp_dbd_t *db, void *baton)
{
    return wfp_dbd_direct(db, ((ask_t *)baton)->text);
}

/* As a server of another language tells it, and what only looks like that. */
static void a_full_disk_in_any_language(wfp_test_t *t)
{
    ask_t full = {
        "DO $$ BEGIN RAISE EXCEPTION 'kein Platz auf dem Datentraeger' "
        "USING ERRCODE = '53100'; END $$"
    };
    ask_t other = { "DO $$ BEGIN RAISE EXCEPTION 'disk is full' "
                    "USING ERRCODE = '23505', DETAIL = "
                    "'No space left on device'; END $$" };
    fixture_t f;

    open_store(&f, t);
    if (!is_pgsql(&f)) {
        return;
    }
    CHECK(wfp_dbd_run(f.store, WFP_DBD_WRITE, run, &full, &f.res, t->pool)
          != APR_SUCCESS);
    CHECK_INT(f.res.code, WFP_STORE_UNAVAILABLE);
    CHECK_INT(f.res.about, WFP_ABOUT_ROOM);
    CHECK(strstr(f.res.message, "53100: kein Platz") != NULL);
    CHECK(!strstr(f.res.message, "LOCATION"));
    wfp_result_init(&f.res, t->pool);
    CHECK(wfp_dbd_run(f.store, WFP_DBD_WRITE, run, &other, &f.res, t->pool)
          != APR_SUCCESS);
    CHECK(f.res.about != WFP_ABOUT_ROOM);
}

static const wfp_test_case_t cases[] = {
    { "codes are read", codes_are_read },
    { "what is of its source goes", what_is_of_its_source_goes },
    { "a full disk in any language", a_full_disk_in_any_language },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
