/* SPDX-License-Identifier: Apache-2.0 */
/* Targets of WfpEgressAllow (+) and WfpEgressDeny (-), one a line; the last
 * line is a host that is asked for. An address that is never public stays shut
 * unless a target was taken. */
#include "outbound/policy.h"
#include "tests/fuzz/fuzz.h"

#include <apr_general.h>

const char *const fuzz_name = "policy";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const unsigned char loopback[4] = { 127, 0, 0, 1 };
    static apr_pool_t *root;
    apr_pool_t *p;
    char *text = fuzz_text(data, n), *line = text, *next;
    wfp_policy_t *policy;
    wfp_result_t res;
    const char *why;
    int taken = 0;

    if (!root) {
        apr_initialize();
        apr_pool_create(&root, NULL);
    }
    apr_pool_create(&p, root);
    policy = wfp_policy_make(p);
    while ((next = strchr(line, '\n')) != NULL) {
        *next = '\0';
        wfp_result_init(&res, p);
        if (*line
            && wfp_policy_add(policy, *line == '+', line + 1, &res)
                   == APR_SUCCESS) {
            taken++;
        }
        line = next + 1;
    }
    (void)wfp_policy_name_ok(policy, line, 80, &why);
    (void)wfp_policy_name_ok(policy, line, 8443, &why);
    if (!taken) {
        FUZZ_CHECK(
            !wfp_policy_address_ok(policy, line, APR_INET, loopback, 80, &why));
        FUZZ_CHECK(!wfp_policy_names(policy, line, APR_INET, loopback, 80, 0));
    }
    apr_pool_destroy(p);
    free(text);
    return 0;
}
