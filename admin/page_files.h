/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PAGE_FILES_H
#define WFP_PAGE_FILES_H

#include <apr_hash.h>

#include "core/result.h"

/**
 * @file
 * The files of the admin page, read once into memory: what a browser may have
 * is what is in this table, so no path of a request ever meets the disk.
 */

typedef struct wfp_page_file_t {
    const char *type; /* MIME */
    const char *etag; /* with quotes */
    const char *data;
    apr_size_t size;
    const char *packed_etag; /* the same as gzip */
    const char *packed;
    apr_size_t packed_size;
} wfp_page_file_t;

/**
 * Read all files in a folder and the folders in it whose name ends as one of a
 * page's does. Start scope; blocks on the disk.
 *
 * @param pfiles  path below dir ("lib/api.js") -> wfp_page_file_t, in p
 * @return WFP_INVALID: dir or a file cannot be read, or they are more than a
 *         page has; *pfiles is then what was read so far
 */
apr_status_t wfp_page_files_read(apr_hash_t **pfiles, const char *dir,
                                 wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
