/* SPDX-License-Identifier: Apache-2.0 */
#include <apr_time.h>
#include <errno.h>
#include <lua.h>
#include <sys/wait.h>

#include "lua_runtime/bugcheck.h"
#include "tests/unit/wfp_test.h"

static int lists(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at && (at == text || at[-1] == ' ')
           && (!at[strlen(name)] || at[strlen(name)] == ',');
}

/* Whatever is linked: an answer, in time, and nothing left behind. */
static void bugcheck_answers(wfp_test_t *t)
{
    wfp_bugcheck_t result;
    apr_time_t start = apr_time_now();

    CHECK_INT(wfp_bugcheck_run(&result, t->pool), APR_SUCCESS);
    printf("# %d us; found: %s; undecided: %s\n", (int)(apr_time_now() - start),
           result.found, result.undecided);
    CHECK(apr_time_now() - start < apr_time_from_sec(30));
    CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_INT(errno, ECHILD);
}

/* Debian 12's liblua is known: 5.4.4 with the distribution's patches. */
static void bugcheck_knows_5_4_4(wfp_test_t *t)
{
    static const char *const names[] = { "close-handler", "close-depth",
                                         "weak-newindex", "variable-name",
                                         "break-close",   "compare-index" };
    wfp_bugcheck_t result;
    size_t i;

    if (strcmp(LUA_RELEASE, "Lua 5.4.4") != 0) {
        t->skip = "another Lua is installed";
        return;
    }
    CHECK_INT(wfp_bugcheck_run(&result, t->pool), APR_SUCCESS);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CHECK(lists(result.found, names[i])
              || lists(result.undecided, names[i]));
    }
}

int main(void)
{
    static const wfp_test_case_t cases[] = {
        { "bugcheck_answers", bugcheck_answers },
        { "bugcheck_knows_5_4_4", bugcheck_knows_5_4_4 },
        { NULL, NULL },
    };

    return wfp_test_run(cases);
}
