/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_D1_H
#define WFP_API_D1_H

#include "admin/api_call.h"
#include "store/d1_databases.h"

/** @file D1 databases: list, create, get, update, delete. */

wfp_api_fn wfp_api_d1_list;
wfp_api_fn wfp_api_d1_create;
wfp_api_fn wfp_api_d1_get;
wfp_api_fn wfp_api_d1_update;
wfp_api_fn wfp_api_d1_delete;

/** The database that the path names, by id or name. On failure the error is in
 *  the answer. */
apr_status_t wfp_api_d1_find(wfp_d1_database_t **pd1,
                             wfp_api_call_t *call) WFP_CHECK;

/** Run what a client asks for, within the API's bounds. */
apr_status_t wfp_api_d1_run(wfp_sql_answer_t *answer, wfp_api_call_t *call,
                            const wfp_sql_call_t *sql) WFP_CHECK;

/** A row of the audit about what is about to be done in a database. On failure
 *  the error is in the answer. @param action "query", ... */
apr_status_t wfp_api_d1_note(wfp_api_call_t *call, const char *id,
                             const char *action,
                             const wfp_json_t *details) WFP_CHECK;

/** Say what call->res says of a database. @return rv */
apr_status_t wfp_api_d1_failed(wfp_api_call_t *call, apr_status_t rv);

#endif
