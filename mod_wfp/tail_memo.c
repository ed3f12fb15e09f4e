/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place a hash; stamps are of one change, so nothing in here becomes untrue.
 * Called by tailed.c.
 */
#include "mod_wfp/tail_memo.h"

#include <apr_strings.h>
#include <string.h>

#include "core/lock.h"
#include "core/siphash.h"
#include "core/tail_targets.h"

#define PLACES 64

/* one more than a name has: "/NAME" is one of the same namespace */
#define TARGET_SIZE (WFP_NAME_MAX + 2)

typedef struct place_t {
    apr_int64_t stamp; /* 0: free */
    char ns[WFP_NAME_MAX + 1];
    char name[WFP_NAME_MAX + 1];
    char version_id[WFP_UUID_SIZE];
    int count;
    char targets[WFP_TAIL_TARGETS_MAX][TARGET_SIZE];
} place_t;

struct wfp_tail_memo_t {
    wfp_lock_t *lock;
    place_t places[PLACES];
};

apr_status_t wfp_tail_memo_create(wfp_tail_memo_t **pmemo, apr_pool_t *p)
{
    *pmemo = apr_pcalloc(p, sizeof(**pmemo));
    return wfp_lock_make(&(*pmemo)->lock, p);
}

/* Whoever finds names that meet in a place has to unpack more often. */
static place_t *place_of(wfp_tail_memo_t *memo, const wfp_entry_t *entry)
{
    static const apr_uint64_t fixed[2] = { 3, 4 };
    apr_uint64_t hash = wfp_siphash(fixed, entry->name, strlen(entry->name));

    return &memo->places[(hash ^ (apr_uint64_t)entry->stamp) % PLACES];
}

static int is_it(const place_t *place, const wfp_entry_t *entry)
{
    return place->stamp == entry->stamp && !strcmp(place->name, entry->name)
           && !strcmp(place->ns, entry->ns)
           && !strcmp(place->version_id, entry->version_id);
}

apr_array_header_t *wfp_tail_memo_get(wfp_tail_memo_t *memo,
                                      const wfp_entry_t *entry, apr_pool_t *p)
{
    const place_t *place = place_of(memo, entry);
    apr_array_header_t *list = NULL;
    place_t copy;
    int i;

    wfp_lock_take(memo->lock);
    copy = *place;
    wfp_lock_leave(memo->lock);
    if (is_it(&copy, entry)) {
        list = apr_array_make(p, copy.count, sizeof(const char *));
        for (i = 0; i < copy.count; i++) {
            APR_ARRAY_PUSH(list, const char *) = apr_pstrdup(p,
                                                             copy.targets[i]);
        }
    }
    return list;
}

void wfp_tail_memo_put(wfp_tail_memo_t *memo, const wfp_entry_t *entry,
                       const apr_array_header_t *targets)
{
    place_t *place = place_of(memo, entry), made;
    int i;

    if (targets->nelts > WFP_TAIL_TARGETS_MAX) {
        return;
    }
    memset(&made, 0, sizeof(made));
    made.stamp = entry->stamp;
    (void)apr_cpystrn(made.ns, entry->ns, sizeof(made.ns));
    (void)apr_cpystrn(made.name, entry->name, sizeof(made.name));
    (void)apr_cpystrn(made.version_id, entry->version_id,
                      sizeof(made.version_id));
    made.count = targets->nelts;
    for (i = 0; i < targets->nelts; i++) {
        (void)apr_cpystrn(made.targets[i],
                          APR_ARRAY_IDX(targets, i, const char *), TARGET_SIZE);
    }
    wfp_lock_take(memo->lock);
    *place = made;
    wfp_lock_leave(memo->lock);
}
