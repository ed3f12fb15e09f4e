/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOG_RECORDS_H
#define WFP_LOG_RECORDS_H

#include "store/store.h"

/**
 * @file
 * Records of invocations that are kept, by Worker and time. They belong to the
 * Worker, not to its name: who gets a name later sees nothing of before.
 */

/** One that is to be kept. */
typedef struct wfp_log_record_t {
    const char *version_id; /* of the Worker that ran */
    apr_time_t time;
    const char *id;    /* of its own, with time: a second insert is none */
    apr_int64_t kinds; /* core/log_kind.h */
    const char *text;  /* JSON */
} wfp_log_record_t;

/** All of them, or none. One whose version is gone by now is left out.
 *  @param plist of wfp_log_record_t */
apr_status_t wfp_log_records_insert(wfp_store_t *store,
                                    const apr_array_header_t *list,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Where a record is, and what. */
typedef struct wfp_log_place_t {
    apr_time_t time;
    const char *id;
    apr_int64_t kinds;
} wfp_log_place_t;

/** Places that one look gives. */
#define WFP_LOG_RECORDS_PAGE 500

/**
 * Places of a Worker's records, newest first.
 *
 * @param plist   wfp_log_place_t; fewer than WFP_LOG_RECORDS_PAGE: no more
 * @param since   not those before
 * @param before  only those behind this place; NULL: from the newest on
 */
apr_status_t wfp_log_records_places(apr_array_header_t **plist,
                                    wfp_store_t *store, const char *script_id,
                                    apr_time_t since,
                                    const wfp_log_place_t *before,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The record of a place; *ptext NULL: it is gone. */
apr_status_t wfp_log_records_text(const char **ptext, wfp_store_t *store,
                                  const char *script_id,
                                  const wfp_log_place_t *place,
                                  wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * A step of taking out what is too old, what belongs to no Worker any more, and
 * of what is too much the oldest of the Worker that has most: 500 records at
 * most, in a transaction of their own.
 *
 * @param pdone   how many went; 0: there is nothing more to do
 * @param before  older ones go
 * @param bytes   of all records together
 */
apr_status_t wfp_log_records_prune(int *pdone, wfp_store_t *store,
                                   apr_time_t before, apr_int64_t bytes,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** How many bytes of records there are, and the time of the oldest; 0: there is
 *  none. */
apr_status_t wfp_log_records_kept(apr_int64_t *pbytes, apr_time_t *poldest,
                                  wfp_store_t *store, wfp_result_t *res,
                                  apr_pool_t *p) WFP_CHECK;

#endif
