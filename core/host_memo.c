/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of 64 bytes, each with four cells of two words: what is known (with the
 * table's number), and the host's keyed hash exclusive-or that. A cell that two
 * write at once fits no host, so nothing needs a lock. A host's line comes from
 * its hash; within it, what no longer holds is replaced first, then a host that
 * nothing serves, so that those cannot push out what wildcards serve.
 */
#include "core/host_memo.h"

#include "core/crypto.h"
#include "core/shared_memory.h"
#include "core/siphash.h"

#define LINES 16384 /* 1 MB */
#define CELLS 4

typedef struct cell_t {
    apr_uint64_t mark; /* hash ^ value */
    apr_uint64_t value;
} cell_t;

typedef struct shared_t {
    apr_uint64_t turn; /* the table's number, from 1 */
    apr_uint64_t pad[7];
    cell_t cells[LINES][CELLS];
} shared_t;

struct wfp_host_memo_t {
    apr_uint64_t key[2];
    shared_t *shared;
};

/* of a value: 48 bits of the table's number, 16 of what is known */
#define WHAT(value)       ((apr_uint32_t)((value)&0xffff))
#define VALUE(turn, what) ((turn) << 16 | (what))

static apr_uint64_t load(const apr_uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

static void store(apr_uint64_t *to, apr_uint64_t n)
{
    __atomic_store_n(to, n, __ATOMIC_RELAXED);
}

apr_status_t wfp_host_memo_create(wfp_host_memo_t **pmemo, wfp_result_t *res,
                                  apr_pool_t *p)
{
    wfp_host_memo_t *memo = apr_pcalloc(p, sizeof(*memo));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "hostnames",
                                        res, p);

    *pmemo = memo;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    memo->shared = memory;
    memo->shared->turn = 1;
    return wfp_shared_key(memo->key, "hostnames", res);
}

apr_uint64_t wfp_host_memo_turn(const wfp_host_memo_t *memo)
{
    return __atomic_load_n(&memo->shared->turn, __ATOMIC_ACQUIRE);
}

static cell_t *line_of(wfp_host_memo_t *memo, apr_uint64_t hash)
{
    return memo->shared->cells[hash % LINES];
}

apr_uint32_t wfp_host_memo_get(wfp_host_memo_t *memo, const char *host,
                               apr_size_t n)
{
    apr_uint64_t hash = wfp_siphash(memo->key, host, n);
    apr_uint64_t turn = wfp_host_memo_turn(memo), value;
    const cell_t *line = line_of(memo, hash);
    int i;

    for (i = 0; i < CELLS; i++) {
        value = load(&line[i].value);
        if ((load(&line[i].mark) ^ value) == hash && value >> 16 == turn) {
            return WHAT(value);
        }
    }
    return 0;
}

/* How well can a cell be done without? */
static int rank(apr_uint64_t value, apr_uint64_t turn)
{
    return value >> 16 != turn ? 2 : WHAT(value) == WFP_HOST_MEMO_NONE ? 1 : 0;
}

void wfp_host_memo_put(wfp_host_memo_t *memo, apr_uint64_t turn,
                       const char *host, apr_size_t n, apr_uint32_t what)
{
    apr_uint64_t hash = wfp_siphash(memo->key, host, n), value;
    cell_t *line = line_of(memo, hash), *victim;
    int i;

    victim = &line[(hash >> 32) % CELLS];
    for (i = 0; i < CELLS; i++) {
        value = load(&line[i].value);
        if ((load(&line[i].mark) ^ value) == hash) {
            victim = &line[i];
            break;
        }
        if (rank(value, turn) > rank(load(&victim->value), turn)) {
            victim = &line[i];
        }
    }
    value = VALUE(turn, what);
    store(&victim->mark, hash ^ value);
    store(&victim->value, value);
}

void wfp_host_memo_forget(wfp_host_memo_t *memo)
{
    (void)__atomic_add_fetch(&memo->shared->turn, 1, __ATOMIC_ACQ_REL);
}
