/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_JSON_OUT_H
#define WFP_JSON_OUT_H

#include <apr_pools.h>

/**
 * @file
 * JSON written straight into bytes, for what is written often and never looked
 * at again here: log records. (core/json.h builds values first.) The caller
 * writes braces, commas and keys as they are; these are the parts that need
 * care. One thread.
 */

typedef struct wfp_json_out_t {
    char *data; /* in pool; not ended by a NUL */
    apr_size_t n;
    apr_size_t room;
    apr_pool_t *pool;
} wfp_json_out_t;

/** @param room  bytes that will do in most cases, at least 1 */
void wfp_json_out_init(wfp_json_out_t *out, apr_size_t room, apr_pool_t *p);

/** Bytes as they are. */
void wfp_json_out_raw(wfp_json_out_t *out, const char *text, apr_size_t n);

/** A literal as it is. */
#define WFP_JSON_OUT(out, literal)                                             \
    wfp_json_out_raw(out, "" literal, sizeof(literal) - 1)

/** A text of n bytes and a NUL in quotes; there may be NULs among them. Control
 *  characters are escaped, bytes that are no UTF-8 replaced. data NULL: null. */
void wfp_json_out_bytes(wfp_json_out_t *out, const char *data, apr_size_t n);

/** The same for a text that a NUL ends; NULL: null. */
void wfp_json_out_str(wfp_json_out_t *out, const char *text);

void wfp_json_out_int(wfp_json_out_t *out, apr_int64_t n);

#endif
