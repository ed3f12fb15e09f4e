/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of queues: how large messages and batches may be, how long they may be
 * delayed, with Cloudflare's texts. Called by the Worker API, the REST API and
 * who keeps the messages. It knows none of them.
 */
#include "core/queue.h"

#include <apr_strings.h>
#include <string.h>

static const char *const kinds[WFP_QUEUE_KIND_COUNT] = {
    [WFP_QUEUE_JSON] = "json",
    [WFP_QUEUE_TEXT] = "text",
    [WFP_QUEUE_BYTES] = "bytes",
};

const char *wfp_queue_kind_name(wfp_queue_kind_e kind)
{
    return (unsigned)kind < WFP_QUEUE_KIND_COUNT ? kinds[kind] : NULL;
}

wfp_queue_kind_e wfp_queue_kind_by_name(const char *name)
{
    int kind = 0;

    while (kind < WFP_QUEUE_KIND_COUNT && strcasecmp(name, kinds[kind])) {
        kind++;
    }
    return (wfp_queue_kind_e)kind;
}

/* A call that is a batch also bounds its sum. */
static int check_batch(char text[WFP_QUEUE_FAULT_SIZE],
                       const wfp_queue_send_t *send)
{
    apr_size_t largest = 0, sum = 0;
    int i;

    if (send->count > WFP_QUEUE_BATCH_COUNT_MAX) {
        (void)apr_snprintf(text, WFP_QUEUE_FAULT_SIZE,
                           "batch message count of %d exceeds limit of %d",
                           send->count, WFP_QUEUE_BATCH_COUNT_MAX);
        return 0;
    }
    for (i = 0; i < send->count; i++) {
        apr_size_t size = send->messages[i].size;

        largest = size > largest ? size : largest;
        sum += size;
    }
    if (largest > WFP_QUEUE_MESSAGE_MAX) {
        (void)apr_snprintf(text, WFP_QUEUE_FAULT_SIZE,
                           "message in batch has length %" APR_SIZE_T_FMT
                           " bytes which exceeds single message size limit "
                           "of %d",
                           largest, WFP_QUEUE_MESSAGE_MAX);
        return 0;
    }
    if (sum > WFP_QUEUE_BATCH_BYTES_MAX) {
        (void)apr_snprintf(text, WFP_QUEUE_FAULT_SIZE,
                           "batch size of %" APR_SIZE_T_FMT
                           " bytes exceeds limit of %d",
                           sum, WFP_QUEUE_BATCH_BYTES_MAX);
        return 0;
    }
    return 1;
}

int wfp_queue_check(char text[WFP_QUEUE_FAULT_SIZE],
                    const wfp_queue_send_t *send)
{
    if (send->is_batch) {
        return check_batch(text, send);
    }
    if (send->messages[0].size > WFP_QUEUE_MESSAGE_MAX) {
        (void)apr_snprintf(text, WFP_QUEUE_FAULT_SIZE,
                           "message length of %" APR_SIZE_T_FMT
                           " bytes exceeds limit of %d",
                           send->messages[0].size, WFP_QUEUE_MESSAGE_MAX);
        return 0;
    }
    return 1;
}

int wfp_queue_check_delay(apr_int64_t seconds)
{
    return seconds >= 0 && seconds <= WFP_QUEUE_DELAY_MAX;
}
