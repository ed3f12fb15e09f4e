/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_USAGE_H
#define WFP_USAGE_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * What Workers used of services today, in shared memory: by Worker and, summed,
 * by dispatch namespace. A day is one of UTC. Whoever follows the store puts what
 * is new there a few times a second, and tells what other hosts, and this one
 * before its last start, have counted. No locks: any thread of any child may
 * count and ask.
 */

typedef struct wfp_usage_t wfp_usage_t;

/** What is counted, a day: a new one has a name in usage.c, a row in
 *  docs/operations/quotas.md, and who uses it calls mod_wfp/quota.h. */
typedef enum {
    WFP_USAGE_KV_READS = 0, /* keys that a get asked for */
    WFP_USAGE_KV_WRITES,    /* puts and deletes */
    WFP_USAGE_KV_LISTS,
    WFP_USAGE_D1_QUERIES, /* statements */
    WFP_USAGE_D1_ROWS_READ,
    WFP_USAGE_D1_ROWS_WRITTEN,
    WFP_USAGE_R2_CLASS_A,     /* operations that write or list */
    WFP_USAGE_R2_CLASS_B,     /* get, head */
    WFP_USAGE_QUEUE_MESSAGES, /* sent */
    WFP_USAGE_CACHE_CALLS,
    WFP_USAGE_ASSET_REQUESTS, /* answered */
    WFP_USAGE_DATA_POINTS,
    WFP_USAGE_COUNT
} wfp_usage_e;

/** Of a Worker, and of a namespace; 0: no bound. */
typedef struct wfp_usage_quota_t {
    apr_int64_t script[WFP_USAGE_COUNT];
    apr_int64_t ns[WFP_USAGE_COUNT];
} wfp_usage_quota_t;

/** Places for Workers and namespaces that use something on one day; those that
 *  find none are counted by their namespace only. */
#define WFP_USAGE_ROWS 16384

/** A counter that is not in the store as it is. */
typedef struct wfp_usage_item_t {
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1]; /* "": of the namespace */
    wfp_usage_e kind;
    apr_int64_t day;         /* since the epoch */
    apr_uint64_t amount;     /* all that was counted here that day */
    apr_uint64_t others;     /* to be filled in: what others have counted */
    apr_uint32_t table, row; /* where */
} wfp_usage_item_t;

/** A source's name and its NUL. */
#define WFP_USAGE_SOURCE_SIZE 17

/** "kv_reads" etc. */
const char *wfp_usage_name(wfp_usage_e kind);

/** WFP_USAGE_COUNT: there is none of that name. */
wfp_usage_e wfp_usage_by_name(const char *name);

/** Make the counters (anonymous, shared with children forked later), all 0.
 *  @param now  wall clock @note start scope (parent, alone) */
apr_status_t wfp_usage_create(wfp_usage_t **pusage, apr_time_t now,
                              wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Count n of a Worker of a namespace. @param now  wall clock, as below */
void wfp_usage_add(wfp_usage_t *usage, const char *ns, const char *script,
                   wfp_usage_e kind, apr_uint64_t n, apr_time_t now);

/** How much of it was used today, as far as it is known. @param script "": by
 *  all of the namespace */
apr_uint64_t wfp_usage_used(const wfp_usage_t *usage, const char *ns,
                            const char *script, wfp_usage_e kind,
                            apr_time_t now);

/** Which bound something would be over. */
typedef struct wfp_usage_bound_t {
    apr_int64_t allowed;
    apr_int64_t used; /* with what was to come */
    int is_whole;     /* it is the namespace's */
} wfp_usage_bound_t;

/** May a Worker use n more? @param bound  filled in; 0: there is none */
int wfp_usage_may(wfp_usage_bound_t *bound, const wfp_usage_t *usage,
                  const wfp_usage_quota_t *quota, const char *ns,
                  const char *script, wfp_usage_e kind, apr_uint64_t n,
                  apr_time_t now);

/** These counters' name, by which the store tells them from those of other
 *  servers and of before: 16 hex digits. */
const char *wfp_usage_source(const wfp_usage_t *usage);

/**
 * List what the store does not have yet, and make tomorrow's place ready. What
 * is listed stays so until wfp_usage_stored() was told: it may be stored again.
 *
 * @param plist  wfp_usage_item_t, sorted by ns, script, kind
 */
void wfp_usage_collect(apr_array_header_t **plist, wfp_usage_t *usage,
                       apr_time_t now, apr_pool_t *p);

/** May I, for all processes, do that now? Once in so long. @param which  0 or 1 */
int wfp_usage_turn(wfp_usage_t *usage, int which, apr_interval_time_t every);

/** The store has item->amount, and item->others of all other sources. */
void wfp_usage_stored(wfp_usage_t *usage, const wfp_usage_item_t *item);

#endif
