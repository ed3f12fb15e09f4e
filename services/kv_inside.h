/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_INSIDE_H
#define WFP_KV_INSIDE_H

#include <apr_file_info.h>
#include <apr_thread_mutex.h>

#include "services/kv.h"
#include "services/kv_clock.h"
#include "services/kv_file.h"

/** @file The inside of the KV service, for kv.c and kv_sweep.c. */

/** A namespace's file: its id and this. */
#define WFP_KV_ID_SIZE 32
#define WFP_KV_SUFFIX  ".sqlite"

/** A sweep: all files, then a rest. */
#define WFP_KV_SWEEP_EVERY apr_time_from_sec(60)

struct wfp_kv_t {
    wfp_store_t *store;
    const char *dir;
    wfp_kv_handles_t *files; /* NULL: values are rows of the store */
    wfp_kv_cache_t *cache;   /* NULL: none */
    wfp_kv_clock_t *clock;   /* NULL: not opened yet */
    apr_int64_t bytes_max;   /* of a namespace; 0: no bound */
    apr_pool_t *pool;
    apr_thread_mutex_t *opening; /* the clock */
    struct {                     /* of the one thread that sweeps */
        apr_pool_t *pool;
        apr_dir_t *dir; /* NULL: between two sweeps */
        apr_time_t next;
    } sweep;
};

#endif
