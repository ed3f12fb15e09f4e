/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rate.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

int wfp_rate_is_rule(apr_int64_t limit, apr_int64_t period_s)
{
    return limit >= 1 && limit <= WFP_RATE_LIMIT_MAX
           && (period_s == 10 || period_s == 60);
}

int wfp_rate_is_id(const char *id)
{
    apr_size_t i, n = strlen(id);

    for (i = 0; i < n; i++) {
        if (id[i] <= ' ' || id[i] > '~') {
            return 0;
        }
    }
    return n >= 1 && n <= WFP_RATE_ID_MAX;
}

int wfp_rate_read(wfp_rate_rule_t *rule, const char *text)
{
    apr_int64_t limit, period;
    char *end;

    if (!text || text[0] < '1' || text[0] > '9' || strlen(text) > 13) {
        return 0;
    }
    limit = apr_strtoi64(text, &end, 10);
    if (*end != '/' || end[1] < '1' || end[1] > '9') {
        return 0;
    }
    period = apr_strtoi64(end + 1, &end, 10);
    if (*end || !wfp_rate_is_rule(limit, period)) {
        return 0;
    }
    rule->limit = (apr_uint32_t)limit;
    rule->period_s = (apr_uint32_t)period;
    return 1;
}

const char *wfp_rate_write(const wfp_rate_rule_t *rule, apr_pool_t *p)
{
    return apr_psprintf(p, "%u/%u", rule->limit, rule->period_s);
}
