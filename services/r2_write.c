/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the bytes of an object or part to a new file, in pieces, with their
 * digests. Used by r2.c, which commits the row then: whatever ends it in between
 * leaves a file that nobody knows, for r2_sweep.c.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/crypto_running.h"
#include "services/r2_inside.h"

#define CHUNK ((apr_size_t)64 * 1024)

typedef struct writing_t {
    wfp_r2_stored_t *stored;
    wfp_r2_call_t *call;
    wfp_blob_t *blob;
    wfp_running_t *running[WFP_HASH_COUNT]; /* NULL: nobody asks */
    const char **plog;
    wfp_result_t *res;
    apr_pool_t *pool; /* the file is gone with it unless it was committed */
} writing_t;

/* It is the operator's business. */
static apr_status_t broken(writing_t *w, apr_status_t rv, const char *what)
{
    char why[120];

    *w->plog = apr_psprintf(w->res->pool, "%s: %s", what,
                            apr_strerror(rv, why, sizeof(why)));
    return wfp_r2_fail(w->call, WFP_R2_INTERNAL, w->res);
}

/* ---- the bytes ------------------------------------------------------------------ */

static apr_status_t hash_and_write(writing_t *w, const char *data, apr_size_t n)
{
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < WFP_HASH_COUNT; i++) {
        if (w->running[i]) {
            rv = wfp_crypto_running_add(w->running[i], data, n);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_blobs_write(w->blob, data, n);
    }
    return rv == APR_SUCCESS ? rv : broken(w, rv, "cannot write a file of R2");
}

/* Only that is counted: what a source costs, which may be Lua, is already. */
static apr_status_t write_bytes(writing_t *w, const char *data, apr_size_t n)
{
    apr_int64_t *cpu_ns = w->call->cpu_ns, begun_ns, all_ns;
    apr_status_t rv;

    w->stored->size += (apr_int64_t)n;
    if (w->stored->size > WFP_R2_PUT_MAX) {
        return wfp_r2_fail(w->call, WFP_R2_TOO_LARGE, w->res);
    }
    if (w->call->bytes_max && w->stored->size > w->call->room) {
        return wfp_r2_fail(w->call, WFP_R2_FULL, w->res);
    }
    if (!cpu_ns) {
        return hash_and_write(w, data, n);
    }
    begun_ns = wfp_clock_thread_ns();
    rv = hash_and_write(w, data, n);
    all_ns = __atomic_add_fetch(cpu_ns, wfp_clock_thread_ns() - begun_ns,
                                __ATOMIC_RELAXED);
    return rv == APR_SUCCESS && all_ns >= w->call->cpu_max_ns
               ? wfp_result_set(w->res, WFP_CPU_LIMIT, APR_TIMEUP, NULL)
               : rv;
}

static apr_status_t check_time(const writing_t *w)
{
    if (w->call->until && wfp_clock_now() >= w->call->until) {
        return wfp_result_set(w->res, WFP_TIMEOUT, APR_TIMEUP, NULL);
    }
    return wfp_cancel_check(w->call->cancel, w->res);
}

static apr_status_t write_memory(writing_t *w)
{
    const char *data = w->call->data;
    apr_size_t left = (apr_size_t)w->call->size;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && left > 0) {
        apr_size_t n = left < CHUNK ? left : CHUNK;

        rv = check_time(w);
        if (rv == APR_SUCCESS) {
            rv = write_bytes(w, data, n);
        }
        data += n;
        left -= n;
    }
    return rv;
}

static apr_status_t write_brigade(writing_t *w, apr_bucket_brigade *bb)
{
    apr_bucket *b;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && !APR_BRIGADE_EMPTY(bb)) {
        const char *data;
        apr_size_t n;

        b = APR_BRIGADE_FIRST(bb);
        rv = apr_bucket_read(b, &data, &n, APR_BLOCK_READ);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(w->res, WFP_NETWORK_ERROR, rv, NULL);
        }
        rv = write_bytes(w, data, n);
        apr_bucket_delete(b);
    }
    return rv;
}

static apr_status_t write_source(writing_t *w)
{
    wfp_body_t *source = w->call->source;
    apr_pool_t *p;
    apr_bucket_brigade *bb;
    apr_status_t rv;

    if (source->length > WFP_R2_PUT_MAX) {
        return wfp_r2_fail(w->call, WFP_R2_TOO_LARGE, w->res);
    }
    apr_pool_create(&p, w->pool);
    bb = apr_brigade_create(p, apr_bucket_alloc_create(p));
    do {
        rv = check_time(w);
        if (rv == APR_SUCCESS) {
            rv = wfp_body_read(source, bb, CHUNK, w->res);
        }
        if (rv == APR_SUCCESS) {
            rv = write_brigade(w, bb);
        }
        (void)apr_brigade_cleanup(bb);
    } while (rv == APR_SUCCESS);
    apr_pool_destroy(p);
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

/* ---- digests -------------------------------------------------------------------- */

/* MD5 is what an etag is; others are what the call has. */
static apr_status_t begin_sums(writing_t *w)
{
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < WFP_HASH_COUNT; i++) {
        if (i == WFP_HASH_MD5 || w->call->sums.hex[i]) {
            rv = wfp_crypto_running_make(&w->running[i], (wfp_hash_e)i,
                                         w->pool);
        }
    }
    return rv;
}

static apr_status_t bad_digest(writing_t *w, int i)
{
    const char *name = wfp_crypto_digest_name((wfp_hash_e)i);

    w->call->fault = WFP_R2_BAD_DIGEST;
    return wfp_result_set(w->res, WFP_R2_ERROR, APR_EGENERAL,
                          "%s: The %s checksum you specified did not match "
                          "what we received.\nYou provided a %s checksum with "
                          "value: %.128s\nActual %s was: %s (10037)",
                          wfp_r2_verb_name(w->call->verb), name, name,
                          w->call->sums.hex[i], name, w->stored->sums.hex[i]);
}

/* Each digest that the call gave must be the bytes'. */
static apr_status_t check_sums(writing_t *w)
{
    unsigned char md[WFP_DIGEST_MAX];
    const char *given;
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        if (!w->running[i]) {
            continue;
        }
        if (wfp_crypto_running_end(md, w->running[i]) != APR_SUCCESS) {
            return broken(w, APR_EGENERAL, "no digest");
        }
        w->stored->sums.hex[i] = wfp_crypto_hex(md,
                                                wfp_crypto_digest_size(
                                                    (wfp_hash_e)i),
                                                w->call->pool);
        given = w->call->sums.hex[i];
        if (given && strcmp(given, w->stored->sums.hex[i]) != 0) {
            return bad_digest(w, i);
        }
    }
    w->stored->etag = w->stored->sums.hex[WFP_HASH_MD5];
    return APR_SUCCESS;
}

/* ---- the file ------------------------------------------------------------------- */

static apr_status_t begin_file(writing_t *w, wfp_r2_t *r2)
{
    unsigned char id[WFP_R2_ID_SIZE / 2];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv == APR_SUCCESS) {
        w->stored->file = wfp_crypto_hex(id, sizeof(id), w->call->pool);
        rv = wfp_blobs_begin(&w->blob, r2->blobs,
                             wfp_r2_group(w->stored->file, w->pool), w->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = begin_sums(w);
    }
    return rv == APR_SUCCESS ? rv : broken(w, rv, "cannot make a file of R2");
}

apr_status_t wfp_r2_write(wfp_r2_stored_t *stored, wfp_r2_t *r2,
                          wfp_r2_call_t *call, const char **plog,
                          wfp_result_t *res)
{
    writing_t w = { .stored = stored, .call = call, .plog = plog, .res = res };
    apr_status_t rv;

    memset(stored, 0, sizeof(*stored));
    apr_pool_create(&w.pool, call->pool);
    rv = begin_file(&w, r2);
    if (rv == APR_SUCCESS) {
        rv = call->source ? write_source(&w) : write_memory(&w);
    }
    if (rv == APR_SUCCESS) {
        rv = check_sums(&w);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_blobs_commit(w.blob, stored->file);
        if (rv != APR_SUCCESS) {
            rv = broken(&w, rv, "cannot keep a file of R2");
        }
    }
    apr_pool_destroy(w.pool);
    return rv;
}
