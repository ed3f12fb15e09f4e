/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EVENT_H
#define WFP_EVENT_H

#include <apr.h>

#include "core/queue.h"

/** @file What a Worker is run for when it is no request: plain data. */

typedef enum {
    WFP_EVENT_SCHEDULED = 0,
    WFP_EVENT_QUEUE,
    WFP_EVENT_TAIL
} wfp_event_e;

/** A tick of a schedule. */
typedef struct wfp_scheduled_t {
    const char *cron;              /* as it was given */
    apr_int64_t time_ms;           /* since the epoch: when it was due */
    void (*no_retry)(void *baton); /* the Worker asks for that; may wait for
                                    * the store */
    void *baton;
} wfp_scheduled_t;

/** Member of a record with its request as it came, where that is not as the record
 *  says; never seen by a script. */
#define WFP_TAIL_OPEN "unredacted"

/** Records of invocations, for who is given them. */
typedef struct wfp_tail_batch_t {
    const char *text; /* a JSON array of them, n bytes */
    apr_size_t n;
    const char *consumed; /* whose they are, for its own record: as text */
    int count;
    apr_uint64_t dropped; /* there was no room for so many before */
} wfp_tail_batch_t;

/** What the handler of that kind's name is called with. */
typedef struct wfp_event_t {
    wfp_event_e kind;
    wfp_scheduled_t *scheduled; /* of WFP_EVENT_SCHEDULED */
    wfp_queue_batch_t *batch;   /* of WFP_EVENT_QUEUE: its handler sets fates */
    wfp_tail_batch_t *tail;     /* of WFP_EVENT_TAIL */
} wfp_event_t;

#endif
