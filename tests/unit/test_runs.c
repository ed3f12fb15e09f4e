/* SPDX-License-Identifier: Apache-2.0 */
/* What runs, and whose it is when its process is gone. */
#include "core/runs.h"

#include <apr_strings.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/children.h"
#include "tests/unit/wfp_test.h"

static wfp_runs_t *make(wfp_test_t *t)
{
    wfp_runs_t *runs = NULL;

    CHECK_INT(wfp_runs_create(&runs, NULL, t->pool), APR_SUCCESS);
    return runs;
}

typedef struct told_t {
    apr_pool_t *pool;
    const char *text;
    apr_uint64_t all;
} told_t;

static void tell(void *data, const char *ns, const char *script,
                 apr_uint64_t count)
{
    told_t *told = data;

    told->all += count;
    told->text = apr_psprintf(told->pool, "%s%s/%s:%d;", told->text,
                              ns ? ns : "?", script ? script : "?", (int)count);
}

static told_t left(wfp_runs_t *runs, int owner, wfp_test_t *t)
{
    told_t told = { t->pool, "", 0 };

    wfp_runs_left(runs, owner, tell, &told);
    return told;
}

static int begin(wfp_runs_t *runs, int owner, const char *ns,
                 const char *script)
{
    char of[WFP_NAME_MAX + 1], name[WFP_NAME_MAX + 1];
    int run = wfp_runs_begin(runs, owner);

    (void)apr_cpystrn(of, ns, sizeof(of));
    (void)apr_cpystrn(name, script, sizeof(name));
    wfp_runs_name(runs, run, owner, of, name);
    return run;
}

static void runs_go_with_their_process(wfp_test_t *t)
{
    wfp_runs_t *runs = make(t);
    int first = begin(runs, 1, "demo", "a"), i;
    char name[WFP_NAME_MAX + 1];

    memset(name, 'n', WFP_NAME_MAX);
    name[WFP_NAME_MAX] = '\0';
    (void)begin(runs, 1, "", name);
    (void)begin(runs, 2, "demo", "b");
    (void)begin(runs, -1, "demo", "c");
    wfp_runs_end(runs, first, 1);
    CHECK_INT(wfp_runs_lost(runs), 0);
    CHECK_STR(left(runs, 1, t).text,
              apr_pstrcat(t->pool, "/", name, ":1;", NULL));
    CHECK_INT(wfp_runs_lost(runs), 1);
    CHECK_STR(left(runs, 1, t).text, "");
    CHECK_STR(left(runs, -1, t).text, "");
    /* whose it is was not known yet: not of whoever was there before */
    for (i = 0; i < 3; i++) {
        (void)wfp_runs_begin(runs, 1);
    }
    CHECK_INT(left(runs, 1, t).all, 3);
    (void)wfp_runs_begin(runs, 1);
    CHECK_STR(left(runs, 1, t).text, "?/?:1;");
    CHECK_STR(left(runs, 2, t).text, "demo/b:1;");
    CHECK_INT(wfp_runs_lost(runs), 6);
}

/* More than there are places for are counted all the same. */
static void too_many_are_counted(wfp_test_t *t)
{
    wfp_runs_t *runs = make(t);
    int *list = apr_palloc(t->pool, 2 * WFP_RUNS_MAX * sizeof(int)), i;

    for (i = 0; i < 2 * WFP_RUNS_MAX; i++) {
        list[i] = begin(runs, i % 7, "demo", "a");
    }
    for (i = 0; i < 2 * WFP_RUNS_MAX; i++) {
        if (i % 7 != 3) {
            wfp_runs_end(runs, list[i], i % 7);
        }
    }
    for (i = 0; i < 7; i++) {
        CHECK_INT(left(runs, i, t).all,
                  i == 3 ? (2 * WFP_RUNS_MAX - 3 + 6) / 7 : 0);
    }
}

/* Processes that are killed in the middle: what they were at, one at most each, is
 * lost or over, and no place is lost. */
static void killed_in_the_middle(wfp_test_t *t)
{
    wfp_runs_t *runs = make(t);
    apr_uint64_t all = 0;
    int i, status;

    for (i = 0; i < 40; i++) {
        pid_t pid;
        char ready;
        int ends[2];
        told_t told;

        CHECK(pipe(ends) == 0);
        fflush(stdout);
        pid = fork();
        if (pid == 0) {
            if (write(ends[1], "", 1) != 1) {
                _exit(1);
            }
            for (;;) {
                wfp_runs_end(runs, begin(runs, 5, "demo", "a"), 5);
            }
        }
        CHECK(read(ends[0], &ready, 1) == 1);
        CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
        (void)close(ends[0]);
        (void)close(ends[1]);
        told = left(runs, 5, t);
        CHECK(!*told.text || !strcmp(told.text, "demo/a:1;")
              || !strcmp(told.text, "?/?:1;"));
        all += told.all;
    }
    CHECK_INT(wfp_runs_lost(runs), all);
    CHECK_STR(left(runs, 5, t).text, "");
}

static const wfp_test_case_t cases[] = {
    { "runs go with their process", runs_go_with_their_process },
    { "too many are counted", too_many_are_counted },
    { "killed in the middle", killed_in_the_middle },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
