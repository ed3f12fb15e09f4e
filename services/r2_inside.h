/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_INSIDE_H
#define WFP_R2_INSIDE_H

#include "services/blobs.h"
#include "services/r2.h"
#include "store/r2_objects.h"

/**
 * @file
 * The inside of the R2 service, for services/r2*.c. A file is a blob
 * (services/blobs.h) whose name are 32 hex digits of chance; its group are the
 * first three of them.
 */

#define WFP_R2_ID_SIZE 32

struct wfp_r2_t {
    wfp_store_t *store;
    apr_int64_t bytes_max; /* of a bucket; 0: no bound */
    wfp_blobs_t *blobs;
    struct { /* of the one thread that sweeps */
        apr_pool_t *pool;
        const char *group; /* of the walk through all files: the last one */
        apr_time_t next_walk, next_due;
    } sweep;
};

/** The group of a file. */
const char *wfp_r2_group(const char *id, apr_pool_t *p);

/**
 * Write call's bytes to a new file. It is on the disk when this returns; what
 * becomes of it says wfp_r2_objects_put() then.
 *
 * @param stored  filled in
 * @param plog    see wfp_r2_run()
 */
apr_status_t wfp_r2_write(wfp_r2_stored_t *stored, wfp_r2_t *r2,
                          wfp_r2_call_t *call, const char **plog,
                          wfp_result_t *res) WFP_CHECK;

/** A body of call->length bytes from there. */
wfp_body_t *wfp_r2_read_body(wfp_r2_t *r2, const wfp_r2_place_t *place,
                             const wfp_r2_call_t *call);

#endif
