/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring is cells of 64 bytes, and a place in it is the number of a cell since
 * the beginning, which never comes again. A record takes a run of cells: a putter
 * moves `head` over them, which makes them its own, says how long the run is,
 * copies or makes the record there, and stores the stamp: the place itself. `tail` is behind all that was
 * taken, and nobody's run goes over it. A run whose stamp does not come was a
 * killed process's, and is passed over after a while; when not even its length
 * is there, cell by cell until there is the stamp of another run. No text can
 * forge one: places end with two NULs, which no cell of a record does begin with:
 * JSON has none, record_packed.h says why they are in no word of its. A process that
 * was merely stopped for so long, and goes on, may write over others: a sum
 * tells, which records have from there on, once round the ring.
 */
#include "core/logring.h"

#include <string.h>

#include "core/clock.h"
#include "core/shared_lock.h"
#include "core/shared_memory.h"

#define CELL WFP_SHARED_LINE

/* In a stamp: the run is somebody's, and is being filled. */
#define FILLING ((apr_uint64_t)1 << 63)

/* How long a stamp may be waited for. */
#define PATIENCE apr_time_from_sec(1)

typedef struct head_t {
    apr_uint64_t stamp; /* atomic: the place + 1, with or without FILLING */
    apr_uint64_t sum;
    apr_uint32_t n;
    apr_uint16_t cells; /* of the run: all that the record has room for */
    apr_uint16_t kind;
    apr_uint32_t whose;
    apr_uint32_t number; /* of the put */
} head_t;

/* The kind of a run that has no record. */
#define NOTHING 0xffff

/* What many write has a line of the cache of its own. */
typedef struct shared_t {
    apr_uint64_t head;   /* atomic: the first free place */
    apr_uint64_t number; /* atomic: of the next put */
    char pad1[CELL - 16];
    apr_uint64_t tail;      /* atomic; written under lock */
    apr_uint64_t waits_for; /* under lock: a place whose stamp is not there */
    apr_time_t since;
    apr_uint64_t passed; /* atomic: the first place that whoever was passed
                               over may write to; 0: none */
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
    void *memory = NULL;
    apr_status_t rv;

    bytes = APR_ALIGN(bytes, CELL);
    rv = wfp_shared_memory(&memory, at + bytes, "records", res, p);
    *pring = ring;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ring->shared = memory;
    ring->stats = &ring->shared->stats;
    ring->cells = (char *)memory + at;
    ring->count = bytes / CELL;
    rv = wfp_shared_lock_make(&ring->shared->lock);
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv, "no lock for records");
}

apr_status_t wfp_logring_stats_create(wfp_logring_stats_t **pstats,
                                      wfp_result_t *res, apr_pool_t *p)
{
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(**pstats),
                                        "records' counters", res, p);

    *pstats = memory;
    return rv;
}

void wfp_logring_count_in(wfp_logring_t *ring, wfp_logring_stats_t *stats)
{
    ring->stats = stats;
}

/* @return what it was before */
static apr_uint64_t count(apr_uint64_t *counter)
{
    return __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static apr_uint64_t cells_of(apr_size_t n)
{
    return (sizeof(head_t) + n + CELL - 1) / CELL;
}

/* A factor that makes much of a small difference. */
#define ODD ((apr_uint64_t)0x9e3779b97f4a7c15)

/* Two words at a time, which compilers know how to add. */
typedef apr_uint64_t pair_t __attribute__((vector_size(16)));

typedef struct sum_t {
    pair_t words, sums;
} sum_t;

static inline void add_up(sum_t *sum, const char *data, apr_size_t n)
{
    pair_t pair = { 0, 0 };

    memcpy(&pair, data, n);
    sum->words += pair;
    sum->sums += sum->words;
}

/* Fletcher's: a word that is another one, or in another place, makes another sum.
 * Not against anybody who wants to forge it. */
static apr_uint64_t sum_of(const char *data, apr_size_t n)
{
    sum_t sum = { { n, 0 }, { 0, 0 } };

    for (; n >= 64; n -= 64, data += 64) {
        add_up(&sum, data, 16);
        add_up(&sum, data + 16, 16);
        add_up(&sum, data + 32, 16);
        add_up(&sum, data + 48, 16);
    }
    for (; n >= 16; n -= 16, data += 16) {
        add_up(&sum, data, 16);
    }
    add_up(&sum, data, n);
    return ((sum.words[0] * ODD ^ sum.words[1]) * ODD ^ sum.sums[0]) * ODD
           ^ sum.sums[1];
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

/* May somebody write there who was passed over? Whoever comes to have such cells
 * knows: the tail that let him was moved later. */
static int is_shared(const wfp_logring_t *ring, apr_uint64_t place,
                     apr_uint64_t cells)
{
    apr_uint64_t passed = __atomic_load_n(&ring->shared->passed,
                                          __ATOMIC_RELAXED);

    return passed && place + cells > passed;
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

/* The sum of a record and of what its head says. */
static apr_uint64_t seal(const head_t *is, apr_uint64_t place, const char *data)
{
    return sum_of(data, is->n) ^ place ^ (apr_uint64_t)is->cells << 48
           ^ ((apr_uint64_t)is->kind << 32 | is->whose) * ODD;
}

/* Begin to fill a run. @return NULL: there is no room */
static head_t *begin(wfp_logring_run_t *run, wfp_logring_t *ring,
                     apr_uint64_t cells)
{
    head_t *head;

    if (!claim(&run->place, ring, cells)) {
        return NULL;
    }
    head = head_at(ring, run->place);
    head->number = (apr_uint32_t)count(&ring->shared->number);
    __atomic_store_n(&head->cells, (apr_uint16_t)cells, __ATOMIC_RELAXED);
    __atomic_store_n(&head->stamp, (run->place + 1) | FILLING,
                     __ATOMIC_RELEASE);
    return head;
}

/* data: the record, n bytes */
static void end(const wfp_logring_t *ring, const wfp_logring_run_t *run,
                apr_uint32_t kind, apr_uint32_t whose, const char *data,
                apr_size_t n)
{
    head_t *head = head_at(ring, run->place);

    head->kind = (apr_uint16_t)kind;
    head->whose = whose;
    __atomic_store_n(&head->n, (apr_uint32_t)n, __ATOMIC_RELAXED);
    if (is_shared(ring, run->place, head->cells)) {
        head->sum = seal(head, run->place, data);
    }
    __atomic_store_n(&head->stamp, run->place + 1, __ATOMIC_RELEASE);
}

void wfp_logring_expect(const wfp_logring_t *ring)
{
    __builtin_prefetch(&ring->shared->head, 1);
}

int wfp_logring_put(wfp_logring_t *ring, apr_uint32_t kind, apr_uint32_t whose,
                    const char *data, apr_size_t n)
{
    wfp_logring_run_t run;
    apr_size_t first;
    head_t *head = n <= WFP_LOGRING_RECORD_MAX ? begin(&run, ring, cells_of(n))
                                               : NULL;

    if (!head) {
        (void)count(&ring->stats->dropped);
        return 0;
    }
    first = before_end(ring, head, n);
    memcpy(head + 1, data, first);
    memcpy(ring->cells, data + first, n - first);
    end(ring, &run, kind, whose, data, n);
    return 1;
}

/* So that whoever takes, and has more to do with these, comes to catch up. */
static int is_half_full(const wfp_logring_t *ring)
{
    return wfp_logring_end(ring)
               - __atomic_load_n(&ring->shared->tail, __ATOMIC_RELAXED)
           > ring->count / 2;
}

char *wfp_logring_open(wfp_logring_run_t *run, wfp_logring_t *ring,
                       apr_size_t room)
{
    head_t *head = is_half_full(ring) ? NULL : begin(run, ring, cells_of(room));
    apr_size_t at;

    if (!head) {
        return NULL;
    }
    if (before_end(ring, head, room) < room) {
        end(ring, run, NOTHING, 0, "", 0);
        return NULL;
    }
    /* all at once: a record is written in small pieces, each of which would wait */
    for (at = CELL; at < sizeof(head_t) + room; at += CELL) {
        __builtin_prefetch((char *)head + at, 1);
    }
    return (char *)(head + 1);
}

void wfp_logring_close(wfp_logring_t *ring, const wfp_logring_run_t *run,
                       apr_uint32_t kind, apr_uint32_t whose, apr_size_t n)
{
    end(ring, run, kind, whose, (const char *)(head_at(ring, run->place) + 1),
        n);
}

static apr_uint64_t stamp_at(const wfp_logring_t *ring, apr_uint64_t place)
{
    return __atomic_load_n(&head_at(ring, place)->stamp, __ATOMIC_ACQUIRE);
}

/* Of whatever lies there: it may change meanwhile. */
static apr_uint16_t cells_at(const wfp_logring_t *ring, apr_uint64_t place)
{
    return __atomic_load_n(&head_at(ring, place)->cells, __ATOMIC_RELAXED);
}

/* The head of the run that begins there; its sizes are read once, as whoever was
 * passed over may write them. @return its cells; 0: its stamp is not there, or it
 * is none */
static apr_uint64_t read_head(head_t *is, const wfp_logring_t *ring,
                              apr_uint64_t place, apr_uint64_t end)
{
    if (stamp_at(ring, place) != place + 1) {
        return 0;
    }
    *is = *head_at(ring, place);
    is->n = __atomic_load_n(&head_at(ring, place)->n, __ATOMIC_RELAXED);
    is->cells = cells_at(ring, place);
    return is->n > WFP_LOGRING_RECORD_MAX || cells_of(is->n) > is->cells
                   || place + is->cells > end
               ? 0
               : is->cells;
}

/* Copy the record of that head. @return the run's cells; 0: it is none */
static apr_uint64_t copy(wfp_logring_record_t *record, const head_t *is,
                         const wfp_logring_t *ring, apr_uint64_t place,
                         char *to)
{
    const head_t *head = head_at(ring, place);
    apr_size_t first = before_end(ring, head, is->n);

    memcpy(to, head + 1, first);
    memcpy(to + first, ring->cells, is->n - first);
    record->data = to;
    record->n = is->n;
    record->kind = is->kind;
    record->whose = is->whose;
    return !is_shared(ring, place, is->cells) || is->sum == seal(is, place, to)
               ? is->cells
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
    apr_uint16_t cells = cells_at(ring, place);

    if ((stamp_at(ring, place) & ~FILLING) == place + 1 && cells > 0
        && place + cells <= end) {
        return place + cells;
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
    head_t head;

    for (*pn = 0; at < end && *pn < most; at += cells) {
        cells = read_head(&head, ring, at, end);
        if (cells && head.kind == NOTHING) {
            continue;
        }
        if (cells && head.n > room) {
            break; /* with the next ones: there is room for any when *pn is 0 */
        }
        if (cells) {
            cells = copy(&records[*pn], &head, ring, at, scratch);
        }
        if (cells) {
            scratch += records[*pn].n;
            room -= records[(*pn)++].n;
        }
        else if (is_patient(ring->shared, at)) {
            break;
        }
        else {
            /* before the tail is: whoever puts there sees it, and who looks */
            if (!ring->shared->passed) {
                __atomic_store_n(&ring->shared->passed, at + ring->count,
                                 __ATOMIC_RELAXED);
            }
            cells = pass_over(ring, at, end) - at;
            (void)count(&ring->stats->lost);
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
    apr_uint64_t end = wfp_logring_end(ring);
    apr_uint64_t tail = 0;
    int n;

    if (rv == EOWNERDEAD) {
        rv = wfp_shared_lock_mended(&ring->shared->lock); /* one word: whole */
    }
    if (rv != APR_SUCCESS) {
        return -1;
    }
    while (tail < end) { /* others may put as fast as this takes */
        tail = gather(records, &n, ring, scratch, scratch_bytes, most);
        if ((n > 0 && !fn(baton, records, n)) || tail == ring->shared->tail) {
            break;
        }
        __atomic_store_n(&ring->shared->tail, tail, __ATOMIC_RELEASE);
        (void)__atomic_fetch_add(&ring->stats->taken, n, __ATOMIC_RELAXED);
        sum += n;
    }
    wfp_shared_lock_leave(&ring->shared->lock);
    return sum;
}

void wfp_logring_follow(wfp_logring_place_t *place, wfp_logring_t *ring)
{
    place->at = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    place->number = (apr_uint32_t)__atomic_load_n(&ring->shared->number,
                                                  __ATOMIC_RELAXED);
    place->is_gap = 0;
}

/* Has the ring not gone round since a place was its head? What was read there
 * before was no other's then. */
static int is_there(const wfp_logring_t *ring, apr_uint64_t place)
{
    FENCE(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE)
           <= place + ring->count;
}

/* Is a place behind the tail? Then nobody puts there any more. */
static int is_taken(const wfp_logring_t *ring, apr_uint64_t place)
{
    return __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE) > place;
}

/* Behind what is no record: go on where records are for sure. */
static void catch_up(wfp_logring_place_t *place, const wfp_logring_t *ring,
                     apr_uint64_t end)
{
    place->is_gap = 1;
    place->at = is_there(ring, place->at)
                    ? pass_over(ring, place->at, end)
                    : __atomic_load_n(&ring->shared->tail, __ATOMIC_ACQUIRE);
}

/* Behind a record. @return how many before it were not seen */
static apr_uint64_t step(wfp_logring_place_t *place, apr_uint64_t cells,
                         apr_uint32_t number)
{
    /* numbers come again; those of two putters may have changed places */
    apr_uint32_t gap = place->is_gap ? number - place->number : 0;

    place->at += cells;
    place->number = number + 1;
    place->is_gap = 0;
    return gap <= APR_INT32_MAX ? gap : 0;
}

/* What is copied may be written over meanwhile: whether it was is asked then. */
int wfp_logring_next(wfp_logring_record_t *record, wfp_logring_place_t *place,
                     apr_uint64_t *pmissed, wfp_logring_t *ring,
                     wfp_logring_wants_fn *wants, void *baton, char *scratch,
                     apr_size_t scratch_bytes)
{
    apr_uint64_t end = __atomic_load_n(&ring->shared->head, __ATOMIC_ACQUIRE);
    apr_uint64_t cells;
    int wanted = 0;
    head_t head;

    while (!wanted && place->at < end) {
        cells = is_there(ring, place->at)
                    ? read_head(&head, ring, place->at, end)
                    : 0;
        wanted = cells && head.kind != NOTHING && head.n <= scratch_bytes
                 && (!wants || wants(baton, head.whose));
        if (wanted) {
            cells = copy(record, &head, ring, place->at, scratch);
        }
        if (cells && is_there(ring, place->at)) {
            *pmissed += step(place, cells, head.number);
            continue;
        }
        wanted = 0;
        if (is_there(ring, place->at) && !is_taken(ring, place->at)) {
            break; /* it is being put */
        }
        catch_up(place, ring, end);
    }
    return wanted;
}

apr_uint64_t wfp_logring_end(const wfp_logring_t *ring)
{
    return __atomic_load_n(&ring->shared->head, __ATOMIC_RELAXED);
}

int wfp_logring_is_empty(const wfp_logring_t *ring)
{
    return __atomic_load_n(&ring->shared->tail, __ATOMIC_RELAXED)
           == wfp_logring_end(ring);
}

void wfp_logring_stats(wfp_logring_stats_t *stats, wfp_logring_t *ring)
{
    const wfp_logring_stats_t *from = ring->stats;

    stats->taken = __atomic_load_n(&from->taken, __ATOMIC_RELAXED);
    stats->dropped = __atomic_load_n(&from->dropped, __ATOMIC_RELAXED);
    stats->lost = __atomic_load_n(&from->lost, __ATOMIC_RELAXED);
}
