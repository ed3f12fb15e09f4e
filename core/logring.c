/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring is cells of 64 bytes, and a place in it is the number of a cell since
 * the beginning, which never comes again. A record takes a run of cells: a putter
 * moves `head` over them, which makes them its own, says how long the run is,
 * copies, and stores the stamp: the place itself. `tail` is behind all that was
 * taken, and nobody's run goes over it. A run whose stamp does not come was a
 * killed process's, and is passed over after a while; when not even its length
 * is there, cell by cell until there is the stamp of another run. No text can
 * forge one: places have zero bytes, records of JSON have none. A process that
 * was merely stopped for so long, and goes on, may write over others: the sum
 * tells, and is looked at from then on.
 */
#include "core/logring.h"

#include <apr_shm.h>
#include <string.h>

#include "core/clock.h"
#include "core/shared_lock.h"

#define CELL 64

/* In a stamp: the run is somebody's, and is being filled. */
#define FILLING ((apr_uint64_t)1 << 63)

/* How long a stamp may be waited for. */
#define PATIENCE apr_time_from_sec(1)

typedef struct head_t {
    apr_uint64_t stamp; /* atomic: the place + 1, with or without FILLING */
    apr_uint64_t sum;
    apr_uint32_t n;
    apr_uint32_t kind;
} head_t;

/* Each word that many write has a line of the cache of its own. */
typedef struct shared_t {
    apr_uint64_t head; /* atomic: the first free place */
    char pad1[CELL - 8];
    apr_uint64_t tail;      /* atomic; written under lock */
    apr_uint64_t waits_for; /* under lock: a place whose stamp is not there */
    apr_time_t since;
    apr_uint64_t
        passed; /* atomic: a run was passed over, whose putter may live */
    char pad2[CELL - 32];
    wfp_logring_stats_t stats; /* atomic */
    char pad3[CELL - sizeof(wfp_logring_stats_t)];
    wfp_shared_lock_t lock; /* whoever takes */
} shared_t;

struct wfp_logring_t {
    shared_t *shared;
    wfp_logring_stats_t *stats; /* atomic: in shared, or elsewhere */
    char *cells;
    apr_uint64_t count;
};

apr_status_t wfp_logring_create(wfp_logring_t **pring, apr_size_t bytes,
                                wfp_result_t *res, apr_pool_t *p)
{
    wfp_logring_t *ring = apr_pcalloc(p, sizeof(*ring));
    apr_size_t at = APR_ALIGN(sizeof(shared_t), CELL);
    apr_shm_t *shm;
    apr_status_t rv;

    bytes = APR_ALIGN(bytes, CELL);
    rv = apr_shm_create(&shm, at + bytes + CELL, NULL, p);
    if (rv == APR_SUCCESS) {
        char *base = (char *)APR_ALIGN((apr_uintptr_t)apr_shm_baseaddr_get(shm),
                                       CELL);

        ring->shared = (shared_t *)base; /* zeros, as mapped */
        ring->stats = &ring->shared->stats;
        ring->cells = base + at;
        ring->count = bytes / CELL;
        rv = wfp_shared_lock_make(&ring->shared->lock);
    }
    *pring = ring;
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(res, WFP_INTERNAL, rv,
                                              "no shared memory for records");
}

apr_status_t wfp_logring_stats_create(wfp_logring_stats_t **pstats,
                                      wfp_result_t *res, apr_pool_t *p)
{
    apr_shm_t *shm;
    apr_status_t rv = apr_shm_create(&shm, sizeof(**pstats), NULL, p);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "no shared memory for records' counters");
    }
    *pstats = apr_shm_baseaddr_get(shm); /* zeros, as mapped */
    return APR_SUCCESS;
}

void wfp_logring_count_in(wfp_logring_t *ring, wfp_logring_stats_t *stats)
{
    ring->stats = stats;
}

static void count(apr_uint64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t cells_of(apr_size_t n)
{
    return (sizeof(head_t) + n + CELL - 1) / CELL;
}

/* Not against anybody who wants to forge it. Sums of words, and of these sums:
 * words that change places change it. */
static apr_uint64_t sum_of(apr_uint64_t place, const char *data, apr_size_t n)
{
    apr_uint64_t words = place, sums = n, word;

    for (; n >= sizeof(word); n -= sizeof(word), data += sizeof(word)) {
        memcpy(&word, data, sizeof(word));
        words += word;
        sums += words;
    }
    for (word = 0; n > 0; n--, data++) {
        word = (word << 8) | (unsigned char)*data;
    }
    words += word;
    sums += words;
    return (words * 0x9e3779b97f4a7c15) ^ sums;
}

/* A follower copies while cells may be written anew, and believes its copy when
 * nobody had made them his own by then. That is an order of plain writes and
 * reads around those of ring->head, for processors that keep none of their own;
 * TSan knows no fences (tests/tsan.supp). */
#ifdef __SANITIZE_THREAD__
#define FENCE(order) ((void)0)
#else
#define FENCE(order) __atomic_thread_fence(order)
#endif

static head_t *head_at(const wfp_logring_t *ring, apr_uint64_t place)
{
    return (head_t *)(ring->cells + place % ring->count * CELL);
}

/* Make a run of cells one's own. @return 0: there is no room */
static int claim(apr_uint64_t *pplace, wfp_logring_t *ring, apr_uint64_t cells)
{
    apr_uint64_t place = __atomic_load_n(&ring->shared->head, __ATOMIC_RELAXED);

    do {
        apr_uint64_t tail = __atomic_load_n(&ring->shared->tail,
                                            __ATOMIC_ACQUIRE);

        if (place + cells > tail + ring->count) {
            return 0;
        }
    } while (!__atomic_compare_exchange_n(&ring->shared->head, &place,
                                          place + cells, 1, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    FENCE(__ATOMIC_RELEASE);
    *pplace = place;
    return 1;
}

/* How many of the n bytes behind a head lie before the ring's end. */
static apr_size_t before_end(const wfp_logring_t *ring, const head_t *head,
                             apr_size_t n)
{
    apr_size_t room = (apr_size_t)(ring->cells + ring->count * CELL
                                   - (const char *)(head + 1));

    return n < room ? n : room;
}

int wfp_logring_put(wfp_logring_t *ring, apr_uint32_t kind, const char *data,
                    apr_size_t n)
{
    apr_uint64_t place;
    apr_size_t first;
    head_t *head;

    if (n > WFP_LOGRING_RECORD_MAX || !claim(&place, ring, cells_of(n))) {
        count(&ring->stats->dropped);
        return 0;
    }
    head = head_at(ring, place);
    __atomic_store_n(&head->n, (apr_uint32_t)n, __ATOMIC_RELAXED);
    head->kind = kind;
    __atomic_store_n(&head->stamp, (place + 1) | FILLING, __ATOMIC_RELEASE);
    first = before_end(ring, head, n);
    memcpy(head + 1, data, first);
    memcpy(ring->cells, data + first, n - first);
    head->sum = sum_of(place, data, n);
    count(&ring->stats->put);
    __atomic_store_n(&head->stamp, place + 1, __ATOMIC_RELEASE);
    return 1;
}

static apr_uint64_t stamp_at(const wfp_logring_t *ring, apr_uint64_t place)
{
    return __atomic_load_n(&head_at(ring, place)->stamp, __ATOMIC_ACQUIRE);
}

/* Of whatever lies there: it may change meanwhile. */
static apr_uint32_t size_at(const wfp_logring_t *ring, apr_uint64_t place)
{
    return __atomic_load_n(&head_at(ring, place)->n, __ATOMIC_RELAXED);
}

/* Copy the record that begins there. @return its cells; 0: its stamp is not
 * there, or it is none, or one of more bytes than there is room for */
static apr_uint64_t copy(wfp_logring_record_t *record,
                         const wfp_logring_t *ring, apr_uint64_t place,
                         apr_uint64_t end, char *to, apr_size_t room)
{
    const head_t *head = head_at(ring, place);
    apr_uint64_t sum;
    apr_size_t first, n;

    if (stamp_at(ring, place) != place + 1) {
        return 0;
    }
    n = size_at(ring, place); /* once: whoever was passed over may write it */
    if (n > room || n > WFP_LOGRING_RECORD_MAX || place + cells_of(n) > end) {
        return 0;
    }
    sum = head->sum;
    record->kind = head->kind;
    first = before_end(ring, head, n);
    memcpy(to, head + 1, first);
    memcpy(to + first, ring->cells, n - first);
    record->data = to;
    record->n = n;
    return !__atomic_load_n(&ring->shared->passed, __ATOMIC_RELAXED)
                   || sum == sum_of(place, to, n)
               ? cells_of(n)
               : 0;
}

/* A stamp is not there: does its putter live, as far as one can tell? */
static int is_patient(shared_t *shared, apr_uint64_t place)
{
    apr_time_t now = wfp_clock_now();

    if (shared->waits_for != place + 1) {
        shared->waits_for = place + 1;
        shared->since = now;
    }
    return now - shared->since < PATIENCE;
}

/* Behind a run that is not a record, as far as can be told; at most end. */
static apr_uint64_t pass_over(const wfp_logring_t *ring, apr_uint64_t place,
                              apr_uint64_t end)
{
    apr_uint32_t n = size_at(ring, place);

    if ((stamp_at(ring, place) & ~FILLING) == place + 1
        && n <= WFP_LOGRING_RECORD_MAX && place + cells_of(n) <= end) {
        return place + cells_of(n);
    }
    do {
        place++;
    } while (place < end && (stamp_at(ring, place) & ~FILLING) != place + 1);
    return place;
}

/* Some records, from the tail on. @return behind the last of them */
static apr_uint64_t gather(wfp_logring_record_t *records, int *pn,
                           wfp_logring_t *ring, char *scratch, apr_size_t room,
                           int most)
{
    apr_uint64_t at = __atomic_load_n(&ring->shared->tail, __ATOMIC_RELAXED);
    apr_uint64_t end = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    apr_uint64_t cells;

    for (*pn = 0; at < end && *pn < most; at += cells) {
        if (stamp_at(ring, at) == at + 1 && size_at(ring, at) > room) {
            break; /* with the next ones: there is room for any when *pn is 0 */
        }
        cells = copy(&records[*pn], ring, at, end, scratch, room);
        if (cells) {
            scratch += records[*pn].n;
            room -= records[(*pn)++].n;
        }
        else if (is_patient(ring->shared, at)) {
            break;
        }
        else {
            /* before the tail is: whoever puts there sees it, and who looks */
            __atomic_store_n(&ring->shared->passed, 1, __ATOMIC_RELAXED);
            cells = pass_over(ring, at, end) - at;
            count(&ring->stats->lost);
        }
    }
    return at;
}

apr_int64_t wfp_logring_take(wfp_logring_t *ring, wfp_logring_fn *fn,
                             void *baton, char *scratch,
                             apr_size_t scratch_bytes, int most)
{
    wfp_logring_record_t records[WFP_LOGRING_BATCH_MAX];
    apr_int64_t sum = 0;
    apr_status_t rv = wfp_shared_lock_for(&ring->shared->lock, 0);
    apr_uint64_t tail;
    int n;

    if (rv == EOWNERDEAD) {
        rv = wfp_shared_lock_mended(&ring->shared->lock); /* one word: whole */
    }
    if (rv != APR_SUCCESS) {
        return -1;
    }
    for (;;) {
        tail = gather(records, &n, ring, scratch, scratch_bytes, most);
        if ((n > 0 && !fn(baton, records, n)) || tail == ring->shared->tail) {
            break;
        }
        __atomic_store_n(&ring->shared->tail, tail, __ATOMIC_RELEASE);
        sum += n;
    }
    wfp_shared_lock_leave(&ring->shared->lock);
    return sum;
}

void wfp_logring_follow(wfp_logring_place_t *place, wfp_logring_t *ring)
{
    place->at = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
}

int wfp_logring_next(wfp_logring_record_t *record, wfp_logring_place_t *place,
                     int *pmissed, wfp_logring_t *ring, char *scratch,
                     apr_size_t scratch_bytes)
{
    apr_uint64_t end = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);

    while (place->at < end) {
        apr_uint64_t cells = 0;

        if (end <= place->at + ring->count) {
            cells = copy(record, ring, place->at, end, scratch, scratch_bytes);
        }
        FENCE(__ATOMIC_ACQUIRE);
        end = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
        if (cells && end <= place->at + ring->count) {
            place->at += cells;
            return 1;
        }
        if (!cells && end <= place->at + ring->count
            && __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE)
                   <= place->at) {
            return 0; /* it is being put */
        }
        (*pmissed)++;
        place->at = end > place->at + ring->count
                        ? __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE)
                        : pass_over(ring, place->at, end);
    }
    return 0;
}

void wfp_logring_stats(wfp_logring_stats_t *stats, wfp_logring_t *ring)
{
    const wfp_logring_stats_t *from = ring->stats;

    stats->put = __atomic_load_n(&from->put, __ATOMIC_RELAXED);
    stats->dropped = __atomic_load_n(&from->dropped, __ATOMIC_RELAXED);
    stats->lost = __atomic_load_n(&from->lost, __ATOMIC_RELAXED);
}
