/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of limits, the check of one value, and the merge of what the
 * dispatcher, the script and the namespace ask for under the server's policy.
 */
#include "core/limits.h"

#include <string.h>

static const wfp_limit_row_t rows[WFP_LIMIT_COUNT] = {
    [WFP_LIMIT_CPU_MS] = { "cpu_ms", "cpuMs", 50, 1, 30000 },
    [WFP_LIMIT_INSTRUCTIONS] = { "instructions", "instructions", 10000000, 1000,
                                 0 },
    [WFP_LIMIT_WALL_MS] = { "wall_ms", "wallMs", 30000, 10, 900000 },
    [WFP_LIMIT_MEMORY_MB] = { "memory_mb", "memoryMb", 32, 1, 512 },
    [WFP_LIMIT_SUBREQUESTS] = { "subrequests", "subRequests", 50, 0, 10000 },
    [WFP_LIMIT_CONNECTIONS] = { "connections", NULL, 6, 1, 64 },
    [WFP_LIMIT_STARTUP_MS] = { "startup_ms", NULL, 200, 10, 1000 },
    [WFP_LIMIT_LOG_KB] = { "log_kb", NULL, 256, 0, 1024 },
    [WFP_LIMIT_RESPONSE_MB] = { "response_mb", NULL, 0, 0, 0 },
    [WFP_LIMIT_DEPTH] = { "depth", NULL, 16, 1, 32 },
};

const wfp_limit_row_t *wfp_limit_row(wfp_limit_e limit)
{
    return &rows[limit];
}

wfp_limit_e wfp_limit_by_name(const char *name)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (!strcmp(rows[i].name, name)) {
            return (wfp_limit_e)i;
        }
    }
    return WFP_LIMIT_COUNT;
}

wfp_limit_e wfp_limit_by_camel(const char *name)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (rows[i].camel && !strcmp(rows[i].camel, name)) {
            return (wfp_limit_e)i;
        }
    }
    return WFP_LIMIT_COUNT;
}

void wfp_limit_tell(wfp_result_t *res, wfp_limit_e limit, apr_int64_t allowed,
                    apr_int64_t used)
{
    if (res) {
        res->limit = rows[limit].name;
        res->allowed = allowed;
        res->used = used > allowed ? used : allowed;
    }
}

void wfp_limits_clear(wfp_limits_t *limits)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        limits->v[i] = WFP_LIMIT_UNSET;
    }
}

void wfp_limit_policy_clear(wfp_limit_policy_t *policy)
{
    wfp_limits_clear(&policy->standard);
    wfp_limits_clear(&policy->ceiling);
}

static apr_int64_t given_or(apr_int64_t value, apr_int64_t otherwise)
{
    return value == WFP_LIMIT_UNSET ? otherwise : value;
}

void wfp_limit_policy_merge(wfp_limit_policy_t *out,
                            const wfp_limit_policy_t *base,
                            const wfp_limit_policy_t *add)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        out->standard.v[i] = given_or(add->standard.v[i], base->standard.v[i]);
        out->ceiling.v[i] = given_or(add->ceiling.v[i], base->ceiling.v[i]);
    }
}

static apr_int64_t ceiling_of(const wfp_limit_policy_t *policy, int limit)
{
    return given_or(policy->ceiling.v[limit], rows[limit].ceiling);
}

/* instructions and response_mb: 0 means "none", which is the largest value */
static int zero_is_none(int limit)
{
    return limit == WFP_LIMIT_RESPONSE_MB;
}

static int is_above(int limit, apr_int64_t value, apr_int64_t ceiling)
{
    if (ceiling == 0) {
        return 0;
    }
    return value > ceiling || (zero_is_none(limit) && value == 0);
}

apr_status_t wfp_limit_check(const wfp_limit_policy_t *policy,
                             wfp_limit_e limit, apr_int64_t value,
                             wfp_result_t *res)
{
    apr_int64_t ceiling = ceiling_of(policy, limit);

    if (value >= rows[limit].floor && !is_above(limit, value, ceiling)) {
        return APR_SUCCESS;
    }
    if (ceiling == 0) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "limit %s: %" APR_INT64_T_FMT
                              " is not at least %" APR_INT64_T_FMT,
                              rows[limit].name, value, rows[limit].floor);
    }
    return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                          "limit %s: %" APR_INT64_T_FMT
                          " is not in %" APR_INT64_T_FMT
                          " to %" APR_INT64_T_FMT,
                          rows[limit].name, value, rows[limit].floor, ceiling);
}

static int is_less(int limit, apr_int64_t a, apr_int64_t b)
{
    if (zero_is_none(limit)) {
        return a != 0 && (b == 0 || a < b);
    }
    return a < b;
}

int wfp_limits_are_within(const wfp_limits_t *limits, const wfp_limits_t *of)
{
    int i;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        if (of->v[i] != WFP_LIMIT_UNSET
            && (limits->v[i] == WFP_LIMIT_UNSET
                || is_less(i, of->v[i], limits->v[i]))) {
            return 0;
        }
    }
    return 1;
}

void wfp_limits_merge(wfp_limits_t *out, const wfp_limit_policy_t *policy,
                      const wfp_limits_t *const *sources, int count)
{
    int i, k;

    for (i = 0; i < WFP_LIMIT_COUNT; i++) {
        apr_int64_t least = WFP_LIMIT_UNSET;
        apr_int64_t ceiling = ceiling_of(policy, i);

        for (k = 0; k < count; k++) {
            apr_int64_t v = sources[k] ? sources[k]->v[i] : WFP_LIMIT_UNSET;

            if (v != WFP_LIMIT_UNSET
                && (least == WFP_LIMIT_UNSET || is_less(i, v, least))) {
                least = v;
            }
        }
        if (least == WFP_LIMIT_UNSET) {
            least = given_or(policy->standard.v[i], rows[i].standard);
        }
        if (is_above(i, least, ceiling)) {
            least = ceiling;
        }
        out->v[i] = least;
    }
}
