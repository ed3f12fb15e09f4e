/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table with open addressing. A row is claimed under a word of its own (free ->
 * being named -> named) and never given up, so a reader needs to see the last
 * state only. A child that dies while it names a row leaves that row unused for
 * good; two that come first at the same time may make two rows of one namespace,
 * which are one again when they are read.
 */
#include "core/tally.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/shared_memory.h"

enum {
    FREE = 0,
    NAMING,
    NAMED
};

typedef struct cell_t {
    apr_uint32_t state;
    apr_uint32_t pad;
    wfp_tally_row_t row;
} cell_t;

struct wfp_tally_t {
    cell_t *cells; /* the last one is for those that find no room */
};

apr_status_t wfp_tally_create(wfp_tally_t **ptally, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_tally_t *tally = apr_pcalloc(p, sizeof(*tally));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory,
                                        WFP_TALLY_ROWS * sizeof(cell_t),
                                        "counters", res, p);

    *ptally = tally;
    if (rv == APR_SUCCESS) {
        tally->cells = memory;
        (void)apr_cpystrn(tally->cells[WFP_TALLY_ROWS - 1].row.ns, "*", 2);
    }
    return rv;
}

static apr_uint32_t state_of(const cell_t *cell)
{
    return __atomic_load_n(&cell->state, __ATOMIC_ACQUIRE);
}

/* Name a free cell. @return 0: somebody else is doing that */
static int claim(cell_t *cell, const char *ns)
{
    apr_uint32_t was = FREE;

    if (!__atomic_compare_exchange_n(&cell->state, &was, NAMING, 0,
                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    (void)apr_cpystrn(cell->row.ns, ns, sizeof(cell->row.ns));
    __atomic_store_n(&cell->state, NAMED, __ATOMIC_RELEASE);
    return 1;
}

#define ROOM (WFP_TALLY_ROWS - 1)

static cell_t *cell_of(wfp_tally_t *tally, const char *ns)
{
    apr_ssize_t n = APR_HASH_KEY_STRING;
    unsigned i, home = apr_hashfunc_default(ns, &n);

    for (i = 0; i < ROOM; i++) {
        cell_t *cell = &tally->cells[(home + i) % ROOM];
        apr_uint32_t state = state_of(cell);

        if ((state == NAMED && !strcmp(cell->row.ns, ns))
            || (state == FREE && claim(cell, ns))) {
            return cell;
        }
    }
    return &tally->cells[ROOM];
}

static void add(apr_uint64_t *to, apr_uint64_t n)
{
    (void)__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

void wfp_tally_add(wfp_tally_t *tally, const char *ns, wfp_tally_e end,
                   wfp_tally_reason_e why, apr_uint64_t bytes_out,
                   apr_uint64_t bytes_in)
{
    cell_t *cell = cell_of(tally, ns);

    if (end < WFP_TALLY_ENDS && why < WFP_TALLY_REASONS) {
        add(&cell->row.why[end][why], 1);
    }
    add(&cell->row.bytes_out, bytes_out);
    add(&cell->row.bytes_in, bytes_in);
}

static apr_uint64_t load(const apr_uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void sum(wfp_tally_row_t *to, const wfp_tally_row_t *from)
{
    int i, k;

    for (i = 0; i < WFP_TALLY_ENDS; i++) {
        for (k = 0; k < WFP_TALLY_REASONS; k++) {
            apr_uint64_t n = load(&from->why[i][k]);

            to->why[i][k] += n;
            to->calls[i] += n;
        }
    }
    to->bytes_out += load(&from->bytes_out);
    to->bytes_in += load(&from->bytes_in);
}

static int is_named(const cell_t *cell, const char *ns)
{
    return state_of(cell) == NAMED && !strcmp(cell->row.ns, ns);
}

static int came_before(const wfp_tally_t *tally, int at)
{
    int i;

    for (i = 0; i < at; i++) {
        if (is_named(&tally->cells[i], tally->cells[at].row.ns)) {
            return 1;
        }
    }
    return 0;
}

int wfp_tally_read(wfp_tally_row_t *row, wfp_tally_t *tally, int *pat)
{
    int at = *pat, i;

    memset(row, 0, sizeof(*row));
    while (
        at < ROOM
        && (state_of(&tally->cells[at]) != NAMED || came_before(tally, at))) {
        at++;
    }
    *pat = at + 1;
    if (at > ROOM) {
        return 0;
    }
    (void)apr_cpystrn(row->ns, tally->cells[at].row.ns, sizeof(row->ns));
    sum(row, &tally->cells[at].row);
    for (i = at + 1; i < ROOM; i++) {
        if (is_named(&tally->cells[i], row->ns)) {
            sum(row, &tally->cells[i].row);
        }
    }
    return 1;
}

const char *wfp_tally_name(wfp_tally_e end)
{
    static const char *const names[] = { "sent", "answered", "blocked",
                                         "failed" };

    return end < WFP_TALLY_ENDS ? names[end] : "";
}

const char *wfp_tally_reason(wfp_tally_reason_e why)
{
    static const char *const names[WFP_TALLY_REASONS] = { "origin",
                                                          "outbound",
                                                          "filter",
                                                          "policy",
                                                          "egress",
                                                          "head",
                                                          "subrequests",
                                                          "network_error",
                                                          "timeout",
                                                          "aborted",
                                                          "too_many_redirects",
                                                          "body_too_large",
                                                          "other" };

    return why < WFP_TALLY_REASONS ? names[why] : "";
}
