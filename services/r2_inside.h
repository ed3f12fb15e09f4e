/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_R2_INSIDE_H
#define WFP_R2_INSIDE_H

#include <apr_file_info.h>
#include <apr_file_io.h>

#include "services/r2.h"
#include "store/r2_objects.h"

/**
 * @file
 * The inside of the R2 service, for services/r2*.c. A file of WfpDataDir/r2 is
 * named DD/ID: ID 32 hex digits of chance, DD the first two of them. While it is
 * written it is ID.tmp beside. Who writes one holds an flock() on it until its
 * row is committed: so a file that nobody holds and the store does not know is
 * one that nobody will ever ask for.
 */

#define WFP_R2_ID_SIZE 32
#define WFP_R2_TMP     ".tmp"
#define WFP_R2_DIRS    256

struct wfp_r2_t {
    wfp_store_t *store;
    const char *dir;
    apr_interval_time_t grace; /* a row may be committed so late */
    struct {                   /* of the one thread that sweeps */
        apr_pool_t *pool;
        apr_dir_t *dir; /* of the walk through all files; NULL: between two */
        int number;     /* of dir */
        apr_time_t next_walk, next_due;
    } sweep;
};

/** Path of a file. @param suffix "" or WFP_R2_TMP */
const char *wfp_r2_files_path(const wfp_r2_t *r2, const char *id,
                              const char *suffix, apr_pool_t *p);

/** Path of the directory of a file. */
const char *wfp_r2_files_dir(const wfp_r2_t *r2, const char *id, apr_pool_t *p);

/** Put what names a directory has on the disk. */
apr_status_t wfp_r2_files_sync_dir(const char *path) WFP_CHECK;

/** Take the lock of an open file. @return APR_EAGAIN: somebody has it */
apr_status_t wfp_r2_files_hold(apr_file_t *file) WFP_CHECK;

/** Does an open file still have a name? */
int wfp_r2_files_is_linked(apr_file_t *file);

/** A file that is being made. */
typedef struct wfp_r2_new_t {
    wfp_r2_stored_t stored; /* filled in when it is on the disk */
    apr_file_t *file;
    const char *path; /* as it is called now */
    apr_pool_t *pool;
} wfp_r2_new_t;

/**
 * Write call's bytes to a new file: when this returns it is on the disk, under
 * its name, and held. On failure nothing is left of it.
 *
 * @param plog  see wfp_r2_run()
 */
apr_status_t wfp_r2_write(wfp_r2_new_t *made, wfp_r2_t *r2, wfp_r2_call_t *call,
                          const char **plog, wfp_result_t *res) WFP_CHECK;

/** The row is committed (keep 1), or certainly not (keep 0: the file goes). When
 *  nobody knows, keep is 1, too: who sweeps looks. */
void wfp_r2_write_done(wfp_r2_new_t *made, int keep);

/** A body of call->length bytes from there. */
wfp_body_t *wfp_r2_read_body(wfp_r2_t *r2, const wfp_r2_place_t *place,
                             const wfp_r2_call_t *call);

#endif
