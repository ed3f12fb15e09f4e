/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SHOW_H
#define WFP_SHOW_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/json.h"
#include "core/script.h"
#include "store/ledger_rows.h"
#include "store/hostnames.h"
#include "store/service_usage.h"
#include "store/tokens.h"

/** @file How what the store holds is shown, by the API and wfpctl alike. */

/** "2026-11-29T08:00:00Z" in p. */
const char *wfp_show_time(apr_time_t t, apr_pool_t *p);

/** The time of "2026-12-31T23:59:59Z" or "2026-12-31". @return 0: neither */
int wfp_show_read_time(apr_time_t *pt, const char *text);

/** The same, maybe with a fraction of the second, or "+00:00" for "Z". */
int wfp_show_read_moment(apr_time_t *pt, const char *text, apr_pool_t *p);

/** An address that stands for who did it: clients of the API expect one. */
const char *wfp_show_email(const char *author, apr_pool_t *p);

/** {"workers/message", "workers/tag"} of what is not "". */
wfp_json_t *wfp_show_annotations(const char *message, const char *tag,
                                 apr_pool_t *p);

/** A dispatch namespace with its settings. */
wfp_json_t *wfp_show_namespace(const wfp_namespace_t *ns, apr_pool_t *p);

/** An entry of the table of hostnames. */
wfp_json_t *wfp_show_hostname(const wfp_hostname_t *host, apr_pool_t *p);

/** Days, newest first, each with its date and what was used.
 *  @param list  of wfp_service_usage_t */
wfp_json_t *wfp_show_usage(const apr_array_header_t *list, apr_pool_t *p);

/** A token without its secret. */
wfp_json_t *wfp_show_token(const wfp_token_t *token, apr_pool_t *p);

/** Add what Workers did to an object. */
void wfp_show_ledger(wfp_json_t *doc, const wfp_ledger_rows_t *row,
                     apr_pool_t *p);

#endif
