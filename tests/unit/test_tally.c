/* SPDX-License-Identifier: Apache-2.0 */
/* Counters by namespace in shared memory. */
#include "core/tally.h"

#include <apr_strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

static wfp_tally_t *make(wfp_test_t *t)
{
    wfp_tally_t *tally = NULL;

    CHECK_INT(wfp_tally_create(&tally, NULL, t->pool), APR_SUCCESS);
    return tally;
}

/* The row of a namespace; how many rows have its name is in *pn. */
static wfp_tally_row_t find(wfp_tally_t *tally, const char *ns, int *pn)
{
    wfp_tally_row_t row, found = { 0 };
    int at = 0;

    *pn = 0;
    while (wfp_tally_read(&row, tally, &at)) {
        if (!strcmp(row.ns, ns)) {
            found = row;
            (*pn)++;
        }
    }
    return found;
}

static void each_namespace_has_its_own(wfp_test_t *t)
{
    wfp_tally_t *tally = make(t);
    wfp_tally_row_t row;
    int n;

    wfp_tally_add(tally, "a", WFP_TALLY_SENT, WFP_TALLY_ORIGIN, 10, 100);
    wfp_tally_add(tally, "a", WFP_TALLY_SENT, WFP_TALLY_ORIGIN, 1, 1);
    wfp_tally_add(tally, "a", WFP_TALLY_BLOCKED, WFP_TALLY_POLICY, 0, 0);
    wfp_tally_add(tally, "", WFP_TALLY_FAILED, WFP_TALLY_TIMEOUT, 5, 0);
    row = find(tally, "a", &n);
    CHECK_INT(n, 1);
    CHECK_INT(row.calls[WFP_TALLY_SENT], 2);
    CHECK_INT(row.calls[WFP_TALLY_BLOCKED], 1);
    CHECK_INT(row.calls[WFP_TALLY_FAILED], 0);
    CHECK_INT(row.why[WFP_TALLY_SENT][WFP_TALLY_ORIGIN], 2);
    CHECK_INT(row.why[WFP_TALLY_BLOCKED][WFP_TALLY_POLICY], 1);
    CHECK_INT(row.why[WFP_TALLY_BLOCKED][WFP_TALLY_FILTER], 0);
    CHECK_INT(row.bytes_out, 11);
    CHECK_INT(row.bytes_in, 101);
    row = find(tally, "", &n);
    CHECK_INT(n, 1);
    CHECK_INT(row.calls[WFP_TALLY_FAILED], 1);
    row = find(tally, "*", &n);
    CHECK_INT(n, 1);
    CHECK_INT(row.calls[WFP_TALLY_SENT], 0);
}

static void what_finds_no_row_shares_one(wfp_test_t *t)
{
    wfp_tally_t *tally = make(t);
    apr_uint64_t sum = 0;
    wfp_tally_row_t row;
    int i, n, at = 0;

    for (i = 0; i < WFP_TALLY_ROWS + 100; i++) {
        wfp_tally_add(tally, apr_psprintf(t->pool, "ns%d", i), WFP_TALLY_SENT,
                      WFP_TALLY_ORIGIN, 0, 1);
    }
    row = find(tally, "*", &n);
    CHECK_INT(n, 1);
    CHECK_INT(row.calls[WFP_TALLY_SENT], 101);
    for (n = 0; wfp_tally_read(&row, tally, &at); n++) {
        sum += row.bytes_in;
    }
    CHECK_INT(n, WFP_TALLY_ROWS);
    CHECK_INT(sum, WFP_TALLY_ROWS + 100);
}

#define PROCESSES 4
#define ROUNDS    20000

static void count_in_child(wfp_tally_t *tally)
{
    static const char *const names[] = { "a", "b", "c", "d", "e" };
    int i;

    for (i = 0; i < ROUNDS; i++) {
        wfp_tally_add(tally, names[i % 5], WFP_TALLY_ANSWERED, WFP_TALLY_FILTER,
                      1, 2);
    }
    _exit(0);
}

static void processes_count_together(wfp_test_t *t)
{
    wfp_tally_t *tally = make(t);
    wfp_tally_row_t row;
    int i, n, status;

    fflush(stdout);
    for (i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            count_in_child(tally);
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        CHECK(wait(&status) > 0 && status == 0);
    }
    for (i = 0; i < 5; i++) {
        char name[2] = { (char)('a' + i), '\0' };

        row = find(tally, name, &n);
        CHECK_INT(n, 1);
        CHECK_INT(row.calls[WFP_TALLY_ANSWERED], PROCESSES * ROUNDS / 5);
        CHECK_INT(row.bytes_in, 2 * PROCESSES * ROUNDS / 5);
    }
}

static void ends_have_names(wfp_test_t *t)
{
    CHECK_STR(wfp_tally_name(WFP_TALLY_SENT), "sent");
    CHECK_STR(wfp_tally_name(WFP_TALLY_FAILED), "failed");
    CHECK_STR(wfp_tally_name(WFP_TALLY_ENDS), "");
    CHECK_STR(wfp_tally_reason(WFP_TALLY_ORIGIN), "origin");
    CHECK_STR(wfp_tally_reason(WFP_TALLY_OTHER), "other");
    CHECK_STR(wfp_tally_reason(WFP_TALLY_REASONS), "");
}

static const wfp_test_case_t cases[] = {
    { "each namespace has its own", each_namespace_has_its_own },
    { "what finds no row shares one", what_finds_no_row_shares_one },
    { "processes count together", processes_count_together },
    { "ends have names", ends_have_names },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
