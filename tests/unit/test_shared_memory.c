/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that children forked later have, too. */
#include "core/shared_memory.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/wfp_test.h"

#define BYTES ((apr_size_t)10000)

static void a_child_writes_into_it(wfp_test_t *t)
{
    void *memory = NULL;
    char *bytes;
    apr_size_t i;
    int status = -1;
    pid_t pid;

    CHECK_INT(wfp_shared_memory(&memory, BYTES, "a test", NULL, t->pool),
              APR_SUCCESS);
    CHECK_INT((apr_uintptr_t)memory % WFP_SHARED_ALIGN, 0);
    bytes = memory;
    for (i = 0; i < BYTES; i++) {
        CHECK_INT(bytes[i], 0);
    }
    pid = fork();
    if (pid == 0) {
        memset(bytes, 'x', BYTES);
        _exit(0);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHECK_INT(status, 0);
    for (i = 0; i < BYTES; i++) {
        CHECK_INT(bytes[i], 'x');
    }
}

static void too_much_says_how_much(wfp_test_t *t)
{
    void *memory = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK(
        wfp_shared_memory(&memory, (apr_size_t)1 << 60, "a test", &res, t->pool)
        != APR_SUCCESS);
    CHECK_INT(res.code, WFP_INTERNAL);
    CHECK(strstr(res.message,
                 "no shared memory of 1152921504606846976 bytes for a test"));
    CHECK(memory == NULL);
}

static void keys_differ(wfp_test_t *t)
{
    apr_uint64_t one[2] = { 0 }, other[2] = { 0 };

    CHECK_INT(wfp_shared_key(one, "a test", NULL), APR_SUCCESS);
    CHECK_INT(wfp_shared_key(other, "a test", NULL), APR_SUCCESS);
    CHECK(memcmp(one, other, sizeof(one)) != 0);
    CHECK(one[0] != 0 && one[1] != 0);
}

static const wfp_test_case_t cases[] = {
    { "a child writes into it", a_child_writes_into_it },
    { "too much says how much", too_much_says_how_much },
    { "keys differ", keys_differ },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
