/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EGRESS_H
#define WFP_EGRESS_H

#include <apu.h>
#include <apr_hooks.h>
#include <apr_optional_hooks.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/message.h"
#include "core/result.h"

/**
 * @file
 * One step of the outbound pipeline, as a hook that any httpd module may add:
 *
 *     APR_OPTIONAL_HOOK(wfp, egress, my_filter, NULL, NULL, APR_HOOK_MIDDLE);
 *
 * Order: count (REALLY_FIRST), outbound Worker (MIDDLE), policy (LAST),
 * client (REALLY_LAST). Every hop of a redirect passes the whole chain anew.
 */

#define WFP_EGRESS_OK       0
#define WFP_EGRESS_DECLINED (-1)

/** One subrequest on its way out. */
typedef struct wfp_egress_t {
    wfp_request_t *request;   /* a filter may replace it by another */
    wfp_response_t *response; /* set by the filter that answers */
    wfp_result_t *result;     /* set by the filter that refuses or fails */
    const char *ns;           /* of the Worker that asked; "" account script */
    const char *worker;
    int hop;             /* 0: first, 1: after one redirect, ... */
    apr_time_t deadline; /* wall clock end of the invocation that asked */
    void *invocation;    /* that invocation: mod_wfp's wfp_invoke_t */
    void *server_conf;   /* mod_wfp's configuration of the server */
    apr_pool_t *pool;    /* the top request's */
} wfp_egress_t;

/**
 * A filter (the type that APR_OPTIONAL_HOOK expects).
 *
 * @return WFP_EGRESS_DECLINED: pass it on; WFP_EGRESS_OK: answered, response
 *         is set; an APR status: refused or failed, result says why
 * @note runs on the request's thread, may block until the deadline
 */
typedef int wfp_HOOK_egress_t(wfp_egress_t *egress);

#endif
