/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_CLOCK_H
#define WFP_KV_CLOCK_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/result.h"

/**
 * @file
 * When was a value of a KV namespace written last? Numbers that grow with each
 * write, in a file below WfpDataDir that every process of the host which uses
 * the folder has in its memory: children of all generations, and of all servers.
 * What is remembered of a value is remembered with its number, and holds as long
 * as the number is the same.
 *
 * A write announces itself, makes the number grow, is done, makes it grow again,
 * and goes. Nothing is to be remembered that was read while a write was
 * announced. Who is killed in between leaves his announcement, which the next
 * who finds it takes away, after the number has grown. No locks.
 *
 * Keys share numbers: one that grows for another's sake costs a look-up. Any
 * thread.
 */

typedef struct wfp_kv_clock_t wfp_kv_clock_t;

/** Which numbers are a key's, or (key NULL) a whole namespace's. */
typedef struct wfp_kv_place_t {
    apr_uint64_t hash; /* of namespace and key */
    apr_uint32_t key;  /* where */
    apr_uint32_t ns;
} wfp_kv_place_t;

/** An announced write: opaque. */
typedef struct wfp_kv_write_t {
    apr_uint32_t slot;
    apr_uint32_t at;
} wfp_kv_write_t;

/**
 * Map the file, which is made where it is missing; in each process anew.
 *
 * @param dir  WfpDataDir/kv, which is made where it is missing
 * @return APR_SUCCESS; else why not: WFP_INTERNAL
 */
apr_status_t wfp_kv_clock_open(wfp_kv_clock_t **pclock, const char *dir,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** @param ns  id of the namespace, 32 bytes @param key  n bytes, at most
 *  WFP_KV_KEY_MAX; NULL: all of them */
void wfp_kv_clock_place(wfp_kv_place_t *place, const char *ns, const char *key,
                        apr_size_t n);

/** The number, 1 or more. */
apr_int64_t wfp_kv_clock_read(const wfp_kv_clock_t *clock,
                              const wfp_kv_place_t *place);

/** Is no write announced? To be asked after the number, before the value: what
 *  is read then may be remembered with that number. */
int wfp_kv_clock_is_still(wfp_kv_clock_t *clock, const wfp_kv_place_t *place);

/**
 * Announce a write.
 *
 * @param until  it waits for a place no longer than that
 * @return APR_SUCCESS: to be ended, whatever became of it; APR_EBUSY: a thousand
 *         others write
 */
apr_status_t wfp_kv_clock_begin(wfp_kv_write_t *write, wfp_kv_clock_t *clock,
                                const wfp_kv_place_t *place,
                                apr_time_t until) WFP_CHECK;

void wfp_kv_clock_end(wfp_kv_clock_t *clock, const wfp_kv_write_t *write);

/** Another host wrote. @param name of wfp_kv_change_name(), or NULL: it is
 *  not known what */
void wfp_kv_clock_tell(wfp_kv_clock_t *clock, const char *name);

#endif
