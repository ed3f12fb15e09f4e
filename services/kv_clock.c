/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of KV writes in a mapped file. Called by kv.c. It must not know what
 * is remembered with them, nor where values are.
 *
 *   +------+------------------+------------------+-----------------+--------+
 *   | head | numbers of keys  | numbers of       | writes that are | all    |
 *   |      | (by their hash)  | namespaces       | announced       |        |
 *   +------+------------------+------------------+-----------------+--------+
 *
 * A key's number is the sum of its own, its namespace's and the one of all: each
 * only grows, so the sum is the same only while all three are. A file of zeros
 * is one that nothing was written to.
 *
 * Who announces writes names himself by a number of his own; he holds a lock on
 * the byte of that number, which the kernel takes from him when he dies.
 */
#include "services/kv_clock.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/kv.h"

#define NAME   "/clock"
#define MAGIC  APR_UINT64_C(0x31304b434c43564b)
#define KEYS   65536U
#define SPACES 4096U
#define WRITES 1024U

#define NAP apr_time_from_msec(1)

/* bytes that members lock: behind the file */
#define MEMBERS ((off_t)1 << 40)

typedef struct shared_t {
    apr_uint64_t magic;
    apr_uint64_t pad[7];
    apr_uint64_t keys[KEYS];
    apr_uint64_t spaces[SPACES];
    apr_uint64_t writes[WRITES]; /* who << 32 | (place + 1); 0: none */
    apr_uint64_t all;
    apr_uint64_t pad_end[7];
} shared_t;

struct wfp_kv_clock_t {
    shared_t *shared;
    int fd;
    apr_uint32_t member;
    apr_uint32_t hint; /* where the last free place was */
};

/* ---- the file ------------------------------------------------------------------ */

static struct flock byte_of(apr_uint32_t member)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    lock.l_start = MEMBERS + (off_t)member;
    lock.l_len = 1;
    return lock;
}

static apr_status_t become_member(wfp_kv_clock_t *clock)
{
    struct flock lock;
    apr_status_t rv;

    do {
        rv = wfp_crypto_random((unsigned char *)&clock->member,
                               sizeof(clock->member));
        if (rv != APR_SUCCESS) {
            return rv;
        }
        lock = byte_of(clock->member);
        rv = fcntl(clock->fd, F_OFD_SETLK, &lock) < 0 ? errno : 0;
    } while (rv == EAGAIN || rv == EACCES); /* somebody has that number */
    return rv;
}

static int is_alive(const wfp_kv_clock_t *clock, apr_uint32_t member)
{
    struct flock lock = byte_of(member);

    return member == clock->member || fcntl(clock->fd, F_OFD_GETLK, &lock) < 0
           || lock.l_type != F_UNLCK;
}

static apr_status_t map(wfp_kv_clock_t *clock)
{
    apr_uint64_t none = 0;
    off_t size = lseek(clock->fd, 0, SEEK_END);
    void *at;

    /* all who find it short make it as long */
    if (size < 0
        || (size < (off_t)sizeof(shared_t)
            && ftruncate(clock->fd, sizeof(shared_t)) < 0)) {
        return errno;
    }
    at = mmap(NULL, sizeof(shared_t), PROT_READ | PROT_WRITE, MAP_SHARED,
              clock->fd, 0);
    if (at == MAP_FAILED) {
        return errno;
    }
    clock->shared = at;
    (void)__atomic_compare_exchange_n(&clock->shared->magic, &none, MAGIC, 0,
                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return clock->shared->magic == MAGIC ? APR_SUCCESS : APR_EINVAL;
}

static apr_status_t unmap(void *data)
{
    wfp_kv_clock_t *clock = data;

    if (clock->shared) {
        (void)munmap(clock->shared, sizeof(shared_t));
    }
    return close(clock->fd) < 0 ? errno : APR_SUCCESS;
}

apr_status_t wfp_kv_clock_open(wfp_kv_clock_t **pclock, const char *dir,
                               wfp_result_t *res, apr_pool_t *p)
{
    wfp_kv_clock_t *clock = apr_pcalloc(p, sizeof(*clock));
    const char *path = apr_pstrcat(p, dir, NAME, NULL);
    apr_status_t rv = apr_dir_make_recursive(dir,
                                             APR_FPROT_UREAD | APR_FPROT_UWRITE
                                                 | APR_FPROT_UEXECUTE,
                                             p);

    if (rv == APR_SUCCESS) {
        clock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        rv = clock->fd < 0 ? errno : APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        apr_pool_cleanup_register(p, clock, unmap, apr_pool_cleanup_null);
        rv = map(clock);
    }
    if (rv == APR_SUCCESS) {
        rv = become_member(clock);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "cannot use %s", path);
    }
    *pclock = clock;
    return rv;
}

/* ---- numbers ------------------------------------------------------------------- */

/* A namespace's number is that of its hash alone. */
static void place_of(wfp_kv_place_t *place, apr_uint64_t ns, apr_uint64_t hash,
                     int is_key)
{
    place->hash = hash;
    place->ns = KEYS + (apr_uint32_t)(ns % SPACES);
    place->key = is_key ? (apr_uint32_t)(hash % KEYS) : place->ns;
}

void wfp_kv_clock_place(wfp_kv_place_t *place, const char *ns, const char *key,
                        apr_size_t n)
{
    apr_uint64_t space = wfp_kv_hash(ns, NULL, 0);

    place_of(place, space, key ? wfp_kv_hash(ns, key, n) : space, key != NULL);
}

static apr_uint64_t *number_at(wfp_kv_clock_t *clock, apr_uint32_t at)
{
    return at < KEYS ? &clock->shared->keys[at]
                     : &clock->shared->spaces[(at - KEYS) % SPACES];
}

static void grow(apr_uint64_t *number)
{
    (void)__atomic_fetch_add(number, 1, __ATOMIC_SEQ_CST);
}

static apr_uint64_t load(const apr_uint64_t *at)
{
    return __atomic_load_n(at, __ATOMIC_SEQ_CST);
}

apr_int64_t wfp_kv_clock_read(const wfp_kv_clock_t *clock,
                              const wfp_kv_place_t *place)
{
    const shared_t *shared = clock->shared;
    apr_uint64_t sum = load(&shared->spaces[place->ns - KEYS])
                       + load(&shared->all) + 1;

    if (place->key < KEYS) {
        sum += load(&shared->keys[place->key]);
    }
    return (apr_int64_t)(sum & APR_INT64_MAX);
}

/* ---- writes -------------------------------------------------------------------- */

static apr_uint32_t place_in(apr_uint64_t write)
{
    return (apr_uint32_t)write - 1;
}

/* Whose writer died: its number grows first. @return 1: it is gone */
static int take_away_dead(wfp_kv_clock_t *clock, apr_uint64_t *slot,
                          apr_uint64_t write)
{
    if (is_alive(clock, (apr_uint32_t)(write >> 32))) {
        return 0;
    }
    grow(number_at(clock, place_in(write)));
    (void)__atomic_compare_exchange_n(slot, &write, 0, 0, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST);
    return 1;
}

int wfp_kv_clock_is_still(wfp_kv_clock_t *clock, const wfp_kv_place_t *place)
{
    int is_still = 1;
    apr_uint32_t i;

    for (i = 0; i < WRITES; i++) {
        apr_uint64_t *slot = &clock->shared->writes[i], write = load(slot);

        if (write
            && (place_in(write) == place->key
                || place_in(write) == place->ns)) {
            (void)take_away_dead(clock, slot, write);
            is_still = 0; /* the number may have grown since it was asked */
        }
    }
    return is_still;
}

/* @return 0: all places are taken by the living */
static int announce(wfp_kv_write_t *write, wfp_kv_clock_t *clock)
{
    apr_uint64_t mine = (apr_uint64_t)clock->member << 32 | (write->at + 1);
    apr_uint32_t i, hint = __atomic_load_n(&clock->hint, __ATOMIC_RELAXED);

    for (i = 0; i < 2 * WRITES; i++) {
        apr_uint32_t at = (hint + i) % WRITES;
        apr_uint64_t *slot = &clock->shared->writes[at], was = load(slot);

        if (was && i >= WRITES) { /* the second time round */
            (void)take_away_dead(clock, slot, was);
            was = load(slot);
        }
        if (!was
            && __atomic_compare_exchange_n(slot, &was, mine, 0,
                                           __ATOMIC_SEQ_CST,
                                           __ATOMIC_SEQ_CST)) {
            write->slot = at;
            __atomic_store_n(&clock->hint, at + 1, __ATOMIC_RELAXED);
            return 1;
        }
    }
    return 0;
}

apr_status_t wfp_kv_clock_begin(wfp_kv_write_t *write, wfp_kv_clock_t *clock,
                                const wfp_kv_place_t *place, apr_time_t until)
{
    write->at = place->key;
    while (!announce(write, clock)) {
        if (wfp_clock_now() >= until) {
            return APR_EBUSY;
        }
        apr_sleep(NAP);
    }
    grow(number_at(clock, write->at));
    return APR_SUCCESS;
}

void wfp_kv_clock_end(wfp_kv_clock_t *clock, const wfp_kv_write_t *write)
{
    grow(number_at(clock, write->at));
    __atomic_store_n(&clock->shared->writes[write->slot], 0, __ATOMIC_SEQ_CST);
}

/* ---- between hosts --------------------------------------------------------------- */

void wfp_kv_clock_tell(wfp_kv_clock_t *clock, const char *name)
{
    const char *hex = name ? strchr(name, '/') : NULL;
    wfp_kv_place_t place;

    if (!name) {
        grow(&clock->shared->all);
        return;
    }
    if (hex) {
        place_of(&place, 0, (apr_uint64_t)apr_strtoi64(hex + 1, NULL, 16), 1);
    }
    else {
        wfp_kv_clock_place(&place, name, NULL, 0);
    }
    grow(number_at(clock, place.key));
}
