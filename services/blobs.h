/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BLOBS_H
#define WFP_BLOBS_H

#include <apr_file_io.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"

/**
 * @file
 * Bytes as files below WfpDataDir: KIND/GROUP/NAME. A file is written under a
 * temporary name, synced, and renamed, so that under its own name it is whole
 * or not there, whatever dies; it never changes afterwards. Groups and names
 * are of hex digits and "-" (ids, digests): nothing that a tenant says becomes
 * part of a path. Any thread.
 */

typedef struct wfp_blobs_t wfp_blobs_t;
typedef struct wfp_blob_t wfp_blob_t;

/** @param kind "assets": the folder below data_dir, which is made */
apr_status_t wfp_blobs_create(wfp_blobs_t **pblobs, const char *data_dir,
                              const char *kind, apr_pool_t *p) WFP_CHECK;

/**
 * Begin to write a file. It is gone with p unless it was committed.
 *
 * @return APR_EINVAL: no group
 */
apr_status_t wfp_blobs_begin(wfp_blob_t **pblob, wfp_blobs_t *blobs,
                             const char *group, apr_pool_t *p) WFP_CHECK;

apr_status_t wfp_blobs_write(wfp_blob_t *blob, const void *data,
                             apr_size_t n) WFP_CHECK;

/** It is on disk under that name when this returns; one that was there is
 *  replaced. Whatever is returned, blob is not used again. */
apr_status_t wfp_blobs_commit(wfp_blob_t *blob, const char *name) WFP_CHECK;

/** All three of bytes in memory. */
apr_status_t wfp_blobs_put(wfp_blobs_t *blobs, const char *group,
                           const char *name, const void *data, apr_size_t n,
                           apr_pool_t *p) WFP_CHECK;

/**
 * Open a file to be read.
 *
 * @param pfile   in p
 * @param flags   0 or APR_FOPEN_SENDFILE_ENABLED
 * @return APR_ENOENT (APR_STATUS_IS_ENOENT): there is none
 */
apr_status_t wfp_blobs_open(apr_file_t **pfile, wfp_blobs_t *blobs,
                            const char *group, const char *name,
                            apr_int32_t flags, apr_pool_t *p) WFP_CHECK;

/** Remove it; what cannot be removed now is left to a sweep. */
void wfp_blobs_remove(wfp_blobs_t *blobs, const char *group, const char *name,
                      apr_pool_t *p);

/** Say that it is wanted: it is as if it were written now. As open returns. */
apr_status_t wfp_blobs_touch(wfp_blobs_t *blobs, const char *group,
                             const char *name, apr_pool_t *p) WFP_CHECK;

/** The next group after that one in no particular but a lasting order, "" for
 *  the first. *pgroup NULL: there are no more. It is one walk over the groups */
apr_status_t wfp_blobs_next(const char **pgroup, wfp_blobs_t *blobs,
                            const char *after, apr_pool_t *p) WFP_CHECK;

/** Is that file still wanted? */
typedef int wfp_blobs_keep_fn(void *baton, const char *name);

/**
 * Remove files of a group that nobody wants and that were written or touched
 * before `before`, temporary ones of writers that died among them; then the
 * group, when it is empty.
 *
 * @param pgone  how many went; may be NULL
 */
apr_status_t wfp_blobs_sweep(int *pgone, wfp_blobs_t *blobs, const char *group,
                             apr_time_t before, wfp_blobs_keep_fn *keep,
                             void *baton, apr_pool_t *p) WFP_CHECK;

#endif
