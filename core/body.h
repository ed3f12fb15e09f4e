/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BODY_H
#define WFP_BODY_H

#include <apr_buckets.h>
#include <apr_pools.h>

#include "core/cancel.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The body of a message: a stream of bytes that its reader pulls. Whoever
 * makes one (httpd's input, curl, a Lua string or function) fills in the
 * kind; whoever holds one reads it once, to its end, or cancels it. Nothing
 * is buffered here: a body of any size passes in bounded memory.
 *
 * Phases: fresh (read nothing) -> reading -> ended (end, error or cancel).
 * One thread at a time.
 */

typedef struct wfp_body_t wfp_body_t;

typedef struct wfp_body_kind_t {
    const char *name;
    /**
     * Append at least one byte and about max bytes at most to bb, waiting
     * for them where needed.
     *
     * @return APR_SUCCESS; APR_EOF at the end (nothing appended); any other
     *         status: failed, res tells why, the body is ended
     */
    apr_status_t (*read)(wfp_body_t *body, apr_bucket_brigade *bb,
                         apr_size_t max, wfp_result_t *res);
    /** Give back what the source holds; called at most once, also after the
     *  end. May be NULL. */
    void (*close)(wfp_body_t *body);
    /**
     * Are bytes there, or the end - whole: all bytes, or as many as wait for
     * a reader? Reads, allocates and ends nothing. blocks: wait for them, on
     * any thread while no other uses the body, until cancel is told at most.
     * May be NULL: nobody can say.
     */
    int (*is_there)(wfp_body_t *body, int whole, int blocks,
                    wfp_cancel_t *cancel);
} wfp_body_kind_t;

struct wfp_body_t {
    const wfp_body_kind_t *kind;
    apr_pool_t *pool;  /* lives at least as long as the body */
    apr_off_t length;  /* bytes in all, -1 when not known */
    apr_off_t done;    /* bytes read so far */
    void *baton;       /* the kind's own */
    const char *data;  /* wfp_body_mem(): the bytes, else NULL */
    unsigned used : 1; /* somebody has begun to read or cancelled it */
    unsigned ended : 1;
    unsigned closed : 1;
    unsigned takes_files : 1; /* its reader is done with the buckets of a read
                               * before the next one: it may be given files */
    unsigned reading : 1; /* its source runs, maybe code that knows the body */
    unsigned handed_on : 1; /* by the isolate that has it, to somebody else who
                             * will read or cancel it */
};

/** Bytes a reader asks for when it has no better idea. */
#define WFP_BODY_CHUNK 16384

/** A body of the given kind, fresh. close runs at the latest with the pool. */
wfp_body_t *wfp_body_make(const wfp_body_kind_t *kind, void *baton,
                          apr_off_t length, apr_pool_t *p);

/** A body over bytes that live as long as p; they are not copied. */
wfp_body_t *wfp_body_mem(const char *data, apr_size_t n, apr_pool_t *p);

/** The bytes of an unread memory body, or NULL: lets a reader skip brigades. */
const char *wfp_body_peek(const wfp_body_t *body, apr_size_t *n);

/**
 * Read on, as the kind's read does; marks the body used, counts `done`, ends
 * and closes it at its end. APR_EBUSY with WFP_EXCEPTION, and nothing changes,
 * from within a read of the same body.
 */
apr_status_t wfp_body_read(wfp_body_t *body, apr_bucket_brigade *bb,
                           apr_size_t max, wfp_result_t *res) WFP_CHECK;

/**
 * Read all that is left into one string.
 *
 * @param pdata  NUL-terminated, in p; of an unread memory body its own bytes,
 *               as they are
 * @param max    most bytes taken; more: APR_ENOSPC with WFP_BODY_TOO_LARGE,
 *               at once where the length is known
 */
apr_status_t wfp_body_slurp(const char **pdata, apr_size_t *pn,
                            wfp_body_t *body, apr_size_t max, wfp_result_t *res,
                            apr_pool_t *p) WFP_CHECK;

/**
 * Move the data of a brigade as a body gives it: buckets go on as they are within
 * their connection only, others are copied, since who reads may keep them for
 * longer than that lives, on another thread.
 *
 * @param pn    bytes moved
 * @param peos  set to 1 when from has an EOS, else left; other metadata goes
 * @param from  empty afterwards, on success
 */
apr_status_t wfp_body_move(apr_size_t *pn, int *peos, apr_bucket_brigade *to,
                           apr_bucket_brigade *from) WFP_CHECK;

/** What inner gives, but at most max bytes: one more is what `over` says, which
 *  lives as long. inner is read through the new body only. */
wfp_body_t *wfp_body_cap(wfp_body_t *inner, apr_off_t max,
                         const wfp_result_t *over, apr_pool_t *p);

/** The reader does not want the rest. Safe at any time, also twice; within a
 *  read of the same body it is closed when that is over. */
void wfp_body_cancel(wfp_body_t *body);

#endif
