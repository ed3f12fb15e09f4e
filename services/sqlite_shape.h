/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_SHAPE_H
#define WFP_SQLITE_SHAPE_H

#include <apr_pools.h>

/** @file What SQL does, told without its values. */

/**
 * A text with "?" for each number and each thing in quotes (names too, since
 * SQLite takes some of them for texts), and without comments.
 *
 * @param max  most bytes; what is cut off ends in " ..."
 */
const char *wfp_sqlite_shape_write(const char *sql, apr_size_t n,
                                   apr_size_t max, apr_pool_t *p);

/** Can it be seen at the first word of each of its statements that it changes
 *  nothing? */
int wfp_sqlite_shape_is_read(const char *sql, apr_size_t n);

#endif
