/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BODY_FILE_H
#define WFP_BODY_FILE_H

#include <apr_file_io.h>

#include "core/body.h"

/** @file A body over a part of a file: read piece by piece, or handed on whole
 *  to whoever can send files. */

/** A fresh body over length bytes from offset of file, which lives in p and is
 *  the body's from now on. */
wfp_body_t *wfp_body_file(apr_file_t *file, apr_off_t offset, apr_off_t length,
                          apr_pool_t *p);

/** Open the file. @param pfile in p */
typedef apr_status_t wfp_body_file_open_fn(apr_file_t **pfile, void *baton,
                                           apr_pool_t *p);

/** The same of a file that is opened for each read, and closed: whoever holds
 *  many of them holds no descriptors. @param baton lives as long as p */
wfp_body_t *wfp_body_file_later(wfp_body_file_open_fn *open, void *baton,
                                apr_off_t length, apr_pool_t *p);

/** The file of an unread body that is one, and where it begins there; NULL: it
 *  is another one, or cannot be opened, which a read tells. */
apr_file_t *wfp_body_file_peek(wfp_body_t *body, apr_off_t *poffset);

#endif
