/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUE_H
#define WFP_QUEUE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/wfp.h"

/**
 * @file
 * Messages of queues as plain data, on their way from who sends them (a Worker,
 * the REST API) into a queue and out of it to who consumes them; and the rules
 * that hold whoever asks. Bodies are any bytes.
 */

/** Bytes of a message, messages and bytes of a batch that is sent. */
#define WFP_QUEUE_MESSAGE_MAX     128000
#define WFP_QUEUE_BATCH_COUNT_MAX 100
#define WFP_QUEUE_BATCH_BYTES_MAX 256000

/** Seconds that a message may be delayed, when sent and when retried. */
#define WFP_QUEUE_DELAY_MAX 43200

/** How long messages are kept, in seconds. */
#define WFP_QUEUE_RETENTION_MIN      60
#define WFP_QUEUE_RETENTION_MAX      1209600
#define WFP_QUEUE_RETENTION_STANDARD 345600

/** What a consumer may ask for. */
#define WFP_QUEUE_WAIT_MAX_MS       60000
#define WFP_QUEUE_RETRIES_MAX       100
#define WFP_QUEUE_CONCURRENCY_MAX   250
#define WFP_QUEUE_VISIBILITY_MAX_MS (43200 * 1000)

/** A message's id in text: 32 hex digits and the NUL. */
#define WFP_QUEUE_ID_SIZE 33

typedef enum {
    WFP_QUEUE_JSON = 0,
    WFP_QUEUE_TEXT,
    WFP_QUEUE_BYTES,
    WFP_QUEUE_KIND_COUNT
} wfp_queue_kind_e;

/** What becomes of a delivered message. */
typedef enum {
    WFP_QUEUE_OPEN = 0, /* nobody has said */
    WFP_QUEUE_ACK,
    WFP_QUEUE_RETRY,
    WFP_QUEUE_DEAD /* it is not tried again (not a consumer's word) */
} wfp_queue_fate_e;

typedef struct wfp_queue_message_t {
    const char *body;
    apr_size_t size;
    wfp_queue_kind_e kind;
    apr_int64_t delay_s; /* to be sent: -1, as its queue says */
    /* of one that is delivered: */
    apr_int64_t seq;
    const char *id;
    apr_int64_t sent_ms; /* since the epoch */
    int attempts;        /* this one included */
    int failures;        /* before this one */
    /* what its consumer says: */
    wfp_queue_fate_e fate;
    apr_int64_t retry_s; /* -1: as the consumer's settings say */
} wfp_queue_message_t;

/** What is sent by one call: all of it or, on failure, nothing. */
typedef struct wfp_queue_send_t {
    wfp_queue_message_t *messages;
    int count;
    int is_batch; /* how errors name the call */
} wfp_queue_send_t;

/** What a consumer is given. */
typedef struct wfp_queue_batch_t {
    const char *queue; /* name */
    const char *lease;
    wfp_queue_message_t *messages;
    int count;
} wfp_queue_batch_t;

/** "json" etc.; NULL for a kind out of range. */
const char *wfp_queue_kind_name(wfp_queue_kind_e kind);

/** WFP_QUEUE_KIND_COUNT when there is none of that name, in any case. */
wfp_queue_kind_e wfp_queue_kind_by_name(const char *name);

/** Bytes of what is wrong with a send. */
#define WFP_QUEUE_FAULT_SIZE 160

/** Is it as large as it may be? @param text set to what is wrong, in
 *  Cloudflare's words @return 1: yes */
int wfp_queue_check(char text[WFP_QUEUE_FAULT_SIZE],
                    const wfp_queue_send_t *send);

/** May a message be delayed for so long? */
int wfp_queue_check_delay(apr_int64_t seconds);

#endif
