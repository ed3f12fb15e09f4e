/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts without an entry of their own, in shared memory. */
#include "core/host_memo.h"

#include <apr_strings.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define FLOOD 200000

static wfp_host_memo_t *make(wfp_test_t *t)
{
    wfp_host_memo_t *memo = NULL;

    CHECK_INT(wfp_host_memo_create(&memo, NULL, t->pool), APR_SUCCESS);
    return memo;
}

static apr_uint32_t get(wfp_host_memo_t *memo, const char *host)
{
    return wfp_host_memo_get(memo, host, strlen(host));
}

static void put(wfp_host_memo_t *memo, const char *host, apr_uint32_t what)
{
    wfp_host_memo_put(memo, wfp_host_memo_turn(memo), host, strlen(host), what);
}

static void what_was_put_is_there(wfp_test_t *t)
{
    wfp_host_memo_t *memo = make(t);

    CHECK_INT(get(memo, "a.example.com"), 0);
    put(memo, "a.example.com", 1);
    put(memo, "nobody.example.org", WFP_HOST_MEMO_NONE);
    CHECK_INT(get(memo, "a.example.com"), 1);
    CHECK_INT(get(memo, "nobody.example.org"), WFP_HOST_MEMO_NONE);
    CHECK_INT(get(memo, "b.example.com"), 0);
    put(memo, "a.example.com", WFP_HOST_MEMO_NONE);
    CHECK_INT(get(memo, "a.example.com"), WFP_HOST_MEMO_NONE);
}

static void a_change_forgets_all(wfp_test_t *t)
{
    wfp_host_memo_t *memo = make(t);
    apr_uint64_t before = wfp_host_memo_turn(memo);

    put(memo, "a.example.com", 1);
    wfp_host_memo_forget(memo);
    CHECK_INT(get(memo, "a.example.com"), 0);
    /* what a look-up brings that was begun before the change */
    wfp_host_memo_put(memo, before, "b.example.com", 13, WFP_HOST_MEMO_NONE);
    CHECK_INT(get(memo, "b.example.com"), 0);
    put(memo, "b.example.com", 1);
    CHECK_INT(get(memo, "b.example.com"), 1);
}

/* Random hosts of which nothing is known push out one another, not those that
 * wildcards serve, but for one of four that fell together: where is chance, and
 * one time in a hundred there are four of a thousand. */
static void a_flood_of_strangers(wfp_test_t *t)
{
    wfp_host_memo_t *memo = make(t);
    char host[40];
    int i, kept = 0;

    for (i = 0; i < 1000; i++) {
        (void)apr_snprintf(host, sizeof(host), "u%d.example.com", i);
        put(memo, host, 3);
    }
    for (i = 0; i < FLOOD; i++) {
        (void)apr_snprintf(host, sizeof(host), "x%d.invalid", i);
        put(memo, host, WFP_HOST_MEMO_NONE);
    }
    CHECK_INT(get(memo, host), WFP_HOST_MEMO_NONE);
    for (i = 0; i < 1000; i++) {
        (void)apr_snprintf(host, sizeof(host), "u%d.example.com", i);
        kept += get(memo, host) == 3;
    }
    CHECK(kept >= 995);
}

static void processes_share_it(wfp_test_t *t)
{
    wfp_host_memo_t *memo = make(t);
    int status;
    pid_t pid;

    put(memo, "a.example.com", 1);
    pid = fork();
    if (pid == 0) {
        put(memo, "b.example.com", 1);
        wfp_host_memo_forget(memo);
        put(memo, "c.example.com", 1);
        _exit(0);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(get(memo, "a.example.com"), 0);
    CHECK_INT(get(memo, "b.example.com"), 0);
    CHECK_INT(get(memo, "c.example.com"), 1);
}

static const wfp_test_case_t cases[] = {
    { "what was put is there", what_was_put_is_there },
    { "a change forgets all", a_change_forgets_all },
    { "a flood of strangers", a_flood_of_strangers },
    { "processes share it", processes_share_it },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
