/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_OBSERVE_H
#define WFP_OBSERVE_H

#include <apr_pools.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Which invocations of a Worker have a record in the store: its setting
 * `observability`, as a word that requests look at.
 *
 * Never set: those that failed or wrote to the console. Enabled: all, or of those
 * a share, chosen when the request begins. Off: none.
 */

/** Bits of the word, none of which is among mod_wfp's WFP_ENTRY_*; from the shift
 *  on they are the share. */
#define WFP_OBSERVE_OFF   0x400u
#define WFP_OBSERVE_QUIET 0x800u /* only with something to tell */

/** Where the share begins, and all of it. */
#define WFP_OBSERVE_SHIFT 12
#define WFP_OBSERVE_WHOLE 0xfffffu

/** Of a Worker that sets nothing. */
#define WFP_OBSERVE_DEFAULT                                                    \
    (WFP_OBSERVE_QUIET | (WFP_OBSERVE_WHOLE << WFP_OBSERVE_SHIFT))

/** The same as JSON: what a setting that was never set reads as, so that whoever
 *  writes back what was read changes nothing. */
#define WFP_OBSERVE_UNSET                                                      \
    "{\"enabled\":true,\"head_sampling_rate\":1,"                              \
    "\"logs\":{\"enabled\":true,\"head_sampling_rate\":1,"                     \
    "\"invocation_logs\":false}}"

/**
 * Read it.
 *
 * @param v  of the metadata; NULL or null: never set
 * @return APR_EINVAL: which member is not right
 */
apr_status_t wfp_observe_read(apr_uint32_t *pword, const wfp_json_t *v,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The word of a version's settings, as they are kept. */
apr_uint32_t wfp_observe_settings(const char *settings, apr_pool_t *p);

/** Is a request among the share? All its invocations are, or those of Workers
 *  with a greater share. @param id of the request, 32 hex digits */
int wfp_observe_chooses(apr_uint32_t word, const char *id);

#endif
