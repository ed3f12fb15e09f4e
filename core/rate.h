/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RATE_H
#define WFP_RATE_H

#include <apr.h>
#include <apr_pools.h>

#include "core/wfp.h"

/**
 * @file
 * What a ratelimit binding says, and what a Worker asks of it. The binding's text
 * is its rule, "LIMIT/PERIOD".
 */

/** Largest limit. */
#define WFP_RATE_LIMIT_MAX 1000000000

/** Longest namespace_id, and longest key of a call, in bytes. */
#define WFP_RATE_ID_MAX  64
#define WFP_RATE_KEY_MAX 2048

typedef struct wfp_rate_rule_t {
    apr_uint32_t limit;    /* calls that succeed ... */
    apr_uint32_t period_s; /* ... within that: 10 or 60 */
} wfp_rate_rule_t;

/** One call of env.X:limit{key=}. */
typedef struct wfp_rate_ask_t {
    const char
        *owner;     /* whose counters: id of a user Worker, "": the account */
    const char *id; /* the binding's namespace_id */
    const char *key;
    apr_size_t key_size;
    wfp_rate_rule_t rule;
} wfp_rate_ask_t;

/** @return 1: that is a rule */
int wfp_rate_is_rule(apr_int64_t limit, apr_int64_t period_s);

/** @return 1: it is an id: 1 to 64 printable ASCII characters */
int wfp_rate_is_id(const char *id);

/** Read "LIMIT/PERIOD". @return 0: it is none */
int wfp_rate_read(wfp_rate_rule_t *rule, const char *text);

/** Write it, in p. */
const char *wfp_rate_write(const wfp_rate_rule_t *rule, apr_pool_t *p);

#endif
