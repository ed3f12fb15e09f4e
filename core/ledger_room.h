/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEDGER_ROOM_H
#define WFP_LEDGER_ROOM_H

#include "core/lane.h"
#include "core/ledger.h"

/**
 * @file
 * The memory of the ledger, for ledger*.c only.
 *
 *   +-----+----------------------------+----------------------------------+
 *   | key | states: of Workers, of "*" | rows: of Workers, of namespaces  |
 *   +-----+----------------------------+----------------------------------+
 *
 * A row is free -> being named -> named -> closing -> free. Only a named one is
 * found; a closing one waits until whoever found it before is done with it. Each
 * row has lanes, so that processors that count for one Worker do not wait for
 * each other's cache line; a row's number is the sum of them.
 */

#define WFP_LEDGER_ALL (WFP_LEDGER_ROWS + WFP_LEDGER_NAMESPACES)

/** The last row: of all that have no other. */
#define WFP_LEDGER_LAST (WFP_LEDGER_ALL - 1)

enum {
    WFP_LEDGER_FREE = 0,
    WFP_LEDGER_NAMING,
    WFP_LEDGER_NAMED,
    WFP_LEDGER_CLOSING
};

typedef struct wfp_ledger_lane_t {
    apr_uint64_t n[WFP_LEDGER_COUNT];
} __attribute__((aligned(64))) wfp_ledger_lane_t;

typedef struct wfp_ledger_row_t {
    apr_uint64_t hash;
    char ns[WFP_NAME_MAX + 1];
    char script[WFP_NAME_MAX + 1];
    apr_int64_t last; /* s of core/clock: when it was counted in */
    apr_int64_t closed;
    apr_uint32_t used; /* of a namespace's: rows that its Workers have */
    apr_uint32_t is_shown;
    /* the teller's */
    apr_int64_t minute;
    apr_uint32_t tries; /* the store may have more than told says */
    apr_uint32_t turn;  /* grows where source and minute could be had before */
    apr_uint64_t base[WFP_LEDGER_TOLD]; /* when its minute began */
    apr_uint64_t told[WFP_LEDGER_TOLD];
    apr_uint64_t folded[WFP_LEDGER_COUNT]; /* of a namespace's: of rows that
                                            * are gone */
    wfp_ledger_lane_t lanes[WFP_LANES];
} wfp_ledger_row_t;

typedef struct wfp_ledger_shared_t {
    apr_uint64_t key[2];
    char source[17];
    apr_uint32_t folding; /* grows before and after sums move to a "*" */
    apr_uint32_t cursor;  /* where collecting goes on */
    apr_int64_t teller;   /* us of core/clock: until then somebody tells */
    apr_int64_t turns[2];
    apr_uint32_t states[WFP_LEDGER_ALL];
    wfp_ledger_row_t rows[WFP_LEDGER_ALL];
} wfp_ledger_shared_t;

struct wfp_ledger_t {
    wfp_ledger_shared_t *shared;
};

static inline apr_uint64_t wfp_ledger_load(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline apr_uint32_t wfp_ledger_state(const wfp_ledger_shared_t *shared,
                                            int row)
{
    return __atomic_load_n(&shared->states[row], __ATOMIC_ACQUIRE);
}

/** A row's sums: `count` of them. */
void wfp_ledger_sum(apr_uint64_t *n, const wfp_ledger_row_t *row, int count);

/** The row "*" of a namespace, made when it is not there; never fails. */
int wfp_ledger_other(wfp_ledger_shared_t *shared, const char *ns);

#endif
