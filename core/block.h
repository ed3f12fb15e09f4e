/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BLOCK_H
#define WFP_BLOCK_H

#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * Writing and reading the fields of a packed block: for core/script.c. All
 * numbers in the machine's byte order, nothing aligned:
 *
 *     head    u32 magic, u32 layout version, u64 size of the whole block
 *     number  u32 or i64
 *     data    u32 length, bytes, NUL (length WFP_BLOCK_NONE: none, no bytes)
 *     text    data without NUL bytes
 *     list    u32 count, then its elements
 *
 * Blocks never leave the server that made them nor outlive its memory.
 */

/** The length of data that is not there. */
#define WFP_BLOCK_NONE 0xffffffffu

/** A block being written. */
typedef struct wfp_block_out_t {
    char *out; /* NULL: only count */
    apr_size_t size;
} wfp_block_out_t;

/** A block being read. Once bad, everything taken is 0, "" or NULL, so that
 *  the reader may check once, at its end. */
typedef struct wfp_block_in_t {
    const char *at;
    apr_size_t left;
    int bad;
} wfp_block_in_t;

void wfp_block_put_bytes(wfp_block_out_t *to, const void *data, apr_size_t n);
void wfp_block_put_u32(wfp_block_out_t *to, apr_uint32_t n);
void wfp_block_put_i64(wfp_block_out_t *to, apr_int64_t n);
/** Data of less than 4 GB (uploads are bounded far below), or NULL. */
void wfp_block_put_data(wfp_block_out_t *to, const char *data, apr_size_t n);
/** A text or NULL. */
void wfp_block_put_optional(wfp_block_out_t *to, const char *text);
/** A text; NULL becomes "". */
void wfp_block_put_text(wfp_block_out_t *to, const char *text);

/**
 * Make a block in p.
 *
 * @param write  puts the fields of what, the same ones each time: it is called
 *               twice, to count the bytes and to write them
 */
void wfp_block_make(const char **pblob, apr_size_t *psize, apr_uint32_t magic,
                    void (*write)(wfp_block_out_t *to, const void *what),
                    const void *what, apr_pool_t *p);

/** Start to read size bytes; bad when the head is not that of magic. */
void wfp_block_begin(wfp_block_in_t *in, apr_uint32_t magic, const char *blob,
                     apr_size_t size);

/** @return 1: nothing was bad and nothing is left */
int wfp_block_is_whole(const wfp_block_in_t *in);

/** n bytes, or NULL. */
const char *wfp_block_take_bytes(wfp_block_in_t *in, apr_size_t n);
apr_uint32_t wfp_block_take_u32(wfp_block_in_t *in);
apr_int64_t wfp_block_take_i64(wfp_block_in_t *in);
/** A number below limit. */
unsigned wfp_block_take_enum(wfp_block_in_t *in, unsigned limit);
/** A count of elements of at least min bytes each: a made-up count cannot ask
 *  for more memory than in proportion to the block. */
int wfp_block_take_count(wfp_block_in_t *in, apr_size_t min);
/** Data, NUL-terminated; NULL: none. */
const char *wfp_block_take_data(wfp_block_in_t *in, apr_size_t *pn);
/** A text or NULL. */
const char *wfp_block_take_optional(wfp_block_in_t *in);
/** A text of at most max bytes. */
const char *wfp_block_take_text(wfp_block_in_t *in, apr_size_t max);

#endif
