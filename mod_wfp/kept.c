/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the process's pool holds is found again under a name that has its layout's
 * number: the module that comes after a restart may be another build.
 */
#include "mod_wfp/kept.h"

#include <apr_strings.h>

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

apr_status_t wfp_kept_find(wfp_server_t *server, apr_pool_t *process,
                           wfp_result_t *res)
{
    void *limits, *points = NULL, *ledger = NULL, *guard = NULL, *tails = NULL;
    apr_status_t rv = find(&limits, "ratelimit", WFP_RATELIMIT_LAYOUT,
                           make_limits, process, res);

    if (rv == APR_SUCCESS) {
        rv = find(&points, "points", WFP_POINTS_LAYOUT, make_points, process,
                  res);
    }
    if (rv == APR_SUCCESS) {
        rv = find(&ledger, "ledger", WFP_LEDGER_LAYOUT, make_ledger, process,
                  res);
    }
    if (rv == APR_SUCCESS) {
        rv = find(&guard, "sign-ins", WFP_SIGN_GUARD_LAYOUT, make_guard,
                  process, res);
    }
    if (rv == APR_SUCCESS) {
        rv = find(&tails, "tails", WFP_TAILS_LAYOUT, make_tails, process, res);
    }
    server->limits = limits;
    server->points = points;
    server->ledger = ledger;
    server->guard = guard;
    server->tails = tails;
    return rv;
}
