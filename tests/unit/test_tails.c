/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_strings.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tails.h"
#include "tests/unit/wfp_test.h"

#define LONG apr_time_from_sec(3600)

static wfp_tails_t *make(wfp_test_t *t)
{
    wfp_tails_t *tails;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(wfp_tails_create(&tails, &res, t->pool) == APR_SUCCESS);
    return tails;
}

static apr_status_t add(wfp_tails_entry_t *tail, wfp_tails_t *tails,
                        const char *ns, const char *name,
                        apr_interval_time_t life)
{
    memset(tail, 0, sizeof(*tail));
    (void)apr_cpystrn(tail->ns, ns, sizeof(tail->ns));
    (void)apr_cpystrn(tail->name, name, sizeof(tail->name));
    return wfp_tails_add(tail, life, tails);
}

static int hears(wfp_tails_t *tails, const char *ns, const char *name)
{
    wfp_tail_heard_t *heard = wfp_tails_heard(tails);

    return wfp_tail_heard_claim(heard, wfp_tail_heard_number(heard, ns, name))
           == WFP_TAIL_TAKES;
}

static int count_of(wfp_tails_t *tails, const char *ns, const char *name)
{
    wfp_tails_entry_t list[WFP_TAILS_OF_WORKER];

    return wfp_tails_list(list, tails, ns, name);
}

static void one(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t tail, found;

    CHECK(!hears(tails, "n", "a"));
    CHECK(add(&tail, tails, "n", "a", LONG) == APR_SUCCESS);
    CHECK_INT(strlen(tail.id), WFP_TAILS_ID_SIZE - 1);
    CHECK(strcmp(tail.id, tail.secret) != 0);
    CHECK(wfp_tails_find(&found, tails, tail.secret) == APR_SUCCESS);
    CHECK_STR(found.id, tail.id);
    CHECK(wfp_tails_find(&found, tails, tail.id) == APR_NOTFOUND);
    CHECK(wfp_tails_find(&found, tails, "") == APR_NOTFOUND);
    /* nobody listens before somebody is connected */
    CHECK(!hears(tails, "n", "a") && !wfp_tails_count(tails));
    CHECK(wfp_tails_connect(tails, &tail, 0) == APR_SUCCESS);
    CHECK(wfp_tails_connect(tails, &tail, 0) == APR_EBUSY);
    CHECK(hears(tails, "n", "a") && wfp_tails_count(tails) == 1);
    CHECK(!hears(tails, "n", "b"));
    CHECK(!hears(tails, "", "a"));
    CHECK(wfp_tails_keep(tails, &tail));
    /* it may come again */
    wfp_tails_leave(tails, &tail, 0);
    CHECK(!hears(tails, "n", "a"));
    CHECK(wfp_tails_connect(tails, &tail, 0) == APR_SUCCESS);
    wfp_tails_leave(tails, &tail, 1);
    CHECK(wfp_tails_connect(tails, &tail, 0) == APR_NOTFOUND);
    CHECK(!wfp_tails_keep(tails, &tail));
}

/* Another Worker's cannot be ended, nor seen. */
static void whose(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t a, b;

    CHECK(add(&a, tails, "n", "a", LONG) == APR_SUCCESS);
    CHECK(add(&b, tails, "m", "a", LONG) == APR_SUCCESS);
    CHECK(wfp_tails_end(tails, "m", "a", a.id) == APR_NOTFOUND);
    CHECK_INT(count_of(tails, "n", "a"), 1);
    CHECK(wfp_tails_end(tails, "n", "a", a.id) == APR_SUCCESS);
    CHECK(wfp_tails_end(tails, "n", "a", a.id) == APR_NOTFOUND);
    CHECK_INT(count_of(tails, "n", "a"), 0);
    CHECK_INT(count_of(tails, "m", "a"), 1);
}

static void shares(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t tail, first;
    int i;

    CHECK(add(&first, tails, "n", "w0", LONG) == APR_SUCCESS);
    for (i = 1; i < WFP_TAILS_OF_WORKER; i++) {
        CHECK(add(&tail, tails, "n", "w0", LONG) == APR_SUCCESS);
    }
    CHECK(add(&tail, tails, "n", "w0", LONG) == APR_ENOSPC);
    for (i = WFP_TAILS_OF_WORKER; i < WFP_TAILS_MAX; i++) {
        CHECK(add(&tail, tails, "n", apr_psprintf(t->pool, "w%d", i / 4), LONG)
              == APR_SUCCESS);
    }
    CHECK(add(&tail, tails, "other", "x", LONG) == APR_ENOSPC);
    CHECK(wfp_tails_end(tails, "n", "w0", first.id) == APR_SUCCESS);
    CHECK(add(&tail, tails, "other", "x", LONG) == APR_SUCCESS);
    /* whoever had that place before does not get at who has it now */
    CHECK_INT(tail.slot, first.slot);
    CHECK(!wfp_tails_keep(tails, &first));
    CHECK(wfp_tails_connect(tails, &first, 0) == APR_NOTFOUND);
    wfp_tails_leave(tails, &first, 1);
    CHECK_INT(count_of(tails, "other", "x"), 1);
}

static void they_end(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t tail, found;

    CHECK(add(&tail, tails, "n", "a", 0) == APR_SUCCESS);
    CHECK(wfp_tails_find(&found, tails, tail.secret) == APR_NOTFOUND);
    CHECK(wfp_tails_connect(tails, &tail, 0) == APR_NOTFOUND);
    CHECK_INT(count_of(tails, "n", "a"), 0);
    CHECK(add(&tail, tails, "n", "a", apr_time_from_msec(50)) == APR_SUCCESS);
    if (wfp_tails_connect(tails, &tail, 0) == APR_SUCCESS) {
        while (wfp_tails_keep(tails, &tail)) {
            apr_sleep(apr_time_from_msec(10));
        }
    }
    CHECK(!hears(tails, "n", "a") && !wfp_tails_count(tails));
}

static void threads_are_few(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t tail[4];
    int i;

    for (i = 0; i < 4; i++) {
        CHECK(add(&tail[i], tails, "n", "a", LONG) == APR_SUCCESS);
    }
    CHECK(wfp_tails_connect(tails, &tail[0], 2) == APR_SUCCESS);
    CHECK(wfp_tails_connect(tails, &tail[1], 2) == APR_SUCCESS);
    CHECK(wfp_tails_connect(tails, &tail[2], 2) == APR_ENOSPC);
    /* those that keep none find room */
    CHECK(wfp_tails_connect(tails, &tail[2], 0) == APR_SUCCESS);
    wfp_tails_leave(tails, &tail[0], 1);
    CHECK(wfp_tails_connect(tails, &tail[3], 2) == APR_SUCCESS);
}

/* Who is killed at it leaves nothing that the next one does not mend. */
static void killed(wfp_test_t *t)
{
    wfp_tails_t *tails = make(t);
    wfp_tails_entry_t tail;
    int round, status;

    for (round = 0; round < 20; round++) {
        pid_t pid = fork();

        if (pid == 0) {
            for (;;) {
                if (add(&tail, tails, "n", "child", LONG) == APR_SUCCESS
                    && wfp_tails_connect(tails, &tail, 0) == APR_SUCCESS) {
                    wfp_tails_leave(tails, &tail, 1);
                }
            }
        }
        CHECK(pid > 0);
        apr_sleep(apr_time_from_msec(2 + round));
        CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
        CHECK(add(&tail, tails, "n", "a", LONG) == APR_SUCCESS);
        CHECK(wfp_tails_connect(tails, &tail, 0) == APR_SUCCESS);
        CHECK(hears(tails, "n", "a"));
        wfp_tails_leave(tails, &tail, 1);
        wfp_tails_sweep(tails);
        CHECK(!hears(tails, "n", "a"));
        /* at most one a round is left, which its time ends */
        CHECK(count_of(tails, "n", "child") <= WFP_TAILS_OF_WORKER);
    }
}

static const wfp_test_case_t cases[] = {
    { "one", one },
    { "whose", whose },
    { "shares", shares },
    { "they end", they_end },
    { "threads are few", threads_are_few },
    { "killed", killed },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
