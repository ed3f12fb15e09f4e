/* SPDX-License-Identifier: Apache-2.0 */
#include "mod_wfp/points.h"

#include <apr_atomic.h>
#include <apr_strings.h>

#include "core/clock.h"
#include "mod_wfp/log.h"

/* How often what is too old is looked for; the first process of a host that
 * comes does it. */
#define PRUNE_EVERY apr_time_from_sec(60)

void wfp_points_here(wfp_host_ctx_t *ctx, const char *dataset,
                     const char *owner, const wfp_point_t *point)
{
    wfp_server_t *server = ctx->work->server;
    wfp_data_point_t row;
    apr_pool_t *p;

    apr_pool_create(&p, ctx->work->pool);
    row.id = apr_psprintf(p, "%s%" APR_TIME_T_FMT "-%u", server->id_prefix,
                          wfp_clock_now(), apr_atomic_inc32(&server->id_next));
    row.dataset = dataset;
    row.time = apr_time_now();
    row.ns = ctx->entry.ns;
    row.worker = ctx->entry.name;
    row.point = wfp_point_write(point, p);
    (void)wfp_points_put(server->points, owner, &row, p); /* counted there */
    apr_pool_destroy(p);
}

void wfp_points_turn(wfp_server_t *server, apr_pool_t *p)
{
    apr_time_t begun = wfp_clock_now();
    wfp_result_t res;
    int more = 0;
    apr_status_t rv;

    wfp_result_init(&res, p);
    rv = wfp_points_drain(server->points, server->store, &res, p);
    if (rv == APR_SUCCESS && begun - server->pruned > PRUNE_EVERY) {
        rv = wfp_data_points_prune(&more, server->store, WFP_DATA_POINTS_KEPT,
                                   apr_time_now(), &res, p);
        /* what did not fit goes with the next turn */
        server->pruned = rv == APR_SUCCESS && more ? server->pruned : begun;
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_INFO, rv, server->main,
                     WFPLOGNO(3101) "data points stay where they are for now: "
                                    "%s",
                     res.message);
    }
}
