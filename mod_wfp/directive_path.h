/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_PATH_H
#define WFP_DIRECTIVE_PATH_H

#include <apr_pools.h>

/**
 * @file
 * What is wrong with a path that a directive gives: NULL, or the reason. What
 * is not there and `wfpctl init` makes is right.
 */

/** Is it httpd -t that asks? A start finds out by itself, and wfpctl, which
 *  asks by httpd -t, too, goes on with what there is. */
int wfp_directive_path_matters(void);

/** A folder, or nothing yet. */
const char *wfp_directive_path_folder(const char *path, apr_pool_t *p);

/** A file, or nothing yet. */
const char *wfp_directive_path_file(const char *path, apr_pool_t *p);

/** A file of master keys, or nothing yet. */
const char *wfp_directive_path_keys(const char *path, apr_pool_t *p);

/** A file of certificates in PEM. @param path  may be NULL */
const char *wfp_directive_path_certificates(const char *path, apr_pool_t *p);

/** A file in a folder that is there, below ServerRoot when it is relative, or
 *  "|" and a program. */
const char *wfp_directive_path_log(const char *path, apr_pool_t *p);

#endif
