/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_CLIENT_H
#define WFP_TAIL_CLIENT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/logring.h"
#include "core/tail_filter.h"
#include "core/tails.h"
#include "core/wfp.h"

/**
 * @file
 * One reader of a live tail: what is on its way to it, in a buffer of fixed
 * size, and what it says. Nothing here waits: a reader that is too slow, or whose
 * Worker is too busy, loses records and is told how many. All by the thread that
 * serves tails.
 */

typedef struct wfp_tail_client_t wfp_tail_client_t;

struct wfp_tail_client_t {
    wfp_tail_client_t *next;
    apr_pool_t *pool; /* its own */
    wfp_tails_entry_t tail;
    wfp_logring_place_t since; /* its first record is there, or later */
    int fd;                    /* its own; does not block */
    int is_websocket;          /* else server-sent events */
    const char *hello;         /* bytes before all others */
    wfp_tail_filter_t *filter;
    apr_pool_t *filter_pool;
    apr_uint32_t whose; /* its Worker's number, which others may have, too */
    const char *key;    /* how its Worker's records begin, and no others */
    apr_size_t key_n;
    struct wfp_websocket_in_t *in;
    char *out;
    apr_size_t from, to; /* of out, what waits */
    apr_uint64_t dropped;
    apr_uint64_t left_out; /* records of its Worker, when last looked at */
    apr_time_t sent;       /* when bytes went out last */
    apr_time_t kept;       /* when its tail was kept last */
    int is_paused;
    int is_leaving; /* nothing more is put, what waits still goes */
    int is_gone;    /* nothing goes any more */
};

/** Why a tail ends. */
typedef enum {
    WFP_TAIL_RESTARTS = 0, /* this child ends: come again */
    WFP_TAIL_IS_OVER       /* its time is, or somebody ended it */
} wfp_tail_end_e;

/** A client of that connection, whose fd is its own from now on. In a pool of
 *  its own below p. NULL: no memory.
 *  @param since  where the ring was when its tail was not heard yet
 *  @param whose  its Worker's number */
wfp_tail_client_t *wfp_tail_client_make(const wfp_tails_entry_t *tail,
                                        const wfp_logring_place_t *since,
                                        apr_uint32_t whose, int fd,
                                        int is_websocket, const char *hello,
                                        apr_pool_t *p);

/** The first bytes: what is offered from now on it sees.
 *  @param left_out  of its Worker before */
void wfp_tail_client_greet(wfp_tail_client_t *client, apr_uint64_t left_out);

/** Does it want a record of the Worker of that number? */
int wfp_tail_client_hears(const wfp_tail_client_t *client, apr_uint32_t whose);

/** A record of the ring, a line of JSON and a newline, that it hears: is it
 *  its Worker's, and does its filter want it? */
void wfp_tail_client_offer(wfp_tail_client_t *client, const char *record,
                           apr_size_t n, apr_pool_t *scratch);

/** Records went by that it was not sent.
 *  @param left_out  of its Worker so far, as core/tail_heard.h counts
 *  @param n         of any, from the ring, since the last call */
void wfp_tail_client_missed(wfp_tail_client_t *client, apr_uint64_t left_out,
                            apr_uint64_t n);

/** Read what it says. */
void wfp_tail_client_read(wfp_tail_client_t *client);

/** Send what waits, as far as it goes. */
void wfp_tail_client_send(wfp_tail_client_t *client);

/** So that both sides, and those between them, know that it lives; one that
 *  takes nothing for a minute is gone. */
void wfp_tail_client_keep(wfp_tail_client_t *client, apr_time_t now);

/** Say why it ends; nothing is put from now on. */
void wfp_tail_client_leave(wfp_tail_client_t *client, wfp_tail_end_e why);

/** Close its connection and free it. */
void wfp_tail_client_free(wfp_tail_client_t *client);

#endif
