/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_JSON_OUT_H
#define WFP_JSON_OUT_H

#include <apr_pools.h>
#include <string.h>

/**
 * @file
 * JSON written straight into bytes, for what is written often and never looked
 * at again here: log records. (core/json.h builds values first.) The caller
 * writes braces, commas and keys as they are; these are the parts that need
 * care. One thread.
 */

typedef struct wfp_json_out_t {
    char *data; /* not ended by a NUL */
    apr_size_t n;
    apr_size_t room;
    apr_pool_t *pool;   /* NULL: not needed yet */
    apr_pool_t *parent; /* NULL: the pool is the caller's */
} wfp_json_out_t;

/** @param room  bytes that will do in most cases, at least 1 */
void wfp_json_out_init(wfp_json_out_t *out, apr_size_t room, apr_pool_t *p);

/** Begin in the caller's own bytes, which live as long as out: a pool below p is
 *  made only when they do not do. wfp_json_out_end() frees it. */
void wfp_json_out_begin(wfp_json_out_t *out, char *bytes, apr_size_t room,
                        apr_pool_t *p);

/** Free what wfp_json_out_begin() led to. */
void wfp_json_out_end(wfp_json_out_t *out);

/** A pool for what is only needed until out is written. */
apr_pool_t *wfp_json_out_pool(wfp_json_out_t *out);

/** Move what is written to where n more bytes have room. */
void wfp_json_out_grow(wfp_json_out_t *out, apr_size_t n);

/** Room for n more bytes. @return where they go; out->n is the caller's to move */
static inline char *wfp_json_out_room(wfp_json_out_t *out, apr_size_t n)
{
    if (n > out->room - out->n) {
        wfp_json_out_grow(out, n);
    }
    return out->data + out->n;
}

/** Bytes as they are. */
static inline void wfp_json_out_raw(wfp_json_out_t *out, const char *text,
                                    apr_size_t n)
{
    memcpy(wfp_json_out_room(out, n), text, n);
    out->n += n;
}

/** A literal as it is: a few moves, as its size is known. */
#define WFP_JSON_OUT(out, literal)                                             \
    wfp_json_out_raw(out, "" literal, sizeof(literal) - 1)

/** A text of n bytes and a NUL in quotes; there may be NULs among them. Control
 *  characters are escaped, bytes that are no UTF-8 replaced. data NULL: null. */
void wfp_json_out_bytes(wfp_json_out_t *out, const char *data, apr_size_t n);

/** The same for a text that a NUL ends; NULL: null. */
void wfp_json_out_str(wfp_json_out_t *out, const char *text);

/** A text of the program's own, in quotes: it has nothing to be escaped. */
void wfp_json_out_plain(wfp_json_out_t *out, const char *text);

/** Of any size. */
void wfp_json_out_long(wfp_json_out_t *out, apr_int64_t n);

/** What stands before a number, as it is: a comma, a key, a colon. */
typedef struct wfp_json_key_t {
    apr_size_t n;
    char
        text[32]; /* no NUL behind it; copied whole, as that has a known size */
} wfp_json_key_t;

#define WFP_JSON_KEY(literal)                                                  \
    {                                                                          \
        sizeof(literal) - 1, literal                                           \
    }

/** Keys, each with its number. */
void wfp_json_out_numbers(wfp_json_out_t *out, const wfp_json_key_t *keys,
                          apr_size_t count, const apr_int64_t *numbers);

/** A number. Most are of one digit. */
static inline void wfp_json_out_int(wfp_json_out_t *out, apr_int64_t n)
{
    if (n >= 0 && n < 10) {
        *wfp_json_out_room(out, 1) = (char)('0' + n);
        out->n++;
    }
    else {
        wfp_json_out_long(out, n);
    }
}

#endif
