/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip and deflate by zlib, for unpack.c. zlib's memory comes from a pool; it
 * needs its state and a window of 32 KB, whatever it is given.
 */
#include "core/inflate.h"

#include <apr_strings.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

enum {
    BEGIN = 0, /* nothing came yet */
    HEAD,      /* of deflate: a byte is kept, the second tells what it is */
    INSIDE,
    END /* of a member, or of all */
};

struct wfp_inflate_t {
    z_stream zlib;
    wfp_inflate_e kind;
    int state;
    unsigned char head; /* the first byte */
};

/* zlib asks for little: two blocks. */
static voidpf take(voidpf pool, uInt items, uInt size)
{
    return size && items > 1024 * 1024 / size
               ? Z_NULL
               : apr_palloc(pool, (apr_size_t)items * size);
}

static void give(voidpf pool, voidpf block)
{
    /* with the pool */
}

apr_status_t wfp_inflate_make(wfp_inflate_t **pz, wfp_inflate_e kind,
                              apr_pool_t *p)
{
    wfp_inflate_t *z = apr_pcalloc(p, sizeof(*z));

    z->kind = kind;
    z->zlib.zalloc = take;
    z->zlib.zfree = give;
    z->zlib.opaque = p;
    if (inflateInit2(&z->zlib, MAX_WBITS + 16) != Z_OK) {
        return APR_ENOMEM;
    }
    *pz = z;
    return APR_SUCCESS;
}

/* Run zlib over the input. */
static apr_status_t run(wfp_inflate_t *z, const unsigned char **pdata,
                        apr_size_t *pn, char *out, apr_size_t *proom)
{
    uInt n = *pn < UINT_MAX ? (uInt)*pn : UINT_MAX;
    uInt room = *proom < UINT_MAX ? (uInt)*proom : UINT_MAX;
    int rc;

    z->zlib.next_in = (z_const Bytef *)*pdata;
    z->zlib.avail_in = n;
    z->zlib.next_out = (Bytef *)out;
    z->zlib.avail_out = room;
    rc = inflate(&z->zlib, Z_NO_FLUSH);
    *pdata += n - z->zlib.avail_in;
    *pn -= n - z->zlib.avail_in;
    *proom -= room - z->zlib.avail_out;
    if (rc == Z_STREAM_END) {
        z->state = END;
    }
    switch (rc) {
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR: /* there was nothing to do */
        return APR_SUCCESS;
    case Z_MEM_ERROR:
        return APR_ENOMEM;
    default:
        return APR_EINVAL;
    }
}

/* The two bytes of RFC 1950 can be told from a bare stream: as its beginning
 * they would be a stored block whose padding is not the zero that encoders
 * write, and the check holds for one in 31 only. */
static int has_zlib_head(unsigned first, unsigned second)
{
    return (first & 15) == Z_DEFLATED && first >> 4 <= 7
           && (first * 256 + second) % 31 == 0;
}

/* The first bytes are there: decide, and give zlib the one that was kept. */
static apr_status_t decide(wfp_inflate_t *z, unsigned second)
{
    const unsigned char *head = &z->head;
    apr_size_t one = 1, none = 0;
    int bits = has_zlib_head(z->head, second) ? MAX_WBITS : -MAX_WBITS;
    apr_status_t rv;
    char nowhere;

    if (inflateReset2(&z->zlib, bits) != Z_OK) {
        return APR_EINVAL;
    }
    z->state = INSIDE;
    rv = run(z, &head, &one, &nowhere, &none);
    return rv == APR_SUCCESS && one ? APR_EINVAL : rv;
}

/* What the next byte of the input begins. */
static apr_status_t begin(wfp_inflate_t *z, const unsigned char **pdata,
                          apr_size_t *pn)
{
    switch (z->state) {
    case BEGIN:
        if (z->kind == WFP_INFLATE_GZIP) {
            z->state = INSIDE;
            return APR_SUCCESS;
        }
        z->head = *(*pdata)++;
        (*pn)--;
        z->state = HEAD;
        return APR_SUCCESS;
    case HEAD:
        return decide(z, **pdata);
    case END: /* another member */
        if (z->kind == WFP_INFLATE_GZIP && inflateReset(&z->zlib) == Z_OK) {
            z->state = INSIDE;
            return APR_SUCCESS;
        }
        return APR_EINVAL;
    default:
        return APR_SUCCESS;
    }
}

apr_status_t wfp_inflate_step(wfp_inflate_t *z, const char **pdata,
                              apr_size_t *pn, char *out, apr_size_t *proom)
{
    const unsigned char *data = (const unsigned char *)*pdata;
    apr_size_t before;
    apr_status_t rv = APR_SUCCESS;

    do {
        before = *pn + *proom;
        if (*pn > 0) {
            rv = begin(z, &data, pn);
        }
        if (rv == APR_SUCCESS && z->state == INSIDE) {
            apr_size_t had = *proom;

            rv = run(z, &data, pn, out, proom);
            out += had - *proom;
        }
    } while (rv == APR_SUCCESS && *proom > 0 && *pn + *proom != before);
    *pdata = (const char *)data;
    return rv;
}

int wfp_inflate_is_whole(const wfp_inflate_t *z)
{
    return z->state == BEGIN || z->state == END;
}

static apr_status_t pack(const char **pout, apr_size_t *pn, const char *data,
                         apr_size_t n, apr_pool_t *p, apr_pool_t *scratch)
{
    z_stream z = { 0 };
    uLong room;
    char *out;

    z.zalloc = take;
    z.zfree = give;
    z.opaque = scratch;
    if (n > UINT_MAX / 2
        || deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16,
                        MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY)
               != Z_OK) {
        return APR_ENOMEM;
    }
    room = deflateBound(&z, (uLong)n);
    out = apr_palloc(scratch, room);
    z.next_in = (z_const Bytef *)data;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
        return APR_ENOMEM;
    }
    *pn = (apr_size_t)z.total_out;
    *pout = apr_pmemdup(p, out, *pn);
    return APR_SUCCESS;
}

apr_status_t wfp_inflate_pack(const char **pout, apr_size_t *pn,
                              const char *data, apr_size_t n, apr_pool_t *p)
{
    apr_pool_t *scratch;
    apr_status_t rv = apr_pool_create(&scratch, p);

    if (rv == APR_SUCCESS) {
        rv = pack(pout, pn, data, n, p, scratch);
        apr_pool_destroy(scratch);
    }
    return rv;
}
