/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of packed blocks. core/script.c packs scripts with it and takes
 * them apart again. A block has been in shared memory, so reading believes
 * nothing: every length is compared with what is left before it is used. This
 * file does not know what the fields mean.
 */
#include "core/block.h"

#include <string.h>

#define LAYOUT 1u

void wfp_block_put_bytes(wfp_block_out_t *to, const void *data, apr_size_t n)
{
    if (to->out && n) {
        memcpy(to->out + to->size, data, n);
    }
    to->size += n;
}

void wfp_block_put_u32(wfp_block_out_t *to, apr_uint32_t n)
{
    wfp_block_put_bytes(to, &n, sizeof(n));
}

void wfp_block_put_i64(wfp_block_out_t *to, apr_int64_t n)
{
    wfp_block_put_bytes(to, &n, sizeof(n));
}

void wfp_block_put_data(wfp_block_out_t *to, const char *data, apr_size_t n)
{
    if (!data) {
        wfp_block_put_u32(to, WFP_BLOCK_NONE);
        return;
    }
    wfp_block_put_u32(to, (apr_uint32_t)n);
    wfp_block_put_bytes(to, data, n);
    wfp_block_put_bytes(to, "", 1);
}

void wfp_block_put_optional(wfp_block_out_t *to, const char *text)
{
    wfp_block_put_data(to, text, text ? strlen(text) : 0);
}

void wfp_block_put_text(wfp_block_out_t *to, const char *text)
{
    wfp_block_put_optional(to, text ? text : "");
}

static void put_head(wfp_block_out_t *to, apr_uint32_t magic, apr_size_t size)
{
    wfp_block_put_u32(to, magic);
    wfp_block_put_u32(to, LAYOUT);
    wfp_block_put_i64(to, (apr_int64_t)size);
}

void wfp_block_make(const char **pblob, apr_size_t *psize, apr_uint32_t magic,
                    void (*write)(wfp_block_out_t *to, const void *what),
                    const void *what, apr_pool_t *p)
{
    wfp_block_out_t to = { NULL, 0 };
    apr_size_t size;

    put_head(&to, magic, 0);
    write(&to, what);
    size = to.size;
    to.out = apr_palloc(p, size);
    to.size = 0;
    put_head(&to, magic, size);
    write(&to, what);
    *pblob = to.out;
    *psize = size;
}

void wfp_block_begin(wfp_block_in_t *in, apr_uint32_t magic, const char *blob,
                     apr_size_t size)
{
    in->at = blob;
    in->left = size;
    in->bad = 0;
    if (wfp_block_take_u32(in) != magic || wfp_block_take_u32(in) != LAYOUT
        || (apr_uint64_t)wfp_block_take_i64(in) != size) {
        in->bad = 1;
    }
}

int wfp_block_is_whole(const wfp_block_in_t *in)
{
    return !in->bad && !in->left;
}

const char *wfp_block_take_bytes(wfp_block_in_t *in, apr_size_t n)
{
    const char *at = in->at;

    if (in->bad || n > in->left) {
        in->bad = 1;
        return NULL;
    }
    in->at += n;
    in->left -= n;
    return at;
}

apr_uint32_t wfp_block_take_u32(wfp_block_in_t *in)
{
    apr_uint32_t n = 0;
    const char *at = wfp_block_take_bytes(in, sizeof(n));

    if (at) {
        memcpy(&n, at, sizeof(n));
    }
    return n;
}

apr_int64_t wfp_block_take_i64(wfp_block_in_t *in)
{
    apr_int64_t n = 0;
    const char *at = wfp_block_take_bytes(in, sizeof(n));

    if (at) {
        memcpy(&n, at, sizeof(n));
    }
    return n;
}

unsigned wfp_block_take_enum(wfp_block_in_t *in, unsigned limit)
{
    apr_uint32_t n = wfp_block_take_u32(in);

    if (n >= limit) {
        in->bad = 1;
        return 0;
    }
    return n;
}

int wfp_block_take_count(wfp_block_in_t *in, apr_size_t min)
{
    apr_uint32_t n = wfp_block_take_u32(in);

    if (n > in->left / min || n > APR_INT32_MAX) {
        in->bad = 1;
        return 0;
    }
    return (int)n;
}

const char *wfp_block_take_data(wfp_block_in_t *in, apr_size_t *pn)
{
    apr_uint32_t n = wfp_block_take_u32(in);
    const char *data;

    *pn = 0;
    if (in->bad || n == WFP_BLOCK_NONE) {
        return NULL;
    }
    data = wfp_block_take_bytes(in, (apr_size_t)n + 1);
    if (!data || data[n]) {
        in->bad = 1;
        return NULL;
    }
    *pn = n;
    return data;
}

const char *wfp_block_take_optional(wfp_block_in_t *in)
{
    apr_size_t n;
    const char *text = wfp_block_take_data(in, &n);

    if (text && memchr(text, 0, n)) {
        in->bad = 1;
        return NULL;
    }
    return text;
}

const char *wfp_block_take_text(wfp_block_in_t *in, apr_size_t max)
{
    const char *text = wfp_block_take_optional(in);

    if (!text || strlen(text) > max) {
        in->bad = 1;
        return "";
    }
    return text;
}
