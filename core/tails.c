/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tails themselves, under the lock; and for the hot path whose records they
 * want (tail_heard), which is made anew from them at each change, so who is killed
 * in the middle leaves nothing that the next one does not mend.
 */
#include "core/tails.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto.h"
#include "core/shared_lock.h"
#include "core/shared_memory.h"


/* A connected one that was not kept for so long has lost its child. */
#define GONE apr_time_from_sec(30)

/* Taken by people and once a second by who serves one: never held for long. */
#define PATIENCE apr_time_from_sec(2)

typedef enum {
    SLOT_FREE = 0,
    SLOT_MADE,
    SLOT_CONNECTED
} state_e;

typedef struct slot_t {
    int state;
    int held;
    apr_time_t seen; /* as core/clock.h tells it */
    wfp_tails_entry_t tail;
} slot_t;

typedef struct shared_t {
    wfp_tail_heard_t heard;
    apr_uint32_t ended; /* atomic: how often some were ended */
    wfp_shared_lock_t lock;
    slot_t slots[WFP_TAILS_MAX];
} shared_t;

struct wfp_tails_t {
    shared_t *shared;
};

apr_status_t wfp_tails_create(wfp_tails_t **ptails, wfp_result_t *res,
                              apr_pool_t *p)
{
    wfp_tails_t *tails = apr_pcalloc(p, sizeof(*tails));
    void *memory = NULL;
    apr_status_t rv = wfp_shared_memory(&memory, sizeof(shared_t), "tails", res,
                                        p);

    *ptails = tails;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    tails->shared = memory;
    rv = wfp_crypto_random(&tails->shared->heard.seed,
                           sizeof(tails->shared->heard.seed));
    if (rv == APR_SUCCESS) {
        rv = wfp_shared_lock_make(&tails->shared->lock);
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(res, WFP_INTERNAL, rv,
                                "no lock or random seed for tails");
}

int wfp_tails_count(const wfp_tails_t *tails)
{
    return (int)__atomic_load_n(&tails->shared->heard.count, __ATOMIC_RELAXED);
}

wfp_tail_heard_t *wfp_tails_heard(const wfp_tails_t *tails)
{
    return &tails->shared->heard;
}

/* ---- under the lock ------------------------------------------------------------ */

static void publish_locked(shared_t *shared)
{
    apr_uint32_t numbers[WFP_TAILS_MAX];
    int i, n = 0;

    for (i = 0; i < WFP_TAILS_MAX; i++) {
        const slot_t *slot = &shared->slots[i];

        if (slot->state == SLOT_CONNECTED) {
            numbers[n++] = wfp_tail_heard_number(&shared->heard, slot->tail.ns,
                                                 slot->tail.name);
        }
    }
    wfp_tail_heard_publish(&shared->heard, numbers, n);
}

static int is_over(const slot_t *slot, apr_time_t now)
{
    return slot->state == SLOT_FREE || now >= slot->tail.end
           || (slot->state == SLOT_CONNECTED && now - slot->seen > GONE);
}

static void sweep_locked(shared_t *shared)
{
    apr_time_t now = wfp_clock_now();
    int i;

    for (i = 0; i < WFP_TAILS_MAX; i++) {
        if (is_over(&shared->slots[i], now)) {
            shared->slots[i].state = SLOT_FREE;
        }
    }
    publish_locked(shared);
}

static apr_status_t enter(wfp_tails_t *tails)
{
    apr_status_t rv = wfp_shared_lock_for(&tails->shared->lock, PATIENCE);

    if (rv == EOWNERDEAD) {
        rv = wfp_shared_lock_mended(&tails->shared->lock);
    }
    if (rv == APR_SUCCESS) {
        sweep_locked(tails->shared);
    }
    return rv;
}

static void leave(wfp_tails_t *tails)
{
    wfp_shared_lock_leave(&tails->shared->lock);
}

/* The slot of a tail, when it is still that one's. */
static slot_t *slot_of_locked(wfp_tails_t *tails, const wfp_tails_entry_t *tail)
{
    slot_t *slot = &tails->shared->slots[tail->slot];

    return slot->state != SLOT_FREE && !strcmp(slot->tail.id, tail->id) ? slot
                                                                        : NULL;
}

static int is_of(const slot_t *slot, const char *ns, const char *name)
{
    return slot->state != SLOT_FREE && !strcmp(slot->tail.ns, ns)
           && !strcmp(slot->tail.name, name);
}

static apr_status_t make_id(char *to)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[(WFP_TAILS_ID_SIZE - 1) / 2];
    apr_status_t rv = wfp_crypto_random(bytes, sizeof(bytes));
    apr_size_t i;

    for (i = 0; rv == APR_SUCCESS && i < sizeof(bytes); i++) {
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = '\0';
    return rv;
}

/* A free place; -1: the Worker, or the host, has its share. */
static int place_locked(const shared_t *shared, const wfp_tails_entry_t *tail)
{
    int i, place = -1, own = 0;

    for (i = WFP_TAILS_MAX - 1; i >= 0; i--) {
        if (shared->slots[i].state == SLOT_FREE) {
            place = i;
        }
        else {
            own += is_of(&shared->slots[i], tail->ns, tail->name);
        }
    }
    return own < WFP_TAILS_OF_WORKER ? place : -1;
}

apr_status_t wfp_tails_add(wfp_tails_entry_t *tail, apr_interval_time_t life,
                           wfp_tails_t *tails)
{
    apr_status_t rv = make_id(tail->id);

    if (rv == APR_SUCCESS) {
        rv = make_id(tail->secret);
    }
    if (rv == APR_SUCCESS) {
        rv = enter(tails);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    tail->end = wfp_clock_now() + life;
    tail->expires = apr_time_now() + life;
    tail->slot = place_locked(tails->shared, tail);
    if (tail->slot < 0) {
        rv = APR_ENOSPC;
    }
    else {
        slot_t *slot = &tails->shared->slots[tail->slot];

        slot->tail = *tail;
        slot->state = SLOT_MADE;
    }
    leave(tails);
    return rv;
}

apr_status_t wfp_tails_find(wfp_tails_entry_t *tail, wfp_tails_t *tails,
                            const char *secret)
{
    apr_status_t rv;
    int i;

    if (strlen(secret) != WFP_TAILS_ID_SIZE - 1) {
        return APR_NOTFOUND;
    }
    rv = enter(tails);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = APR_NOTFOUND;
    for (i = 0; i < WFP_TAILS_MAX && rv != APR_SUCCESS; i++) {
        const slot_t *slot = &tails->shared->slots[i];

        if (slot->state != SLOT_FREE
            && wfp_crypto_equal(slot->tail.secret, secret,
                                WFP_TAILS_ID_SIZE - 1)) {
            *tail = slot->tail;
            rv = APR_SUCCESS;
        }
    }
    leave(tails);
    return rv;
}

int wfp_tails_list(wfp_tails_entry_t *list, wfp_tails_t *tails, const char *ns,
                   const char *name)
{
    int i, n = 0;

    if (enter(tails) != APR_SUCCESS) {
        return 0;
    }
    for (i = 0; i < WFP_TAILS_MAX && n < WFP_TAILS_OF_WORKER; i++) {
        if (is_of(&tails->shared->slots[i], ns, name)) {
            list[n++] = tails->shared->slots[i].tail;
        }
    }
    leave(tails);
    return n;
}

static void tell_ended_locked(shared_t *shared)
{
    publish_locked(shared);
    (void)__atomic_add_fetch(&shared->ended, 1, __ATOMIC_RELAXED);
}

apr_status_t wfp_tails_end(wfp_tails_t *tails, const char *ns, const char *name,
                           const char *id)
{
    apr_status_t rv = enter(tails);
    int i;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = APR_NOTFOUND;
    for (i = 0; i < WFP_TAILS_MAX; i++) {
        slot_t *slot = &tails->shared->slots[i];

        if (is_of(slot, ns, name) && !strcmp(slot->tail.id, id)) {
            slot->state = SLOT_FREE;
            rv = APR_SUCCESS;
        }
    }
    tell_ended_locked(tails->shared);
    leave(tails);
    return rv;
}

int wfp_tails_end_token(wfp_tails_t *tails, const char *token)
{
    int i;

    if (enter(tails) != APR_SUCCESS) {
        return 0;
    }
    for (i = 0; i < WFP_TAILS_MAX; i++) {
        slot_t *slot = &tails->shared->slots[i];

        if (!token || !strcmp(slot->tail.token, token)) {
            slot->state = SLOT_FREE;
        }
    }
    tell_ended_locked(tails->shared);
    leave(tails);
    return 1;
}

apr_uint32_t wfp_tails_ended(const wfp_tails_t *tails)
{
    return __atomic_load_n(&tails->shared->ended, __ATOMIC_RELAXED);
}

static int count_held_locked(const shared_t *shared)
{
    int i, n = 0;

    for (i = 0; i < WFP_TAILS_MAX; i++) {
        n += shared->slots[i].state == SLOT_CONNECTED && shared->slots[i].held;
    }
    return n;
}

apr_status_t wfp_tails_connect(wfp_tails_t *tails,
                               const wfp_tails_entry_t *tail, int held_max)
{
    apr_status_t rv = enter(tails);
    slot_t *slot;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    slot = slot_of_locked(tails, tail);
    if (!slot) {
        rv = APR_NOTFOUND;
    }
    else if (slot->state == SLOT_CONNECTED) {
        rv = APR_EBUSY;
    }
    else if (held_max > 0 && count_held_locked(tails->shared) >= held_max) {
        rv = APR_ENOSPC;
    }
    else {
        slot->seen = wfp_clock_now();
        slot->held = held_max > 0;
        slot->state = SLOT_CONNECTED;
        publish_locked(tails->shared);
    }
    leave(tails);
    return rv;
}

int wfp_tails_keep(wfp_tails_t *tails, const wfp_tails_entry_t *tail)
{
    slot_t *slot;

    if (enter(tails) != APR_SUCCESS) {
        return 1; /* it is asked again */
    }
    slot = slot_of_locked(tails, tail);
    if (slot) {
        slot->seen = wfp_clock_now();
    }
    leave(tails);
    return slot != NULL;
}

void wfp_tails_leave(wfp_tails_t *tails, const wfp_tails_entry_t *tail,
                     int over)
{
    slot_t *slot;

    if (enter(tails) != APR_SUCCESS) {
        return; /* it is swept */
    }
    slot = slot_of_locked(tails, tail);
    if (slot) {
        slot->state = over ? SLOT_FREE : SLOT_MADE;
        publish_locked(tails->shared);
    }
    leave(tails);
}

void wfp_tails_sweep(wfp_tails_t *tails)
{
    if (enter(tails) == APR_SUCCESS) {
        leave(tails);
    }
}
