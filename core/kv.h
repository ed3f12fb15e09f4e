/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KV_H
#define WFP_KV_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/etag.h"
#include "core/wfp.h"

/**
 * @file
 * A call to a KV namespace as plain data, from who asks (a Worker, the REST API)
 * to who keeps the values; and the rules that hold for keys, values and times
 * whoever asks. Keys and values are any bytes.
 */

#define WFP_KV_KEY_MAX      512
#define WFP_KV_VALUE_MAX    ((apr_size_t)25 << 20)
#define WFP_KV_METADATA_MAX 1024
#define WFP_KV_TTL_MIN      60 /* seconds */
#define WFP_KV_CACHE_MIN    30 /* seconds: least cacheTtl */
#define WFP_KV_LIST_MAX     1000
#define WFP_KV_BULK_GET_MAX 100

typedef enum {
    WFP_KV_GET = 0,
    WFP_KV_PUT,
    WFP_KV_DELETE,
    WFP_KV_LIST
} wfp_kv_verb_e;

typedef struct wfp_kv_item_t {
    const char *key;
    apr_size_t key_size;
    const char *value; /* of a get: NULL, there is none */
    apr_size_t value_size;
    const char *metadata; /* JSON text; NULL: none */
    apr_size_t metadata_size;
    apr_int64_t expiration; /* seconds since the epoch; 0: never */
} wfp_kv_item_t;

typedef struct wfp_kv_call_t {
    wfp_kv_verb_e verb;
    /* GET: the keys that are asked for, their rest is filled in; PUT and DELETE:
     * all of them or, on failure, none; LIST: filled in, without values */
    wfp_kv_item_t *items;
    int count;
    const wfp_match_t *match; /* PUT, DELETE of one: what it must be; NULL:
                               * whatever */
    int no_values;  /* GET: metadata and expiration alone; value is "" then */
    apr_size_t max; /* GET: most bytes of all values */
    /* LIST: in byte order, the keys that begin with prefix, behind `after` */
    const char *prefix, *after; /* after NULL: from the first */
    apr_size_t prefix_size, after_size;
    int limit;
    int complete;     /* filled in: no further key */
    apr_time_t until; /* it waits no longer than that */
    apr_pool_t *pool; /* owns what is filled in */
} wfp_kv_call_t;

/** What is wrong with what was asked. */
typedef enum {
    WFP_KV_FINE = 0,
    WFP_KV_BAD_NAME, /* of a key: empty, "." or ".." */
    WFP_KV_KEY_LENGTH,
    WFP_KV_BAD_TIME,
    WFP_KV_METADATA_SIZE,
    WFP_KV_VALUE_SIZE,
    WFP_KV_BAD_LIST, /* limit or cursor */
    WFP_KV_KEY_COUNT
} wfp_kv_fault_e;

typedef struct wfp_kv_fault_t {
    wfp_kv_fault_e what;
    int status;     /* the number that Cloudflare's text names */
    char text[160]; /* Cloudflare's text */
} wfp_kv_fault_t;

/** "GET", "PUT" or "DELETE", as errors name the call; a list is a GET. */
const char *wfp_kv_method(wfp_kv_verb_e verb);

/** @return 1: the key is one */
int wfp_kv_check_key(wfp_kv_fault_t *fault, const char *key, apr_size_t n);

/** Only its length. */
int wfp_kv_check_prefix(wfp_kv_fault_t *fault, apr_size_t n);

/** Sizes of a value and of its metadata. */
int wfp_kv_check_sizes(wfp_kv_fault_t *fault, apr_size_t value,
                       apr_size_t metadata);

/**
 * When does a value expire?
 *
 * @param pexpiration  seconds since the epoch; 0: never
 * @param ttl          seconds; wins over at; NULL: not given
 * @param at           seconds since the epoch; NULL: not given
 * @return 1: it may be so
 */
int wfp_kv_check_time(wfp_kv_fault_t *fault, apr_int64_t *pexpiration,
                      const apr_int64_t *ttl, const apr_int64_t *at);

int wfp_kv_check_cache_ttl(wfp_kv_fault_t *fault, apr_int64_t seconds);

/** How many keys a list gives. */
int wfp_kv_check_limit(wfp_kv_fault_t *fault, apr_int64_t limit);

/** How many keys a get of several asks for. */
int wfp_kv_check_count(wfp_kv_fault_t *fault, apr_size_t count);

/** Most bytes of a cursor, and its NUL. */
#define WFP_KV_CURSOR_SIZE (2 * WFP_KV_KEY_MAX + 1)

/** The cursor behind a key, as text. @param out WFP_KV_CURSOR_SIZE bytes */
void wfp_kv_cursor_write(char *out, const char *key, apr_size_t n);

/** The key it was made of, *pn bytes. @param out WFP_KV_KEY_MAX bytes
 *  @return 1: it is one */
int wfp_kv_cursor_read(wfp_kv_fault_t *fault, char *out, apr_size_t *pn,
                       const char *cursor, apr_size_t size);

/** Least key of a list. @param out WFP_KV_KEY_MAX + 1 bytes @return how many of
 *  them */
apr_size_t wfp_kv_list_from(char *out, const wfp_kv_call_t *call);

/** The least that is greater than all keys of a list. @param out WFP_KV_KEY_MAX
 *  bytes @return how many of them; 0: there is no such bound */
apr_size_t wfp_kv_list_end(char *out, const wfp_kv_call_t *call);

/** Of a key, n bytes, of the namespace of that id; key NULL: of the namespace.
 *  The same on all hosts, hence without a secret: anybody can find two keys that
 *  have the same. */
apr_uint64_t wfp_kv_hash(const char *ns, const char *key, apr_size_t n);

/** Longest wfp_kv_change_name(), its NUL included. */
#define WFP_KV_CHANGE_NAME_SIZE 64

/** How hosts tell each other what was written: the namespace's id, and for one
 *  key "/" and its hash without the first bit. @param key NULL: any of them
 *  @param name WFP_KV_CHANGE_NAME_SIZE bytes */
void wfp_kv_change_name(char *name, const char *ns, const char *key,
                        apr_size_t n);

/** A value with its metadata and its end; NULL: no memory, or no such key. */
const char *wfp_kv_etag(const wfp_kv_item_t *item, apr_pool_t *p);

/** May call->items[0] be written where this is? @param is its key's value, if it
 *  has one. As wfp_etag_check() */
apr_status_t wfp_kv_check_match(const wfp_kv_call_t *call,
                                const wfp_kv_item_t *is,
                                wfp_result_t *res) WFP_CHECK;

/** Has call's PUT, DELETE, GET got a key, list a prefix, that its rules allow,
 *  each? For who keeps the values: nothing else comes near a statement. */
int wfp_kv_call_is_sound(const wfp_kv_call_t *call);

#endif
