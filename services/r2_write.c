/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the bytes of an object or part to a new file, in pieces, with their
 * digests. Used by r2.c. The order is what crashes cannot harm: write, fsync,
 * rename, fsync of the directory; r2.c commits the row then.
 */
#include <apr_errno.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/crypto_hash.h"
#include "services/r2_inside.h"

#define CHUNK ((apr_size_t)64 * 1024)
#define TRIES 5

#define OPEN_FLAGS                                                             \
    (APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL | APR_FOPEN_BINARY)
#define OPEN_PERMS (APR_FPROT_UREAD | APR_FPROT_UWRITE)

typedef struct writing_t {
    wfp_r2_new_t *made;
    wfp_r2_t *r2;
    wfp_r2_call_t *call;
    wfp_crypto_hash_t *hash;
    const char **plog;
    wfp_result_t *res;
    const char *id;
} writing_t;

/* It is the operator's business. */
static apr_status_t broken(writing_t *w, apr_status_t rv, const char *what)
{
    char why[120];

    *w->plog = apr_psprintf(w->res->pool, "%s: %s", what,
                            apr_strerror(rv, why, sizeof(why)));
    return wfp_r2_fail(w->call, WFP_R2_INTERNAL, w->res);
}

/* ---- the file ------------------------------------------------------------------- */

static apr_status_t make_dir(const writing_t *w, apr_pool_t *p)
{
    apr_status_t rv = apr_dir_make_recursive(wfp_r2_files_dir(w->r2, w->id, p),
                                             APR_FPROT_UREAD | APR_FPROT_UWRITE
                                                 | APR_FPROT_UEXECUTE,
                                             p);

    if (rv == APR_SUCCESS) {
        rv = wfp_r2_files_sync_dir(w->r2->dir);
    }
    return rv == APR_SUCCESS
               ? wfp_r2_files_sync_dir(apr_pstrcat(p, w->r2->dir, "/..", NULL))
               : rv;
}

/* A new file that we hold. Who sweeps may have taken it before we did. */
static apr_status_t make_once(writing_t *w)
{
    wfp_r2_new_t *made = w->made;
    unsigned char id[WFP_R2_ID_SIZE / 2];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    w->id = wfp_crypto_hex(id, sizeof(id), made->pool);
    made->path = wfp_r2_files_path(w->r2, w->id, WFP_R2_TMP, made->pool);
    rv = apr_file_open(&made->file, made->path, OPEN_FLAGS, OPEN_PERMS,
                       made->pool);
    if (APR_STATUS_IS_ENOENT(rv)) {
        rv = make_dir(w, made->pool);
        if (rv == APR_SUCCESS) {
            rv = apr_file_open(&made->file, made->path, OPEN_FLAGS, OPEN_PERMS,
                               made->pool);
        }
    }
    if (rv != APR_SUCCESS) {
        made->file = NULL;
        return rv;
    }
    rv = wfp_r2_files_hold(made->file);
    if (rv == APR_SUCCESS && !wfp_r2_files_is_linked(made->file)) {
        rv = APR_EAGAIN;
    }
    if (rv != APR_SUCCESS) {
        wfp_r2_write_done(made, 0);
    }
    return rv;
}

static apr_status_t make_file(writing_t *w)
{
    int i;
    apr_status_t rv = APR_EAGAIN;

    for (i = 0; i < TRIES && APR_STATUS_IS_EAGAIN(rv); i++) {
        rv = make_once(w);
    }
    return rv == APR_SUCCESS ? rv : broken(w, rv, "cannot make a file of R2");
}

void wfp_r2_write_done(wfp_r2_new_t *made, int keep)
{
    if (!made->file) {
        return;
    }
    if (!keep) {
        /* else who sweeps removes it */
        (void)apr_file_remove(made->path, made->pool);
    }
    (void)apr_file_close(made->file); /* all of it was synced */
    made->file = NULL;
}

static apr_status_t settle(writing_t *w)
{
    wfp_r2_new_t *made = w->made;
    const char *path = wfp_r2_files_path(w->r2, w->id, "", made->pool);
    apr_status_t rv = apr_file_sync(made->file);

    if (rv == APR_SUCCESS) {
        rv = apr_file_rename(made->path, path, made->pool);
    }
    if (rv == APR_SUCCESS) {
        made->path = path;
        rv = wfp_r2_files_sync_dir(wfp_r2_files_dir(w->r2, w->id, made->pool));
    }
    return rv == APR_SUCCESS ? rv : broken(w, rv, "cannot keep a file of R2");
}

/* ---- the bytes ------------------------------------------------------------------ */

static apr_status_t write_bytes(writing_t *w, const char *data, apr_size_t n)
{
    wfp_r2_stored_t *stored = &w->made->stored;
    apr_status_t rv;

    stored->size += (apr_int64_t)n;
    if (stored->size > WFP_R2_PUT_MAX) {
        return wfp_r2_fail(w->call, WFP_R2_TOO_LARGE, w->res);
    }
    rv = wfp_crypto_hash_add(w->hash, data, n);
    if (rv == APR_SUCCESS) {
        rv = apr_file_write_full(w->made->file, data, n, NULL);
    }
    return rv == APR_SUCCESS ? rv : broken(w, rv, "cannot write a file of R2");
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
    apr_pool_create(&p, w->made->pool);
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

static unsigned wanted(const wfp_r2_call_t *call)
{
    unsigned which = 1U << WFP_HASH_MD5;
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        which |= call->sums.hex[i] ? 1U << i : 0;
    }
    return which;
}

/* Each digest that the call gave must be the bytes'. */
static apr_status_t check_sums(writing_t *w)
{
    wfp_r2_stored_t *stored = &w->made->stored;
    wfp_r2_call_t *call = w->call;
    apr_status_t rv = wfp_crypto_hash_end(stored->sums.hex, w->hash,
                                          call->pool);
    int i;

    if (rv != APR_SUCCESS) {
        return broken(w, rv, "no digest");
    }
    for (i = 0; i < WFP_HASH_COUNT; i++) {
        const char *name = wfp_crypto_digest_name((wfp_hash_e)i);
        const char *given = call->sums.hex[i], *is = stored->sums.hex[i];

        if (given && strcmp(given, is) != 0) {
            call->fault = WFP_R2_BAD_DIGEST;
            return wfp_result_set(w->res, WFP_R2_ERROR, APR_EGENERAL,
                                  "%s: The %s checksum you specified did not "
                                  "match what we received.\nYou provided a %s "
                                  "checksum with value: %.128s\nActual %s was: "
                                  "%s (10037)",
                                  wfp_r2_verb_name(call->verb), name, name,
                                  given, name, is);
        }
    }
    stored->etag = stored->sums.hex[WFP_HASH_MD5];
    return rv;
}

apr_status_t wfp_r2_write(wfp_r2_new_t *made, wfp_r2_t *r2, wfp_r2_call_t *call,
                          const char **plog, wfp_result_t *res)
{
    writing_t w = {
        .made = made, .r2 = r2, .call = call, .plog = plog, .res = res
    };
    apr_status_t rv;

    memset(made, 0, sizeof(*made));
    made->pool = call->pool;
    rv = wfp_crypto_hash_begin(&w.hash, wanted(call), made->pool);
    if (rv != APR_SUCCESS) {
        return broken(&w, rv, "no digest");
    }
    rv = make_file(&w);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = call->source ? write_source(&w) : write_memory(&w);
    if (rv == APR_SUCCESS) {
        rv = check_sums(&w);
    }
    if (rv == APR_SUCCESS) {
        rv = settle(&w);
    }
    made->stored.file = w.id;
    if (rv != APR_SUCCESS) {
        wfp_r2_write_done(made, 0);
    }
    return rv;
}
