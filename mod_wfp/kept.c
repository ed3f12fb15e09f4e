/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process's pool holds is found again under a name that has its layout's
 * number: the module that comes after a restart may be another build.
 */
#include "mod_wfp/kept.h"

#include <apr_strings.h>

#include "mod_wfp/archive.h"

typedef apr_status_t make_fn(void **pwhat, wfp_result_t *res, apr_pool_t *p);

static apr_status_t find(void **pwhat, const char *name, int layout,
                         make_fn *make, apr_pool_t *process, wfp_result_t *res)
{
    const char *key = apr_psprintf(res->pool, "wfp:%s:%d", name, layout);
    apr_pool_t *p;
    apr_status_t rv;

    *pwhat = NULL;
    (void)apr_pool_userdata_get(pwhat, key, process); /* cannot fail */
    if (*pwhat) {
        return APR_SUCCESS;
    }
    apr_pool_create(&p, process);
    apr_pool_tag(p, apr_pstrdup(p, key));
    rv = make(pwhat, res, p);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(p);
        return rv;
    }
    return apr_pool_userdata_set(*pwhat, key, NULL, process);
}

static apr_status_t make_limits(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_ratelimit_t *limits;
    apr_status_t rv = wfp_ratelimit_create(&limits, res, p);

    *pwhat = limits;
    return rv;
}

static apr_status_t make_points(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_points_t *points;
    apr_status_t rv = wfp_points_create(&points, res, p);

    *pwhat = points;
    return rv;
}

static apr_status_t make_ledger(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_ledger_t *ledger;
    apr_status_t rv = wfp_ledger_create(&ledger, res, p);

    *pwhat = ledger;
    return rv;
}

static apr_status_t make_guard(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_sign_guard_t *guard;
    apr_status_t rv = wfp_sign_guard_create(&guard, res, p);

    *pwhat = guard;
    return rv;
}

static apr_status_t make_tails(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_tails_t *tails;
    apr_status_t rv = wfp_tails_create(&tails, res, p);

    *pwhat = tails;
    return rv;
}

static apr_status_t make_stats(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_stats_t *stats;
    apr_status_t rv = wfp_stats_create(&stats, res, p);

    *pwhat = stats;
    return rv;
}

static apr_status_t make_tally(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_tally_t *tally;
    apr_status_t rv = wfp_tally_create(&tally, res, p);

    *pwhat = tally;
    return rv;
}

static apr_status_t make_children(void **pwhat, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_children_t *children;
    apr_status_t rv = wfp_children_create(&children, res, p);

    *pwhat = children;
    return rv;
}

static apr_status_t make_latency(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_latency_t *latency;
    apr_status_t rv = wfp_latency_create(&latency, res, p);

    *pwhat = latency;
    return rv;
}

static apr_status_t make_counts(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_registry_counts_t *counts;
    apr_status_t rv = wfp_registry_counts_create(&counts, res, p);

    *pwhat = counts;
    return rv;
}

static apr_status_t make_ring_stats(void **pwhat, wfp_result_t *res,
                                    apr_pool_t *p)
{
    wfp_logring_stats_t *stats;
    apr_status_t rv = wfp_logring_stats_create(&stats, res, p);

    *pwhat = stats;
    return rv;
}

static apr_status_t make_archive(void **pwhat, wfp_result_t *res, apr_pool_t *p)
{
    wfp_archive_t *archive;
    apr_status_t rv = wfp_archive_create(&archive, res, p);

    *pwhat = archive;
    return rv;
}

/* In the order of rows below. */
enum {
    LIMITS = 0,
    POINTS,
    LEDGER,
    GUARD,
    TAILS,
    STATS,
    TALLY,
    CHILDREN,
    LATENCY,
    REGISTRY,
    KV_CACHE,
    RING,
    ARCHIVE,
    KEPT
};

static const struct {
    const char *name;
    int layout;
    make_fn *make;
} rows[KEPT] = {
    [LIMITS] = { "ratelimit", WFP_RATELIMIT_LAYOUT, make_limits },
    [POINTS] = { "points", WFP_POINTS_LAYOUT, make_points },
    [LEDGER] = { "ledger", WFP_LEDGER_LAYOUT, make_ledger },
    [GUARD] = { "sign-ins", WFP_SIGN_GUARD_LAYOUT, make_guard },
    [TAILS] = { "tails", WFP_TAILS_LAYOUT, make_tails },
    [STATS] = { "stats", WFP_STATS_LAYOUT, make_stats },
    [TALLY] = { "tally", WFP_TALLY_LAYOUT, make_tally },
    [CHILDREN] = { "children", WFP_CHILDREN_LAYOUT, make_children },
    [LATENCY] = { "latency", WFP_LATENCY_LAYOUT, make_latency },
    [REGISTRY] = { "registry-counts", WFP_REGISTRY_COUNTS_LAYOUT, make_counts },
    [KV_CACHE] = { "kv-counts", WFP_REGISTRY_COUNTS_LAYOUT, make_counts },
    [RING] = { "ring-counts", WFP_LOGRING_STATS_LAYOUT, make_ring_stats },
    [ARCHIVE] = { "archive", WFP_ARCHIVE_LAYOUT, make_archive },
};

apr_status_t wfp_kept_find(wfp_server_t *server, wfp_kept_counts_t *counts,
                           apr_pool_t *process, wfp_result_t *res)
{
    void *found[KEPT] = { NULL };
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; i < KEPT && rv == APR_SUCCESS; i++) {
        rv = find(&found[i], rows[i].name, rows[i].layout, rows[i].make,
                  process, res);
    }
    server->limits = found[LIMITS];
    server->points = found[POINTS];
    server->ledger = found[LEDGER];
    server->guard = found[GUARD];
    server->tails = found[TAILS];
    server->stats = found[STATS];
    server->tally = found[TALLY];
    server->children = found[CHILDREN];
    server->latency = found[LATENCY];
    server->archive = found[ARCHIVE];
    counts->registry = found[REGISTRY];
    counts->kv_cache = found[KV_CACHE];
    counts->ring = found[RING];
    return rv;
}
