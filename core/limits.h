/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LIMITS_H
#define WFP_LIMITS_H

#include <apr.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The limits of an invocation: their table, the check of one value and the
 * merge of several sources. Names, defaults, floors and ceilings come from
 * docs/operations/limits.md.
 */

typedef enum {
    WFP_LIMIT_CPU_MS = 0,
    WFP_LIMIT_INSTRUCTIONS,
    WFP_LIMIT_WALL_MS,
    WFP_LIMIT_MEMORY_MB,
    WFP_LIMIT_SUBREQUESTS,
    WFP_LIMIT_CONNECTIONS,
    WFP_LIMIT_STARTUP_MS,
    WFP_LIMIT_LOG_KB,
    WFP_LIMIT_RESPONSE_MB,
    WFP_LIMIT_DEPTH,
    WFP_LIMIT_COUNT
} wfp_limit_e;

/** "No value was given here." */
#define WFP_LIMIT_UNSET (-1)

/** One value a limit, WFP_LIMIT_UNSET where nothing was given. */
typedef struct wfp_limits_t {
    apr_int64_t v[WFP_LIMIT_COUNT];
} wfp_limits_t;

/** What is fixed for a limit. */
typedef struct wfp_limit_row_t {
    const char *name;     /* "cpu_ms" */
    const char *camel;    /* "cpuMs": in a dispatcher's call, or NULL */
    apr_int64_t standard; /* default as shipped */
    apr_int64_t floor;
    apr_int64_t ceiling; /* as shipped; 0 = none */
} wfp_limit_row_t;

/** The server's say: WfpLimit NAME DEFAULT [CEILING]. */
typedef struct wfp_limit_policy_t {
    wfp_limits_t standard; /* defaults; UNSET: as shipped */
    wfp_limits_t ceiling;  /* UNSET: as shipped, 0: none */
} wfp_limit_policy_t;

/** The row of a limit. */
const wfp_limit_row_t *wfp_limit_row(wfp_limit_e limit);

/** Find by name ("cpu_ms"); WFP_LIMIT_COUNT when unknown. */
wfp_limit_e wfp_limit_by_name(const char *name);

/** Find by a dispatcher's name ("cpuMs"); WFP_LIMIT_COUNT when unknown. */
wfp_limit_e wfp_limit_by_camel(const char *name);

/** Add to what went wrong which limit it was. @param res  may be NULL
 *  @param used  in the limit's unit; at least allowed is told */
void wfp_limit_tell(wfp_result_t *res, wfp_limit_e limit, apr_int64_t allowed,
                    apr_int64_t used);

/** Everything unset. */
void wfp_limits_clear(wfp_limits_t *limits);

/** Everything unset. */
void wfp_limit_policy_clear(wfp_limit_policy_t *policy);

/** base with what add sets laid over it. */
void wfp_limit_policy_merge(wfp_limit_policy_t *out,
                            const wfp_limit_policy_t *base,
                            const wfp_limit_policy_t *add);

/**
 * May this value be given to this limit?
 *
 * @param policy  the server's ceilings
 * @param res     told the limit's name and range when not
 * @return APR_SUCCESS or APR_EINVAL (code WFP_INVALID)
 */
apr_status_t wfp_limit_check(const wfp_limit_policy_t *policy,
                             wfp_limit_e limit, apr_int64_t value,
                             wfp_result_t *res) WFP_CHECK;

/** Does limits give each limit that `of` gives, none of them higher? */
int wfp_limits_are_within(const wfp_limits_t *limits, const wfp_limits_t *of);

/**
 * The limits in force: for each the least of those given by the sources; the
 * policy's default where none is given; never above the policy's ceiling.
 * Where 0 means "none" (instructions' and response_mb's ceiling,
 * response_mb's value) 0 counts as the largest value.
 *
 * @param out      complete: nothing in it is UNSET
 * @param sources  count pointers, NULL ones are passed over
 */
void wfp_limits_merge(wfp_limits_t *out, const wfp_limit_policy_t *policy,
                      const wfp_limits_t *const *sources, int count);

#endif
