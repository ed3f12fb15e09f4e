/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_FILE_H
#define WFP_KV_FILE_H

#include "core/kv.h"
#include "core/result.h"
#include "services/kv_handles.h"

/** @file One KV namespace as one SQLite file: its table and its statements. */

/** How the files are opened. */
extern const wfp_sqlite_open_t wfp_kv_file_how;

/**
 * Do a call on an open file; what it fills in is in call->pool.
 *
 * @return APR_SUCCESS; APR_ENOSPC with WFP_BODY_TOO_LARGE: more than call->max;
 *         else as services/sqlite.h says: nothing was written once file is
 *         closed, which it must be
 */
apr_status_t wfp_kv_file_run(wfp_kv_handle_t *file, wfp_kv_call_t *call,
                             wfp_result_t *res) WFP_CHECK;

/** Remove at most max values that have expired. @param pcount how many it was */
apr_status_t wfp_kv_file_sweep(int *pcount, wfp_kv_handle_t *file, int max,
                               wfp_result_t *res) WFP_CHECK;

#endif
