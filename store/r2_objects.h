/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_OBJECTS_H
#define WFP_R2_OBJECTS_H

#include <apr_tables.h>

#include "core/r2.h"
#include "store/store.h"

/**
 * @file
 * Rows of R2 objects, for services/r2.c, which has their files. A call's results
 * are filled in, in call->pool; what is wrong with it: wfp_r2_fail(), else as
 * store.h says.
 */

/** A file and which of its bytes are wanted. */
typedef struct wfp_r2_piece_t {
    const char *file;
    apr_int64_t size; /* of the file */
} wfp_r2_piece_t;

/** Where a GET finds its bytes. */
typedef struct wfp_r2_place_t {
    const apr_array_header_t *pieces; /* wfp_r2_piece_t */
    apr_int64_t skip;                 /* bytes of the first */
} wfp_r2_place_t;

/** A file that is on the disk. */
typedef struct wfp_r2_stored_t {
    const char *file; /* 32 hex digits */
    apr_int64_t size;
    const char *etag; /* its MD5 */
    wfp_r2_sums_t sums;
} wfp_r2_stored_t;

/** HEAD and GET: call's object, unmet, offset, length. @param place of a GET
 *  that is met */
apr_status_t wfp_r2_objects_find(wfp_r2_place_t *place, wfp_store_t *store,
                                 const char *bucket, wfp_r2_call_t *call,
                                 wfp_result_t *res) WFP_CHECK;

/** Would a PUT be met, or is there the upload of a PUT_PART? To be asked before
 *  its bytes are read: sets unmet. */
apr_status_t wfp_r2_objects_may_put(wfp_store_t *store, const char *bucket,
                                    wfp_r2_call_t *call,
                                    wfp_result_t *res) WFP_CHECK;

/** PUT: the object is stored's bytes from now on, unless unmet. */
apr_status_t wfp_r2_objects_put(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call,
                                const wfp_r2_stored_t *stored,
                                wfp_result_t *res) WFP_CHECK;

/** DELETE: all of them. */
apr_status_t wfp_r2_objects_delete(wfp_store_t *store, const char *bucket,
                                   wfp_r2_call_t *call,
                                   wfp_result_t *res) WFP_CHECK;

/* ---- store/r2_list.c ---- */

/** LIST and LIST_UPLOADS. */
apr_status_t wfp_r2_list_run(wfp_store_t *store, const char *bucket,
                             wfp_r2_call_t *call, wfp_result_t *res) WFP_CHECK;

/* ---- store/r2_uploads.c ---- */

/** CREATE_UPLOAD, ABORT, COMPLETE, LIST_PARTS. */
apr_status_t wfp_r2_uploads_run(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call,
                                wfp_result_t *res) WFP_CHECK;

/** PUT_PART: the part is stored's bytes from now on. */
apr_status_t wfp_r2_uploads_put(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call,
                                const wfp_r2_stored_t *stored,
                                wfp_result_t *res) WFP_CHECK;

/** The key of an upload as the column of uploads has it, with its id. */
const char *wfp_r2_uploads_name(const char *key, const char *id, apr_pool_t *p);

/* ---- store/r2_files.c: for who removes files ---- */

/** Files that are due to go. @param plist array of const char *, max at most */
apr_status_t wfp_r2_files_due(apr_array_header_t **plist, wfp_store_t *store,
                              int max, wfp_result_t *res,
                              apr_pool_t *p) WFP_CHECK;

/** They are gone. */
apr_status_t wfp_r2_files_forget(wfp_store_t *store,
                                 const apr_array_header_t *files,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Is a file of any object, upload, or one of those that will be due? */
apr_status_t wfp_r2_files_known(int *pknown, wfp_store_t *store,
                                const char *file, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** Abort one upload that is older than that. @param pfound 0: there is none */
apr_status_t wfp_r2_files_expire(int *pfound, wfp_store_t *store,
                                 apr_time_t before, wfp_result_t *res,
                                 apr_pool_t *p) WFP_CHECK;

#endif
