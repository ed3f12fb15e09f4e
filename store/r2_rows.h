/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_ROWS_H
#define WFP_R2_ROWS_H

#include "core/r2.h"
#include "store/dbd.h"

/**
 * @file
 * Rows of objects, as the files store/r2_*.c share them: inside a transaction,
 * all results in db->pool. Inside store/ only.
 */

/** Columns of an object: what wfp_r2_rows_object() reads. */
#define WFP_R2_ROWS_COLUMNS                                                    \
    "o.name, o.owner, o.size, o.uploaded, o.etag, o.sums, o.meta"
#define WFP_R2_ROWS_COUNT 7

/** A call while its transaction runs. */
typedef struct wfp_r2_ask_t {
    const char *bucket;        /* its name */
    wfp_r2_call_t *call;       /* what it gives is filled in at its end */
    const char *bucket_id;     /* from wfp_r2_rows_need() or _lock() */
    const char *storage_class; /* the bucket's */
    apr_int64_t used;          /* its bytes, with the parts of its uploads */
} wfp_r2_ask_t;

/** The call fails: wfp_r2_fail(). */
apr_status_t wfp_r2_rows_fail(wfp_dbd_t *db, const wfp_r2_ask_t *ask,
                              wfp_r2_fault_e fault);

/** Find the bucket. WFP_R2_NO_BUCKET. */
apr_status_t wfp_r2_rows_need(wfp_dbd_t *db, wfp_r2_ask_t *ask) WFP_CHECK;

/** The same for a mutation, the first thing that it does: those of one bucket
 *  go one by one. */
apr_status_t wfp_r2_rows_lock(wfp_dbd_t *db, wfp_r2_ask_t *ask) WFP_CHECK;

/** A key as the column has it. */
const char *wfp_r2_rows_name(const char *key, apr_pool_t *p);

/** And back: n hex digits. NULL: it is none. */
const char *wfp_r2_rows_key(const char *name, apr_size_t n, apr_pool_t *p);

/** Metadata as the column has it. @param storage_class where meta has none */
const char *wfp_r2_rows_meta(const wfp_r2_meta_t *meta,
                             const char *storage_class, apr_pool_t *p);

/** And back. @param all  0: the storage class only */
apr_status_t wfp_r2_rows_read_meta(wfp_r2_meta_t *meta, const char *text,
                                   int all, apr_pool_t *p) WFP_CHECK;

/** Read a row of WFP_R2_ROWS_COLUMNS. @param all  1: its metadata, too */
apr_status_t wfp_r2_rows_object(wfp_r2_object_t *object, const char **row,
                                int all, apr_pool_t *p) WFP_CHECK;

/** The object of a key; NULL: there is none. */
apr_status_t wfp_r2_rows_find(wfp_r2_object_t **pobject, wfp_dbd_t *db,
                              const wfp_r2_ask_t *ask,
                              const char *key) WFP_CHECK;

/** Insert an object in place of old (NULL: there is none), whose pieces go. Its
 *  own are there. @param parts  bytes of the upload that it was, or 0 */
apr_status_t wfp_r2_rows_replace(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                                 const wfp_r2_object_t *object,
                                 const wfp_r2_object_t *old,
                                 apr_int64_t parts) WFP_CHECK;

/** The bucket, which is held, has so many objects, bytes of them, and bytes of
 *  parts more. WFP_R2_FULL: these do not fit. */
apr_status_t wfp_r2_rows_count(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                               apr_int64_t objects, apr_int64_t bytes,
                               apr_int64_t parts) WFP_CHECK;

/** An upload is one no more; its parts are counted behind it.
 *  @param pcount  NULL, or set to 1, and to 0 where it is not there */
apr_status_t wfp_r2_rows_end_upload(int *pcount, wfp_dbd_t *db,
                                    const char *id) WFP_CHECK;

/** An upload goes, if it is there, with its parts. The bucket is held. */
apr_status_t wfp_r2_rows_drop_upload(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                                     const char *id) WFP_CHECK;

/** All pieces of an object become files that nothing has. */
apr_status_t wfp_r2_rows_kill(wfp_dbd_t *db, const char *owner) WFP_CHECK;

/** Parts of an upload, from number first to last, do so at once: nobody reads
 *  them. Who calls it counts their bytes. */
apr_status_t wfp_r2_rows_kill_parts(wfp_dbd_t *db, const char *upload,
                                    apr_int64_t first,
                                    apr_int64_t last) WFP_CHECK;

/** A piece of an owner. */
typedef struct wfp_r2_row_t {
    const char *file;
    apr_int64_t number;
    apr_int64_t size;
    const char *etag;
    apr_time_t uploaded;
} wfp_r2_row_t;

apr_status_t wfp_r2_rows_add_piece(wfp_dbd_t *db, const char *owner,
                                   const wfp_r2_row_t *row) WFP_CHECK;

/** Some or all of them, by number. @param plist array of wfp_r2_row_t */
apr_status_t wfp_r2_rows_pieces(apr_array_header_t **plist, wfp_dbd_t *db,
                                const char *owner, apr_int64_t first,
                                apr_int64_t last) WFP_CHECK;

/** Now, in whole milliseconds. */
apr_time_t wfp_r2_rows_now(void);

#endif
