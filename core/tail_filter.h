/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_FILTER_H
#define WFP_TAIL_FILTER_H

#include <apr_pools.h>

#include "core/json.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Which records a tail is sent: Cloudflare's filters of a live tail. A record
 * has to meet all of them. One thread.
 */

typedef struct wfp_tail_filter_t wfp_tail_filter_t;

/**
 * Read filters: `[{"sampling_rate":0.5},{"outcome":["ok"]},{"method":["GET"]},
 * {"header":{"key":"x","query":"y"}},{"client_ip":["self","192.0.2.1"]},
 * {"query":"text"},{"scriptVersion":"ID"}]`.
 *
 * @param arr  NULL or null: none, which all records meet
 * @param self what "self" is
 * @return APR_EINVAL: which of them is not right
 */
apr_status_t wfp_tail_filter_read(wfp_tail_filter_t **pfilter,
                                  const wfp_json_t *arr, const char *self,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The same as an array that can be read again; "self" is an address there.
 *  In p. */
const char *wfp_tail_filter_text(const wfp_tail_filter_t *filter,
                                 apr_pool_t *p);

/** Does a record meet them? @param p for what reading it needs */
int wfp_tail_filter_meets(wfp_tail_filter_t *filter, const char *record,
                          apr_size_t n, apr_pool_t *p);

#endif
