/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits of a Worker's traffic. Called by the loader, which packs what the
 * store says, and by invocations, which pick. It must not know what a version
 * is.
 */
#include "core/split.h"

#include <apr_strings.h>
#include <string.h>

#include "core/block.h"
#include "core/siphash.h"

#define MAGIC 0x6c707366u

/* --- picking -------------------------------------------------------------- */

int wfp_split_point(const char *key, apr_size_t n)
{
    /* the same in every process and on every host */
    static const apr_uint64_t fixed[2] = { 0x776f726b65722d76ULL,
                                           0x657273696f6e2121ULL };

    return (int)(wfp_siphash(fixed, key, n) % WFP_SPLIT_ALL);
}

const char *wfp_split_pick(const apr_array_header_t *shares, int point)
{
    const wfp_share_t *last = NULL;
    int i, sum = 0;

    for (i = 0; i < shares->nelts; i++) {
        const wfp_share_t *share = &APR_ARRAY_IDX(shares, i, wfp_share_t);

        sum += share->share;
        if (point < sum) {
            return share->version_id;
        }
        if (share->share > 0 || !last) {
            last = share;
        }
    }
    return last->version_id;
}

/* --- the header of overrides ---------------------------------------------- */

static const char *skip_blanks(const char *s)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

static int is_key_char(char c)
{
    /* RFC 8941 has no upper case in keys; names of Workers do */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'
           || c == '*';
}

/* Behind a quoted string; NULL: it does not end. */
static const char *skip_string(const char *s)
{
    for (s++; *s && *s != '"'; s++) {
        if (*s == '\\' && s[1]) {
            s++;
        }
    }
    return *s ? s + 1 : NULL;
}

/* Behind everything up to the next member's comma, parameters included. */
static const char *skip_member(const char *s)
{
    while (s && *s && *s != ',') {
        s = *s == '"' ? skip_string(s) : s + 1;
    }
    return s;
}

static const char *find_share(const apr_array_header_t *shares,
                              const char *text, apr_size_t n)
{
    int i;

    for (i = 0; i < shares->nelts; i++) {
        const char *id = APR_ARRAY_IDX(shares, i, wfp_share_t).version_id;

        if (strlen(id) == n && memcmp(id, text, n) == 0) {
            return id;
        }
    }
    return NULL;
}

const char *wfp_split_override(const apr_array_header_t *shares,
                               const char *header, const char *worker)
{
    apr_size_t want = strlen(worker);
    const char *s = header, *found = NULL;

    while (s && *s) {
        const char *key, *text;
        apr_size_t n;

        s = key = skip_blanks(s);
        while (is_key_char(*s)) {
            s++;
        }
        n = (apr_size_t)(s - key);
        if (n == want && memcmp(key, worker, n) == 0) {
            found = NULL; /* the last one of a key counts */
            if (s[0] == '=' && s[1] == '"') {
                text = s + 2;
                s = skip_string(s + 1);
                if (!s) {
                    return NULL;
                }
                found = find_share(shares, text, (apr_size_t)(s - 1 - text));
            }
        }
        s = skip_member(s);
        if (!s) {
            return NULL; /* a broken header says nothing */
        }
        if (*s == ',') {
            s++;
        }
    }
    return found;
}

/* --- packing -------------------------------------------------------------- */

static void put_shares(wfp_block_out_t *to, const void *what)
{
    const apr_array_header_t *shares = what;
    int i;

    wfp_block_put_u32(to, (apr_uint32_t)shares->nelts);
    for (i = 0; i < shares->nelts; i++) {
        const wfp_share_t *share = &APR_ARRAY_IDX(shares, i, wfp_share_t);

        wfp_block_put_text(to, share->version_id);
        wfp_block_put_u32(to, (apr_uint32_t)share->share);
    }
}

void wfp_split_pack(const char **pblob, apr_size_t *psize,
                    const apr_array_header_t *shares, apr_pool_t *p)
{
    wfp_block_make(pblob, psize, MAGIC, put_shares, shares, p);
}

apr_status_t wfp_split_unpack(apr_array_header_t **pshares, const char *blob,
                              apr_size_t size, apr_pool_t *p)
{
    wfp_block_in_t in;
    int i, n;

    wfp_block_begin(&in, MAGIC, blob, size);
    n = wfp_block_take_count(&in, 9);
    *pshares = apr_array_make(p, n + 1, sizeof(wfp_share_t));
    for (i = 0; i < n && !in.bad; i++) {
        wfp_share_t *share = apr_array_push(*pshares);

        share->version_id = wfp_block_take_text(&in, WFP_UUID_SIZE - 1);
        share->share = (int)wfp_block_take_enum(&in, WFP_SPLIT_ALL + 1);
    }
    return wfp_block_is_whole(&in) && n > 0 ? APR_SUCCESS : APR_EINVAL;
}
