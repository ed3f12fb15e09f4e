/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the store is told of the ledger. A row's numbers only grow. Of its minute
 * the store is told how much they grew since that began, all of it each time: so
 * telling it twice, or not knowing whether it was told, counts nothing twice. The
 * next minute begins with what the store is known to have.
 */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/ledger_room.h"

/* A teller that was killed is waited for so long; one that is only slow does no
 * harm when it ends: the greater numbers hold, here and in the store. */
#define TELLER apr_time_from_sec(10)

/* A row goes when its Worker did nothing for that long, and whoever found it
 * before has had so much time to count. */
#define IDLE_S    600
#define SETTLED_S 60

int wfp_ledger_begin(wfp_ledger_t *ledger, apr_time_t now)
{
    apr_int64_t *teller = &ledger->shared->teller;
    apr_int64_t was = __atomic_load_n(teller, __ATOMIC_ACQUIRE);

    return now >= was
           && __atomic_compare_exchange_n(teller, &was, now + TELLER, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void wfp_ledger_end(wfp_ledger_t *ledger)
{
    __atomic_store_n(&ledger->shared->teller, 0, __ATOMIC_RELEASE);
}

int wfp_ledger_turn(wfp_ledger_t *ledger, int which, apr_interval_time_t every)
{
    apr_int64_t *next = &ledger->shared->turns[which & 1];
    apr_int64_t now = wfp_clock_now();
    apr_int64_t was = __atomic_load_n(next, __ATOMIC_ACQUIRE);

    return now >= was
           && __atomic_compare_exchange_n(next, &was, now + every, 0,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static int is_told(const wfp_ledger_row_t *row, const apr_uint64_t *n)
{
    return !row->tries && !memcmp(row->told, n, sizeof(row->told));
}

/* A minute that was told already under this name is not begun again: the clock
 * was set back. */
static void begin_minute(wfp_ledger_row_t *row, apr_int64_t minute)
{
    if (minute < row->minute) {
        row->turn++;
    }
    row->minute = minute;
    memcpy(row->base, row->told, sizeof(row->base));
}

static void add_item(apr_array_header_t *list,
                     const wfp_ledger_shared_t *shared, int at,
                     const apr_uint64_t *n)
{
    const wfp_ledger_row_t *row = &shared->rows[at];
    wfp_ledger_item_t *item = apr_array_push(list);
    int i;

    memset(item, 0, sizeof(*item));
    memcpy(item->ns, row->ns, sizeof(item->ns));
    memcpy(item->script, row->script, sizeof(item->script));
    (void)apr_snprintf(item->source, sizeof(item->source), "%s-%d-%u",
                       shared->source, at, row->turn);
    item->time = row->minute * 60;
    item->row = at;
    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        item->n[i] = n[i] - row->base[i];
        item->seen[i] = n[i];
    }
}

static void collect_row(apr_array_header_t *list, wfp_ledger_shared_t *shared,
                        int at, apr_int64_t minute)
{
    wfp_ledger_row_t *row = &shared->rows[at];
    apr_uint64_t n[WFP_LEDGER_TOLD];

    wfp_ledger_sum(n, row, WFP_LEDGER_TOLD);
    if (is_told(row, n)) {
        return;
    }
    if (!row->tries && row->minute != minute) {
        begin_minute(row, minute);
    }
    row->tries = 1;
    add_item(list, shared, at, n);
}

static int by_name(const void *a, const void *b)
{
    const wfp_ledger_item_t *x = a, *y = b;
    int order = strcmp(x->ns, y->ns);

    order = order ? order : strcmp(x->script, y->script);
    return order ? order : strcmp(x->source, y->source);
}

int wfp_ledger_collect(apr_array_header_t **plist, wfp_ledger_t *ledger,
                       apr_time_t wall, int max, apr_pool_t *p)
{
    wfp_ledger_shared_t *shared = ledger->shared;
    apr_array_header_t *list = apr_array_make(p, 16, sizeof(wfp_ledger_item_t));
    int i;

    for (i = 0; i < WFP_LEDGER_ALL && list->nelts < max; i++) {
        int at = (int)(shared->cursor % WFP_LEDGER_ALL);
        apr_uint32_t state = wfp_ledger_state(shared, at);

        shared->cursor++;
        if (state == WFP_LEDGER_NAMED || state == WFP_LEDGER_CLOSING) {
            collect_row(list, shared, at, apr_time_sec(wall) / 60);
        }
    }
    qsort(list->elts, (size_t)list->nelts, sizeof(wfp_ledger_item_t), by_name);
    *plist = list;
    return list->nelts >= max;
}

/* Numbers only grow: an older teller's are less, or the same. */
static int is_newer(const wfp_ledger_item_t *item, const wfp_ledger_row_t *row)
{
    int i;

    for (i = 0; i < WFP_LEDGER_TOLD; i++) {
        if (item->seen[i] < row->told[i]) {
            return 0;
        }
    }
    return 1;
}

void wfp_ledger_stored(wfp_ledger_t *ledger, const wfp_ledger_item_t *item)
{
    wfp_ledger_row_t *row = &ledger->shared->rows[item->row];

    if (item->time == row->minute * 60 && is_newer(item, row)) {
        memcpy(row->told, item->seen, sizeof(row->told));
        row->tries = 0;
    }
}

/* ---- rows that are not used any more -------------------------------------------- */

static void close_row(wfp_ledger_shared_t *shared, int at, apr_int64_t now_s)
{
    apr_uint32_t was = WFP_LEDGER_NAMED;

    shared->rows[at].closed = now_s;
    (void)__atomic_compare_exchange_n(&shared->states[at], &was,
                                      WFP_LEDGER_CLOSING, 0, __ATOMIC_ACQ_REL,
                                      __ATOMIC_ACQUIRE); /* only we do that */
}

static void free_row(wfp_ledger_shared_t *shared, int at)
{
    wfp_ledger_row_t *row = &shared->rows[at];
    wfp_ledger_row_t *other = &shared->rows[wfp_ledger_other(shared, row->ns)];
    apr_uint64_t n[WFP_LEDGER_COUNT];
    apr_uint32_t turn = row->turn + 1;
    int i;

    (void)__atomic_fetch_add(&shared->folding, 1, __ATOMIC_ACQ_REL);
    wfp_ledger_sum(n, row, WFP_LEDGER_COUNT);
    for (i = 0; i < WFP_LEDGER_COUNT; i++) {
        (void)__atomic_fetch_add(&other->folded[i], n[i], __ATOMIC_RELAXED);
    }
    (void)__atomic_fetch_sub(&other->used, 1, __ATOMIC_RELAXED);
    memset(row, 0, sizeof(*row));
    row->turn = turn;
    __atomic_store_n(&shared->states[at], WFP_LEDGER_FREE, __ATOMIC_RELEASE);
    (void)__atomic_fetch_add(&shared->folding, 1, __ATOMIC_ACQ_REL);
}

void wfp_ledger_tidy(wfp_ledger_t *ledger, apr_time_t now)
{
    wfp_ledger_shared_t *shared = ledger->shared;
    apr_int64_t now_s = apr_time_sec(now);
    apr_uint64_t n[WFP_LEDGER_TOLD];
    int at;

    if (shared->folding % 2) {
        shared->folding++; /* who did that was killed */
    }
    for (at = 0; at < WFP_LEDGER_ROWS; at++) {
        wfp_ledger_row_t *row = &shared->rows[at];
        apr_uint32_t state = wfp_ledger_state(shared, at);

        if (state == WFP_LEDGER_NAMED
            && now_s - __atomic_load_n(&row->last, __ATOMIC_RELAXED) > IDLE_S) {
            close_row(shared, at, now_s);
        }
        if (state == WFP_LEDGER_CLOSING && now_s - row->closed > SETTLED_S) {
            wfp_ledger_sum(n, row, WFP_LEDGER_TOLD);
            if (is_told(row, n)) {
                free_row(shared, at);
            }
        }
    }
}
