/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_JSON_H
#define WFP_JSON_H

#include <apr_pools.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The only file that includes jansson: JSON of the control plane and the store.
 * (Scripts have a metered JSON of their own in
 * lua_runtime/api/json.c.) Values are freed with the pool they were made in;
 * a NULL value is allowed everywhere and is nothing: no member, no element, the
 * text "null". Keys are UTF-8.
 */

typedef struct wfp_json_t wfp_json_t;

/** Parse n bytes: one value of any type. A NUL in a text or key (\\u0000) is
 *  refused, the last of a double key wins. res: what and at which byte, none of
 *  the text. @return APR_EINVAL if bad */
apr_status_t wfp_json_parse(wfp_json_t **pv, const char *text, apr_size_t n,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** How deep the values of a client's JSON may nest. */
#define WFP_JSON_DEPTH_MAX 64

/** Parse what a client sent: as wfp_json_parse(), but a key that is there twice
 *  and values that nest deeper than WFP_JSON_DEPTH_MAX are refused. */
apr_status_t wfp_json_read(wfp_json_t **pv, const char *text, apr_size_t n,
                           wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Compact text in p. */
const char *wfp_json_text(const wfp_json_t *v, apr_pool_t *p);

/** Is a text well-formed UTF-8? */
int wfp_json_is_utf8(const char *text);

wfp_json_t *wfp_json_object(apr_pool_t *p);
wfp_json_t *wfp_json_array(apr_pool_t *p);
wfp_json_t *wfp_json_null(apr_pool_t *p);

/** Set a member; a NULL text sets null. Invalid UTF-8 is replaced. */
void wfp_json_set_str(wfp_json_t *obj, const char *key, const char *text);
/** The same for n bytes and a NUL; there may be NULs among them. */
void wfp_json_set_bytes(wfp_json_t *obj, const char *key, const char *data,
                        apr_size_t n);
void wfp_json_set_int(wfp_json_t *obj, const char *key, apr_int64_t n);
/** @param n  finite */
void wfp_json_set_number(wfp_json_t *obj, const char *key, double n);
void wfp_json_set_bool(wfp_json_t *obj, const char *key, int yes);
/** Set a member to a value (shared, not copied). */
void wfp_json_set(wfp_json_t *obj, const char *key, wfp_json_t *v);
void wfp_json_add(wfp_json_t *arr, wfp_json_t *v);
void wfp_json_add_str(wfp_json_t *arr, const char *text);

/** Member of an object, or NULL: missing, or obj is no object or NULL. */
wfp_json_t *wfp_json_get(const wfp_json_t *obj, const char *key, apr_pool_t *p);
/** Text of a string value, else NULL. Lives as long as v's pool. */
const char *wfp_json_str(const wfp_json_t *v);
/** 1 and *n, when v is an integer. */
int wfp_json_int(const wfp_json_t *v, apr_int64_t *n);
int wfp_json_is_bool(const wfp_json_t *v);
/** Any number, with or without a fraction. */
int wfp_json_number(const wfp_json_t *v, double *n);
int wfp_json_is_true(const wfp_json_t *v);
int wfp_json_is_object(const wfp_json_t *v);
int wfp_json_is_array(const wfp_json_t *v);
int wfp_json_is_null(const wfp_json_t *v);
/** Members of an object or elements of an array, else 0. */
apr_size_t wfp_json_size(const wfp_json_t *v);
/** Element of an array, NULL out of range. */
wfp_json_t *wfp_json_at(const wfp_json_t *arr, apr_size_t i, apr_pool_t *p);

/** Call back for each member of an object, in order of insertion; for none when
 *  obj is no object. v lives as long as p. Any status but APR_SUCCESS ends it
 *  and is returned. The object must not change meanwhile. */
typedef apr_status_t wfp_json_member_fn(void *baton, const char *key,
                                        wfp_json_t *v);
apr_status_t wfp_json_each(const wfp_json_t *obj, wfp_json_member_fn *fn,
                           void *baton, apr_pool_t *p) WFP_CHECK;

#endif
