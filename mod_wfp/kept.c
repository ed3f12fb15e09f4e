/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process's pool holds is found again under a name that has its layout's
 * number: the module that comes after a restart may be another build.
 */
#include "mod_wfp/kept.h"

#include <apr_strings.h>

#include "mod_wfp/archive.h"

typedef apr_status_t make_fn(void **pwhat, wfp_result_t *res, apr_pool_t *p);

typedef struct row_t {
    const char *name;
    int layout;
    make_fn *make;
    int of_store; /* what is told to a store: not to another one */
} row_t;

static const char *key_of(const row_t *row, const server_rec *main,
                          apr_pool_t *p)
{
    return row->of_store ? apr_psprintf(p, "wfp:%s:%d:%s %s", row->name,
                                        row->layout, wfp_config_db_driver(main),
                                        wfp_config_db_params(main))
                         : apr_psprintf(p, "wfp:%s:%d", row->name, row->layout);
}

static apr_status_t find(void **pwhat, const row_t *row, const server_rec *main,
                         apr_pool_t *process, wfp_result_t *res)
{
    const char *key = key_of(row, main, res->pool);
    apr_pool_t *p;
    apr_status_t rv;

    *pwhat = NULL;
    (void)apr_pool_userdata_get(pwhat, key, process); /* cannot fail */
    if (*pwhat) {
        return APR_SUCCESS;
    }
    apr_pool_create(&p, process);
    apr_pool_tag(p, apr_pstrdup(p, key));
    rv = row->make(pwhat, res, p);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(p);
        return rv;
    }
    return apr_pool_userdata_set(*pwhat, key, NULL, process);
}

/* make_NAME(): what TYPE_create() makes, of the type TYPE_t. */
#define MAKES(name, type)                                                      \
    static apr_status_t make_##name(void **pwhat, wfp_result_t *res,           \
                                    apr_pool_t *p)                             \
    {                                                                          \
        type##_t *made;                                                        \
        apr_status_t rv = type##_create(&made, res, p);                        \
                                                                               \
        *pwhat = made;                                                         \
        return rv;                                                             \
    }

MAKES(limits, wfp_ratelimit)
MAKES(points, wfp_points)
MAKES(ledger, wfp_ledger)
MAKES(guard, wfp_sign_guard)
MAKES(tails, wfp_tails)
MAKES(stats, wfp_stats)
MAKES(tally, wfp_tally)
MAKES(children, wfp_children)
MAKES(runs, wfp_runs)
MAKES(latency, wfp_latency)
MAKES(counts, wfp_registry_counts)
MAKES(ring_stats, wfp_logring_stats)
MAKES(archive, wfp_archive)

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
    RUNS,
    LATENCY,
    REGISTRY,
    KV_CACHE,
    RING,
    TAIL_RING,
    ARCHIVE,
    KEPT
};

static const row_t rows[KEPT] = {
    [LIMITS] = { "ratelimit", WFP_RATELIMIT_LAYOUT, make_limits },
    [POINTS] = { "points", WFP_POINTS_LAYOUT, make_points, 1 },
    [LEDGER] = { "ledger", WFP_LEDGER_LAYOUT, make_ledger, 1 },
    [GUARD] = { "sign-ins", WFP_SIGN_GUARD_LAYOUT, make_guard },
    [TAILS] = { "tails", WFP_TAILS_LAYOUT, make_tails },
    [STATS] = { "stats", WFP_STATS_LAYOUT, make_stats },
    [TALLY] = { "tally", WFP_TALLY_LAYOUT, make_tally },
    [CHILDREN] = { "children", WFP_CHILDREN_LAYOUT, make_children },
    [RUNS] = { "runs", WFP_RUNS_LAYOUT, make_runs },
    [LATENCY] = { "latency", WFP_LATENCY_LAYOUT, make_latency },
    [REGISTRY] = { "registry-counts", WFP_REGISTRY_COUNTS_LAYOUT, make_counts },
    [KV_CACHE] = { "kv-counts", WFP_REGISTRY_COUNTS_LAYOUT, make_counts },
    [RING] = { "ring-counts", WFP_LOGRING_STATS_LAYOUT, make_ring_stats },
    [TAIL_RING] = { "tail-ring-counts", WFP_LOGRING_STATS_LAYOUT,
                    make_ring_stats },
    [ARCHIVE] = { "archive", WFP_ARCHIVE_LAYOUT, make_archive },
};

apr_status_t wfp_kept_find(wfp_server_t *server, wfp_kept_counts_t *counts,
                           apr_pool_t *process, wfp_result_t *res)
{
    void *found[KEPT] = { NULL };
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; i < KEPT && rv == APR_SUCCESS; i++) {
        rv = find(&found[i], &rows[i], server->main, process, res);
    }
    server->limits = found[LIMITS];
    server->points = found[POINTS];
    server->ledger = found[LEDGER];
    server->guard = found[GUARD];
    server->tails = found[TAILS];
    server->stats = found[STATS];
    server->tally = found[TALLY];
    server->children = found[CHILDREN];
    server->runs = found[RUNS];
    server->latency = found[LATENCY];
    server->archive = found[ARCHIVE];
    counts->registry = found[REGISTRY];
    counts->kv_cache = found[KV_CACHE];
    counts->ring = found[RING];
    counts->tail_ring = found[TAIL_RING];
    return rv;
}
