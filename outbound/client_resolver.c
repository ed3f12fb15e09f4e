/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups of names. client.c asks on request threads, before a transfer goes
 * to the loop, so that curl itself never looks a name up: the loop cannot be
 * held up, and curl gets only addresses that the policy has seen. Knows no
 * policy.
 */
#include "outbound/client_resolver.h"

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/thread.h"

#define NAME_SIZE 256
#define SHARES    1024
#define SETS      256
#define WAYS      4

/* The system's resolver does not tell how long an answer holds. */
#define KEEP_FOUND  apr_time_from_sec(30)
#define KEEP_ABSENT apr_time_from_sec(5)
/* nobody could say: a server that is silent, or this process is short of
 * something; others must not suffer long from that */
#define KEEP_FAILED apr_time_from_sec(1)

/* An abort cannot signal a condition: waiters look after so long. */
#define LOOK_MAX apr_time_from_msec(100)

#define STACK_BYTES ((size_t)1024 * 1024)

typedef struct answer_t {
    char name[NAME_SIZE]; /* lower case; "": free */
    apr_time_t until;     /* known until then */
    wfp_client_found_t found;
} answer_t;

typedef struct look_up_t {
    wfp_client_resolver_t *resolver;
    char name[NAME_SIZE]; /* "": free */
    int share;
} look_up_t;

struct wfp_client_resolver_t {
    apr_pool_t *pool; /* a root: look-ups that hang outlive everything */
    wfp_lock_t *mutex;
    wfp_cond_t *changed;
    int aborted; /* atomic */
    /* under the mutex */
    int ended;
    int max;
    int share_max;
    int busy;
    int shares[SHARES];
    look_up_t *look_ups;           /* max of them */
    answer_t answers[SETS * WAYS]; /* sets of WAYS by a hash of the name */
};

static void lock(wfp_client_resolver_t *r)
{
    wfp_lock_take(r->mutex);
}

static void unlock(wfp_client_resolver_t *r)
{
    wfp_lock_leave(r->mutex);
}

apr_status_t wfp_client_resolver_create(wfp_client_resolver_t **presolver,
                                        int look_ups_max)
{
    wfp_client_resolver_t *r;
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_pool_tag(pool, "wfp_resolver");
    r = apr_pcalloc(pool, sizeof(*r));
    r->pool = pool;
    r->max = look_ups_max;
    r->share_max = look_ups_max >= 16 ? look_ups_max / 8 : 1;
    r->look_ups = apr_pcalloc(pool, sizeof(*r->look_ups) * (apr_size_t)r->max);
    rv = wfp_lock_make_both(&r->mutex, &r->changed, pool);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return rv;
    }
    *presolver = r;
    return APR_SUCCESS;
}

void wfp_client_resolver_abort(wfp_client_resolver_t *r)
{
    __atomic_store_n(&r->aborted, 1, __ATOMIC_RELAXED);
}

void wfp_client_resolver_destroy(wfp_client_resolver_t *r)
{
    int busy;

    lock(r);
    r->ended = 1;
    busy = r->busy;
    unlock(r);
    if (!busy) {
        apr_pool_destroy(r->pool);
    }
    /* else the last look-up does it, if it ends before the process */
}

int wfp_client_resolver_busy(wfp_client_resolver_t *r)
{
    int busy;

    lock(r);
    busy = r->busy;
    unlock(r);
    return busy;
}

/* ---- what is known ---------------------------------------------------- */

static answer_t *set_of(wfp_client_resolver_t *r, const char *name)
{
    apr_ssize_t n = APR_HASH_KEY_STRING;

    return r->answers + WAYS * (apr_hashfunc_default(name, &n) % SETS);
}

static const answer_t *known_locked(wfp_client_resolver_t *r, const char *name)
{
    answer_t *set = set_of(r, name);
    apr_time_t now = wfp_clock_now();
    int i;

    for (i = 0; i < WAYS; i++) {
        if (!strcmp(set[i].name, name) && now < set[i].until) {
            return &set[i];
        }
    }
    return NULL;
}

/* Its own place, or that of the answer which would end first. */
static void remember_locked(wfp_client_resolver_t *r, const char *name,
                            const wfp_client_found_t *found,
                            apr_interval_time_t keep)
{
    answer_t *set = set_of(r, name), *to = set;
    int i;

    for (i = 0; i < WAYS; i++) {
        if (!strcmp(set[i].name, name)) {
            to = &set[i];
            break;
        }
        if (set[i].until < to->until) {
            to = &set[i];
        }
    }
    (void)apr_cpystrn(to->name, name, sizeof(to->name));
    to->found = *found;
    to->until = wfp_clock_now() + keep;
}

/* ---- the look-up's thread --------------------------------------------- */

static void take(wfp_client_found_t *found, const struct addrinfo *info)
{
    wfp_address_t *to = &found->list[found->count];

    if (info->ai_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)info->ai_addr;

        wfp_address_set(to, AF_INET, &v4->sin_addr);
        found->count++;
    }
    else if (info->ai_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)info->ai_addr;

        wfp_address_set(to, AF_INET6, &v6->sin6_addr);
        found->count++;
    }
}

/* This thread's resolver takes a name with a dot as it is: completed by the
 * search list it would be another name than the one that the policy saw. */
static void take_as_it_is(const char *name)
{
    if (strchr(name, '.') && res_init() == 0) {
        _res.options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
    }
}

/* @return how long the answer may be kept */
static apr_interval_time_t ask_system(wfp_client_found_t *found,
                                      const char *name)
{
    struct addrinfo hints, *list = NULL, *info;
    int rv;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    found->count = 0;
    take_as_it_is(name);
    rv = getaddrinfo(name, NULL, &hints, &list);
    if (rv != 0) {
        return rv == EAI_NONAME ? KEEP_ABSENT : KEEP_FAILED;
    }
    for (info = list; info && found->count < WFP_CLIENT_ADDRESSES_MAX;
         info = info->ai_next) {
        take(found, info);
    }
    freeaddrinfo(list);
    return found->count ? KEEP_FOUND : KEEP_ABSENT;
}

static void *look_up_main(void *data)
{
    look_up_t *one = data;
    wfp_client_resolver_t *r = one->resolver;
    wfp_client_found_t found;
    apr_interval_time_t keep;
    int is_last;

    keep = ask_system(&found, one->name); /* the name stays meanwhile */
    lock(r);
    remember_locked(r, one->name, &found, keep);
    one->name[0] = '\0';
    r->busy--;
    r->shares[one->share]--;
    wfp_lock_wake_all(r->changed);
    is_last = r->ended && !r->busy;
    unlock(r);
    if (is_last) {
        apr_pool_destroy(r->pool);
    }
    return NULL;
}

/* ---- who asks --------------------------------------------------------- */

static int share_of(const char *owner)
{
    apr_ssize_t n = APR_HASH_KEY_STRING;

    return owner ? (int)(apr_hashfunc_default(owner, &n) % SHARES) : 0;
}

static int is_under_way_locked(const wfp_client_resolver_t *r, const char *name)
{
    int i;

    for (i = 0; r->busy && i < r->max; i++) {
        if (!strcmp(r->look_ups[i].name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Begin to look name up, if there is room. @return 0: it cannot be begun */
static int begin_locked(wfp_client_resolver_t *r, const char *name, int share)
{
    look_up_t *one = r->look_ups;

    if (is_under_way_locked(r, name) || r->busy >= r->max
        || r->shares[share] >= r->share_max) {
        return 1; /* wait */
    }
    while (one->name[0]) {
        one++;
    }
    one->resolver = r;
    one->share = share;
    (void)apr_cpystrn(one->name, name, sizeof(one->name));
    r->busy++;
    r->shares[share]++;
    if (wfp_thread_detach(look_up_main, one, STACK_BYTES) != APR_SUCCESS) {
        one->name[0] = '\0';
        r->busy--;
        r->shares[share]--;
        return 0;
    }
    return 1;
}

/* Wait for news, at most until then. @return 0: nobody wants them any more */
static int await_locked(wfp_client_resolver_t *r,
                        const wfp_client_terms_t *terms, apr_time_t *looked,
                        apr_interval_time_t left)
{
    int is_over = 0;

    if (__atomic_load_n(&r->aborted, __ATOMIC_RELAXED)
        || wfp_cancel_why(terms->cancel) != WFP_OK) {
        return 0;
    }
    /* whatever ends the wait: the caller looks again */
    (void)wfp_lock_wait_for(r->changed, left < LOOK_MAX ? left : LOOK_MAX);
    if (terms->is_over && wfp_clock_now() - *looked >= terms->look) {
        unlock(r);
        is_over = terms->is_over(terms->is_over_arg);
        *looked = wfp_clock_now();
        lock(r);
    }
    return !is_over;
}

static apr_status_t find_locked(wfp_client_found_t *found,
                                wfp_client_resolver_t *r, const char *name,
                                const wfp_client_terms_t *terms,
                                apr_time_t until)
{
    int share = share_of(terms->owner);
    apr_time_t looked = wfp_clock_now();
    const answer_t *answer;

    while ((answer = known_locked(r, name)) == NULL) {
        apr_interval_time_t left = until - wfp_clock_now();

        if (left <= 0) {
            return APR_TIMEUP;
        }
        if (!begin_locked(r, name, share)) {
            return APR_NOTFOUND;
        }
        if (!await_locked(r, terms, &looked, left)) {
            return APR_ECONNABORTED;
        }
    }
    *found = answer->found;
    return found->count ? APR_SUCCESS : APR_NOTFOUND;
}

/* RFC 6761 6.3 */
static int is_localhost(const char *name)
{
    static const char own[] = "localhost";
    apr_size_t n = strlen(name), d = sizeof(own) - 1;

    if (n && name[n - 1] == '.') {
        n--;
    }
    return n >= d && !strncasecmp(name + n - d, own, d)
           && (n == d || name[n - d - 1] == '.');
}

static void say_localhost(wfp_client_found_t *found)
{
    static const unsigned char v6[16] = { [15] = 1 }, v4[4] = { 127, 0, 0, 1 };

    found->count = 2;
    wfp_address_set(&found->list[0], AF_INET6, v6);
    wfp_address_set(&found->list[1], AF_INET, v4);
}

/* wfp_cancel_watch()'s */
static void wake_waiters(void *baton)
{
    wfp_client_resolver_t *r = baton;

    lock(r);
    wfp_lock_wake_all(r->changed);
    unlock(r);
}

apr_status_t wfp_client_resolver_find(wfp_client_found_t *found,
                                      wfp_client_resolver_t *r,
                                      const char *name,
                                      const wfp_client_terms_t *terms,
                                      apr_time_t until)
{
    char key[NAME_SIZE], *c;
    apr_status_t rv;

    found->count = 0;
    if (strlen(name) >= sizeof(key) || !*name) {
        return APR_NOTFOUND;
    }
    if (is_localhost(name)) {
        say_localhost(found);
        return APR_SUCCESS;
    }
    (void)apr_cpystrn(key, name, sizeof(key));
    for (c = key; *c; c++) {
        *c = (char)apr_tolower(*c);
    }
    wfp_cancel_watch(terms->cancel, wake_waiters, r);
    lock(r);
    rv = find_locked(found, r, key, terms, until);
    unlock(r);
    wfp_cancel_unwatch(terms->cancel);
    return rv;
}
