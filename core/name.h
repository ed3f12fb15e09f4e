/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_NAME_H
#define WFP_NAME_H

#include <apr.h>

#include "core/wfp.h"

/**
 * @file
 * Which names are legal. One rule for every door (wfpctl, API, directives,
 * dispatch), so that none can be walked around.
 */

/**
 * Is this a legal name of a Worker or namespace: 1 to 63 of [A-Za-z0-9_-]?
 *
 * @param s  not NUL-terminated
 * @param n  bytes
 */
int wfp_name_is_valid(const char *s, apr_size_t n);

/**
 * Is this a legal module path: 1 to 255 bytes, parts of printable bytes
 * separated by single "/", no leading "/", no "." or ".." part, no backslash,
 * no control character?
 */
int wfp_name_is_module(const char *s, apr_size_t n);

/** Is this a legal binding name: an identifier of at most 63 bytes? */
int wfp_name_is_binding(const char *s, apr_size_t n);

#endif
