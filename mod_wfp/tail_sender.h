/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAIL_SENDER_H
#define WFP_TAIL_SENDER_H

#include <apr_pools.h>

#include "mod_wfp/server.h"
#include "mod_wfp/tail_client.h"
#include "store/changes.h"

/**
 * @file
 * The thread of a child that serves all its live tails: it follows a ring of
 * records that tails want (core/tail_heard.h), which has those of all children, and
 * sends each to those who want it.
 */

/** Bytes of the ring. */
#define WFP_TAIL_SENDER_RING ((apr_size_t)8 * 1024 * 1024)

apr_status_t wfp_tail_sender_start(wfp_tail_sender_t **psender,
                                   wfp_server_t *server,
                                   apr_pool_t *p) WFP_CHECK;

/** Hand a connected tail over; the sender's from now on. Any thread. */
void wfp_tail_sender_take(wfp_tail_sender_t *sender, wfp_tail_client_t *client);

/** A record, a line of JSON and a newline. Any thread.
 *  @param whose  number of its Worker, which was claimed */
void wfp_tail_sender_tell(wfp_server_t *server, apr_uint32_t whose,
                          const char *line, apr_size_t n);

/** The store has changed: a token that was revoked has no tails. @param change
 *  NULL: some changes are not known. Any process of the host. */
void wfp_tail_sender_hear(wfp_server_t *server, const wfp_change_t *change);

/** 1: this child ends, gracefully or not: what waits for more gives up. */
int wfp_tail_sender_is_ending(const wfp_server_t *server);

#endif
