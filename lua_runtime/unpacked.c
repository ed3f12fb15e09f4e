/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body that comes unpacked is work of its invocation, whoever reads it, like
 * one that a function makes: the CPU time goes to its budget, and over the limit
 * its isolate is ended. Made by state.c for api/, ended by run.c.
 */
#include "lua_runtime/unpacked.h"

#include "lua_runtime/call.h"
#include "lua_runtime/inside.h"

/* The structures and the list of fields beside what core/unpack takes. */
#define OWN_COST   512
#define FIELD_COST (2 * sizeof(wfp_header_t))

struct wfp_unpacked_t {
    wfp_invocation_t *inv; /* NULL: it has ended */
    wfp_unpacked_t *next;
    const wfp_body_t *body;
    apr_int64_t begun_ns; /* thread CPU time */
    wfp_unpack_payer_t payer;
};

static void begin_work(void *baton)
{
    wfp_unpacked_t *u = baton;

    u->begun_ns = wfp_frame_thread_ns();
}

/* The CPU limit is over: a frame that waits for this read leaves when it has
 * it; without one the isolate is not entered again. */
static apr_status_t expire(wfp_invocation_t *inv, wfp_result_t *res)
{
    wfp_budget_t *budget = &inv->budget;

    if (budget->expired == WFP_OK) {
        budget->expired_ns = budget->cpu_ns;
        budget->expired = budget->cpu_code;
    }
    if (!inv->iso->frame) {
        inv->iso->dead = 1;
    }
    wfp_meter_tell(res, inv->iso, budget);
    wfp_call_sign(res, inv->iso);
    return APR_EINTR;
}

static apr_status_t end_work(void *baton, wfp_result_t *res)
{
    wfp_unpacked_t *u = baton;
    wfp_invocation_t *inv = u->inv;

    if (!inv || inv->iso->dead) {
        return wfp_result_set(res, WFP_EXCEPTION, APR_ECONNABORTED,
                              "the Worker that fetched this body has ended");
    }
    inv->budget.host_ns += wfp_frame_thread_ns() - u->begun_ns;
    return inv->budget.cpu_ns + inv->budget.host_ns >= inv->budget.cpu_max_ns
               ? expire(inv, res)
               : APR_SUCCESS;
}

static void give_memory(void *baton)
{
    const wfp_unpacked_t *u = baton;

    if (u->inv && !u->inv->iso->dead) {
        wfp_arena_discharge(&u->inv->iso->arena, WFP_UNPACK_COST);
        u->inv->budget.charged -= WFP_UNPACK_COST;
    }
}

apr_size_t wfp_unpacked_cost(const wfp_response_t *resp)
{
    return OWN_COST + (apr_size_t)resp->headers->count * FIELD_COST
           + (apr_size_t)wfp_unpack_depth(resp) * WFP_UNPACK_COST;
}

apr_status_t wfp_unpacked_make(wfp_response_t **presp, wfp_invocation_t *inv,
                               const wfp_response_t *resp)
{
    wfp_unpacked_t *u = apr_pcalloc(inv->pool, sizeof(*u));
    apr_status_t rv;

    u->inv = inv;
    u->payer.begin = begin_work;
    u->payer.end = end_work;
    u->payer.closed = give_memory;
    u->payer.baton = u;
    rv = wfp_unpack_response(presp, resp, &u->payer, inv->pool);
    if (rv == APR_SUCCESS) {
        u->body = (*presp)->body;
        u->next = inv->unpacked;
        inv->unpacked = u;
    }
    return rv;
}

int wfp_unpacked_is_open(const wfp_invocation_t *inv)
{
    const wfp_unpacked_t *u;

    for (u = inv->unpacked; u; u = u->next) {
        if (u->body->handed_on && !u->body->closed) {
            return 1;
        }
    }
    return 0;
}

void wfp_unpacked_end_all(wfp_invocation_t *inv)
{
    wfp_unpacked_t *u;

    for (u = inv->unpacked; u; u = u->next) {
        u->inv = NULL;
    }
    inv->unpacked = NULL;
}
