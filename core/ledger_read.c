/* SPDX-License-Identifier: Apache-2.0 */
/* What metrics show of the ledger. */
#include <stdlib.h>
#include <string.h>

#include "core/ledger_room.h"

static int by_name(const void *a, const void *b)
{
    const wfp_ledger_sum_t *x = a, *y = b;
    int order = strcmp(x->ns, y->ns);

    return order ? order : strcmp(x->script, y->script);
}

static void add_row(apr_array_header_t *list, const wfp_ledger_row_t *row,
                    int at)
{
    wfp_ledger_sum_t *sum = apr_array_push(list);
    int i;

    memcpy(sum->ns, row->ns, sizeof(sum->ns));
    memcpy(sum->script, row->script, sizeof(sum->script));
    sum->row = at;
    sum->is_shown = (int)__atomic_load_n(&row->is_shown, __ATOMIC_RELAXED);
    wfp_ledger_sum(sum->n, row, WFP_LEDGER_COUNT);
    for (i = 0; i < WFP_LEDGER_COUNT; i++) {
        sum->n[i] += wfp_ledger_load(&row->folded[i]);
    }
}

static void read_all(apr_array_header_t *list,
                     const wfp_ledger_shared_t *shared)
{
    int at;

    for (at = 0; at < WFP_LEDGER_ALL; at++) {
        apr_uint32_t state = wfp_ledger_state(shared, at);

        if (state == WFP_LEDGER_NAMED || state == WFP_LEDGER_CLOSING) {
            add_row(list, &shared->rows[at], at);
        }
    }
}

/* Rows of one name become one. */
static void merge(apr_array_header_t *list)
{
    wfp_ledger_sum_t *sums = (wfp_ledger_sum_t *)list->elts;
    int from, to = -1, i;

    for (from = 0; from < list->nelts; from++) {
        if (to >= 0 && !by_name(&sums[to], &sums[from])) {
            for (i = 0; i < WFP_LEDGER_COUNT; i++) {
                sums[to].n[i] += sums[from].n[i];
            }
            sums[to].is_shown |= sums[from].is_shown;
            continue;
        }
        to++;
        if (to != from) {
            sums[to] = sums[from];
        }
    }
    list->nelts = to + 1;
}

/* Looks again when sums moved meanwhile: a counter must not step back. */
#define TRIES 100

void wfp_ledger_read(apr_array_header_t **plist, wfp_ledger_t *ledger,
                     apr_pool_t *p)
{
    wfp_ledger_shared_t *shared = ledger->shared;
    apr_array_header_t *list = apr_array_make(p, 64, sizeof(wfp_ledger_sum_t));
    apr_uint32_t before;
    int i;

    for (i = 0; i < TRIES; i++) {
        before = __atomic_load_n(&shared->folding, __ATOMIC_ACQUIRE);
        list->nelts = 0;
        read_all(list, shared);
        if (before % 2 == 0
            && before == __atomic_load_n(&shared->folding, __ATOMIC_ACQUIRE)) {
            break;
        }
    }
    qsort(list->elts, (size_t)list->nelts, sizeof(wfp_ledger_sum_t), by_name);
    merge(list);
    *plist = list;
}

/* ---- which are shown ----------------------------------------------------------- */

static int by_requests(const void *a, const void *b)
{
    const wfp_ledger_sum_t *x = *(wfp_ledger_sum_t *const *)a;
    const wfp_ledger_sum_t *y = *(wfp_ledger_sum_t *const *)b;
    apr_uint64_t n = x->n[WFP_LEDGER_REQUESTS], m = y->n[WFP_LEDGER_REQUESTS];

    return n == m ? by_name(x, y) : n < m ? 1 : -1;
}

void wfp_ledger_choose(apr_array_header_t *list, wfp_ledger_t *ledger, int max)
{
    wfp_ledger_sum_t **ranks = apr_pcalloc(list->pool,
                                           (apr_size_t)(list->nelts + 1)
                                               * sizeof(*ranks));
    int n = 0, left = max, i;

    for (i = 0; i < list->nelts; i++) {
        wfp_ledger_sum_t *sum = &APR_ARRAY_IDX(list, i, wfp_ledger_sum_t);

        if (strcmp(sum->script, WFP_LEDGER_OTHER) != 0) {
            ranks[n++] = sum;
        }
    }
    qsort(ranks, (size_t)n, sizeof(*ranks), by_requests);
    for (i = 0; i < n; i++) {
        ranks[i]->is_shown = ranks[i]->is_shown && i < 2 * max && left > 0;
        left -= ranks[i]->is_shown;
    }
    for (i = 0; i < n && left > 0; i++) {
        left -= !ranks[i]->is_shown;
        ranks[i]->is_shown = 1;
    }
    for (i = 0; i < n; i++) {
        __atomic_store_n(&ledger->shared->rows[ranks[i]->row].is_shown,
                         (apr_uint32_t)ranks[i]->is_shown, __ATOMIC_RELAXED);
    }
}
