/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread, ten looks a second while there are tails, asleep while there are
 * none. Nothing it does waits for a reader. Clients come from tail_door.c.
 */
#include "mod_wfp/tail_sender.h"

#include <ap_mpm.h>
#include <poll.h>

#include "core/clock.h"
#include "core/lock.h"
#include "core/logring.h"
#include "core/thread.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/log.h"

/* Between two looks at the ring; while there is nobody, at the table: it may
 * have tails of children that were killed. */
#define TICK_MS 100
#define ASLEEP  apr_time_from_sec(5)

/* Records of one look; then readers are served. */
#define RECORDS_MAX 1000

/* What waits for readers is sent for so long when the child ends. */
#define LAST_WORDS apr_time_from_msec(200)

struct wfp_tail_sender_t {
    wfp_server_t *server;
    apr_thread_t *thread;
    apr_pool_t *scratch; /* cleared after each record */
    char *record;
    wfp_logring_place_t place;
    apr_uint32_t ended; /* wfp_tails_ended() when it was last looked at */
    wfp_tail_client_t *clients;
    struct pollfd fds[WFP_TAILS_MAX];
    wfp_lock_t *lock;
    wfp_cond_t *wake;
    wfp_tail_client_t *inbox; /* under lock */
    int stop;                 /* under lock */
};

int wfp_tail_sender_is_ending(const wfp_server_t *server)
{
    int state = AP_MPMQ_RUNNING;

    return __atomic_load_n(&server->is_ending, __ATOMIC_RELAXED)
           || wfp_ending_is_forced(server)
           || (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
               && state == AP_MPMQ_STOPPING);
}

void wfp_tail_sender_hear(wfp_server_t *server, const wfp_change_t *change)
{
    int concerns = !change
                   || (change->kind == WFP_CHANGE_TOKEN && change->deleted);

    if (concerns
        && !wfp_tails_end_token(server->tails, change ? change->name : NULL)) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server->main,
                     WFPLOGNO(3701) "tails of a token that was revoked go on: "
                                    "their table's lock");
    }
}

/* ---- who is served --------------------------------------------------------------- */

static void drop_gone(wfp_tail_sender_t *sender)
{
    wfp_tail_client_t **at = &sender->clients;

    while (*at) {
        wfp_tail_client_t *client = *at;

        if (client->is_gone) {
            *at = client->next;
            /* a reader of events that comes again makes a new one */
            wfp_tails_leave(sender->server->tails, &client->tail,
                            !client->is_websocket);
            wfp_tail_client_free(client);
        }
        else {
            at = &client->next;
        }
    }
}

static int hears(void *data, apr_uint32_t whose)
{
    return wfp_tail_client_hears(data, whose);
}

/* Where the first of new ones begins. */
static void begin(wfp_tail_sender_t *sender, const wfp_tail_client_t *client)
{
    sender->place = client->since;
    for (; client; client = client->next) {
        if (client->since.at < sender->place.at) {
            sender->place = client->since;
        }
    }
}

/* What was put since its tail is heard, and passed over here. */
static void catch_up(wfp_tail_sender_t *sender, wfp_tail_client_t *client)
{
    wfp_logring_place_t at = client->since;
    wfp_logring_record_t record;
    apr_uint64_t missed = 0;

    while (at.at < sender->place.at
           && wfp_logring_next(&record, &at, &missed, sender->server->tail_ring,
                               hears, client, sender->record,
                               WFP_LOGRING_RECORD_MAX)
           && at.at <= sender->place.at) {
        wfp_tail_client_offer(client, record.data, record.n, sender->scratch);
        apr_pool_clear(sender->scratch);
    }
    wfp_tail_client_missed(client, client->left_out, missed);
}

static void take_in(wfp_tail_sender_t *sender)
{
    const wfp_tail_heard_t *heard = wfp_tails_heard(sender->server->tails);
    wfp_tail_client_t *client, *next;

    wfp_lock_take(sender->lock);
    client = sender->inbox;
    sender->inbox = NULL;
    wfp_lock_leave(sender->lock);
    if (client && !sender->clients) {
        begin(sender, client);
    }
    for (; client; client = next) {
        next = client->next;
        client->next = sender->clients;
        sender->clients = client;
        wfp_tail_client_greet(client,
                              wfp_tail_heard_missed(heard, client->whose));
        catch_up(sender, client);
    }
}

static void keep_all(wfp_tail_sender_t *sender)
{
    apr_uint32_t ended = wfp_tails_ended(sender->server->tails);
    apr_time_t now = wfp_clock_now();
    wfp_tail_client_t *client;

    for (client = sender->clients; client; client = client->next) {
        if (ended == sender->ended
            && now - client->kept < WFP_TAILS_KEEP_EVERY) {
            continue;
        }
        client->kept = now;
        if (!wfp_tails_keep(sender->server->tails, &client->tail)) {
            wfp_tail_client_leave(client, WFP_TAIL_IS_OVER);
        }
        wfp_tail_client_keep(client, now);
    }
    sender->ended = ended;
}

/* ---- records ---------------------------------------------------------------------- */

/* Others serve readers of other Workers. */
static int is_wanted(void *data, apr_uint32_t whose)
{
    const wfp_tail_sender_t *sender = data;
    const wfp_tail_client_t *client;

    for (client = sender->clients; client; client = client->next) {
        if (wfp_tail_client_hears(client, whose)) {
            return 1;
        }
    }
    return 0;
}

/* To those whose it may be. */
static void offer(wfp_tail_sender_t *sender, const wfp_logring_record_t *record)
{
    wfp_tail_client_t *client;

    for (client = sender->clients; client; client = client->next) {
        if (wfp_tail_client_hears(client, record->whose)) {
            wfp_tail_client_offer(client, record->data, record->n,
                                  sender->scratch);
        }
    }
    apr_pool_clear(sender->scratch);
}

/* Followers read what was taken as long as nobody puts another one there. */
static int forget(void *data, const wfp_logring_record_t *records, int n)
{
    (void)data;
    (void)records;
    (void)n;
    return 1;
}

/* @return 1: there may be more */
static int look(wfp_tail_sender_t *sender)
{
    wfp_tail_heard_t *heard = wfp_tails_heard(sender->server->tails);
    wfp_logring_t *ring = sender->server->tail_ring;
    apr_time_t now = wfp_clock_now();
    wfp_logring_record_t record;
    wfp_tail_client_t *client;
    apr_uint64_t missed = 0;
    int n = 0;

    for (client = sender->clients; client; client = client->next) {
        wfp_tail_heard_refill(heard, client->whose, now);
    }
    while (n < RECORDS_MAX
           && wfp_logring_next(&record, &sender->place, &missed, ring,
                               is_wanted, sender, sender->record,
                               WFP_LOGRING_RECORD_MAX)) {
        n++;
        offer(sender, &record);
    }
    (void)wfp_logring_take(ring, forget, NULL, sender->record,
                           WFP_LOGRING_RECORD_MAX, WFP_LOGRING_BATCH_MAX);
    for (client = sender->clients; client; client = client->next) {
        wfp_tail_client_missed(client,
                               wfp_tail_heard_missed(heard, client->whose),
                               missed);
    }
    return n == RECORDS_MAX;
}

static void send_all(wfp_tail_sender_t *sender)
{
    wfp_tail_client_t *client;

    for (client = sender->clients; client; client = client->next) {
        wfp_tail_client_send(client);
    }
}

/* Wait for what they say, or for room, or for the next look. */
static void await(wfp_tail_sender_t *sender, int timeout_ms)
{
    wfp_tail_client_t *client;
    int n = 0, i = 0;

    for (client = sender->clients; client && n < WFP_TAILS_MAX;
         client = client->next) {
        sender->fds[n].fd = client->fd;
        sender->fds[n].events = POLLIN;
        sender->fds[n++].revents = 0;
    }
    if (poll(sender->fds, (nfds_t)n, timeout_ms) <= 0) {
        return;
    }
    for (client = sender->clients; client && i < n; client = client->next) {
        if (sender->fds[i++].revents) {
            wfp_tail_client_read(client);
        }
    }
}

static void turn(wfp_tail_sender_t *sender)
{
    int is_ending = wfp_tail_sender_is_ending(sender->server);
    wfp_tail_client_t *client;
    int is_behind;

    take_in(sender);
    keep_all(sender); /* who may see nothing more sees nothing more */
    is_behind = look(sender);
    for (client = sender->clients; is_ending && client; client = client->next) {
        wfp_tail_client_leave(client, WFP_TAIL_RESTARTS);
    }
    send_all(sender);
    drop_gone(sender);
    if (sender->clients) {
        await(sender, is_behind ? 0 : TICK_MS);
    }
}

/* ---- the thread ------------------------------------------------------------------- */

/* @return 0: it is to end */
static int sleep_until_asked(wfp_tail_sender_t *sender)
{
    int goes_on;

    wfp_lock_take(sender->lock);
    if (!sender->stop && !sender->inbox && !sender->clients) {
        (void)wfp_lock_wait_for(sender->wake, ASLEEP);
    }
    goes_on = !sender->stop;
    wfp_lock_leave(sender->lock);
    return goes_on;
}

/* The last words go as far as readers take them. */
static void say_goodbye(wfp_tail_sender_t *sender)
{
    apr_time_t until = wfp_clock_now() + LAST_WORDS;
    wfp_tail_client_t *client;

    take_in(sender);
    (void)look(sender);
    for (client = sender->clients; client; client = client->next) {
        wfp_tail_client_leave(client, WFP_TAIL_RESTARTS);
    }
    do {
        send_all(sender);
        drop_gone(sender);
    } while (sender->clients && wfp_clock_now() < until
             && poll(NULL, 0, 10) == 0);
    for (client = sender->clients; client; client = client->next) {
        client->is_gone = 1;
    }
    drop_gone(sender);
}

static void *APR_THREAD_FUNC sender_main(apr_thread_t *thread, void *data)
{
    wfp_tail_sender_t *sender = data;

    while (sleep_until_asked(sender)) {
        turn(sender);
        if (!sender->clients && wfp_tails_count(sender->server->tails)) {
            wfp_tails_sweep(sender->server->tails);
        }
    }
    say_goodbye(sender);
    return NULL;
}

static apr_status_t sender_join(void *data)
{
    wfp_tail_sender_t *sender = data;
    apr_status_t rv;

    wfp_lock_take(sender->lock);
    sender->stop = 1;
    wfp_lock_wake_one(sender->wake);
    wfp_lock_leave(sender->lock);
    (void)apr_thread_join(&rv, sender->thread);
    return APR_SUCCESS;
}

apr_status_t wfp_tail_sender_start(wfp_tail_sender_t **psender,
                                   wfp_server_t *server, apr_pool_t *p)
{
    wfp_tail_sender_t *sender = apr_pcalloc(p, sizeof(*sender));
    apr_status_t rv;

    sender->server = server;
    sender->record = apr_palloc(p, WFP_LOGRING_RECORD_MAX);
    apr_pool_create(&sender->scratch, p);
    rv = wfp_lock_make_both(&sender->lock, &sender->wake, p);
    if (rv == APR_SUCCESS) {
        rv = wfp_thread_start(&sender->thread, sender_main, sender, p);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(p, sender, sender_join);
        *psender = sender;
    }
    return rv;
}

void wfp_tail_sender_take(wfp_tail_sender_t *sender, wfp_tail_client_t *client)
{
    wfp_lock_take(sender->lock);
    client->next = sender->inbox;
    sender->inbox = client;
    wfp_lock_wake_one(sender->wake);
    wfp_lock_leave(sender->lock);
}

void wfp_tail_sender_tell(wfp_server_t *server, apr_uint32_t whose,
                          const char *line, apr_size_t n)
{
    if (!wfp_logring_put(server->tail_ring, 0, whose, line, n)) {
        wfp_tail_heard_miss(wfp_tails_heard(server->tails), whose);
    }
}
