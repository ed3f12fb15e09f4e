/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RECORD_PLAIN_H
#define WFP_RECORD_PLAIN_H

#include "core/record_request.h"

/**
 * @file
 * The record of a plain invocation, as most are: a request was answered, nothing
 * was said, nothing fetched, no limit met. Field names are those of a TraceItem.
 * Records of others have the same parts and more. Any thread.
 */

/** Its numbers, 0 or more. */
typedef enum {
    WFP_RECORD_STARTED_MS = 0, /* wall clock */
    WFP_RECORD_STATUS,         /* 0: there was no response */
    WFP_RECORD_CPU_US,
    WFP_RECORD_WALL_MS,
    WFP_RECORD_INSTRUCTIONS,
    WFP_RECORD_MEMORY_PEAK,
    WFP_RECORD_SUBREQUESTS,
    WFP_RECORD_COLD, /* its isolate was made for it */
    WFP_RECORD_NUMBERS
} wfp_record_number_e;

typedef struct wfp_record_plain_t {
    const char *head; /* of wfp_record_head_tell(); not ended by a NUL */
    apr_size_t head_n;
    const char *id; /* of the request; nothing in it needs an escape */
    wfp_record_request_t request;
    apr_int64_t numbers[WFP_RECORD_NUMBERS];
} wfp_record_plain_t;

/** The member "event". @param p  as wfp_record_request_tell()
 *  @return 0: some of it was left out */
int wfp_record_plain_event(wfp_json_out_t *out, const wfp_record_plain_t *plain,
                           apr_pool_t *p);

/** The member "eventTimestamp". */
void wfp_record_plain_time(wfp_json_out_t *out,
                           const wfp_record_plain_t *plain);

/** That nothing was said and nothing failed; then the key "outcome" and a colon. */
void wfp_record_plain_silence(wfp_json_out_t *out);

/** What it used. */
void wfp_record_plain_usage(wfp_json_out_t *out,
                            const wfp_record_plain_t *plain);

/** The last member, the end of the object, and a newline. */
void wfp_record_plain_end(wfp_json_out_t *out, int is_whole);

/** All of it, from its head to its newline. */
void wfp_record_plain_tell(wfp_json_out_t *out, const wfp_record_plain_t *plain,
                           apr_pool_t *p);

#endif
