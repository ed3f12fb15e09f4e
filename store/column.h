/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_COLUMN_H
#define WFP_COLUMN_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"

/** @file How values become columns of text that both drivers keep as is. */

/** Most bytes of one value that may be anything. */
#define WFP_COLUMN_BYTES_MAX (256 * 1024 * 1024)

/** n bytes (at most WFP_COLUMN_BYTES_MAX) as base64, in p. */
const char *wfp_column_base64(const char *data, apr_size_t n, apr_pool_t *p);

/** Back, in p, with a NUL behind that *pn does not count. */
void wfp_column_unbase64(const char **pdata, apr_size_t *pn, const char *text,
                         apr_pool_t *p);

/** Text that PostgreSQL takes: bytes that are no UTF-8 become "?". NULL is
 *  taken as "". */
const char *wfp_column_text(const char *text, apr_pool_t *p);

/** Limits as JSON: {"cpu_ms":20}; what is not set is left out. */
const char *wfp_column_limits(const wfp_limits_t *limits, apr_pool_t *p);

/** Back. */
apr_status_t wfp_column_read_limits(wfp_limits_t *limits, const char *text,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** {"service":..., "params":[[name, value or null], ...]}; {} when none */
const char *wfp_column_outbound(const wfp_outbound_t *outbound, apr_pool_t *p);

/** Back. */
apr_status_t wfp_column_read_outbound(wfp_outbound_t *outbound,
                                      const char *text, wfp_result_t *res,
                                      apr_pool_t *p) WFP_CHECK;

/** Array of const char * as JSON. */
const char *wfp_column_names(const apr_array_header_t *names, apr_pool_t *p);

/** Back. */
apr_status_t wfp_column_read_names(apr_array_header_t **pnames,
                                   const char *text, wfp_result_t *res,
                                   apr_pool_t *p) WFP_CHECK;

/** The text of a LIKE with ESCAPE '!' that finds names which contain this, in
 *  small letters as far as they are ASCII; of NULL or "" one that finds all. */
const char *wfp_column_like(const char *text, apr_pool_t *p);

#endif
