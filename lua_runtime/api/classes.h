/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_CLASSES_H
#define WFP_API_CLASSES_H

#include <apr.h>

#include "core/message.h"
#include "core/url.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/api/buffer.h"
#include "lua_runtime/api/class.h"
#include "lua_runtime/ops.h"

/**
 * @file
 * What the classes of this folder know of each other. Objects that a script
 * makes live in the isolate's arena; pointers into a request's pool ("lent")
 * are valid for one invocation only, so whoever holds one keeps the
 * generation and calls wfp_api_check_generation() before each use.
 */

/* ---- globals: each [-0, +0, m], once a state ---- */

void wfp_api_open_json(lua_State *L);
void wfp_api_open_headers(lua_State *L);
void wfp_api_open_request(lua_State *L);
void wfp_api_open_response(lua_State *L);
void wfp_api_open_url(lua_State *L);
void wfp_api_open_params(lua_State *L);
void wfp_api_open_form(lua_State *L);
void wfp_api_open_console(lua_State *L);
void wfp_api_open_text(lua_State *L);
void wfp_api_open_crypto(lua_State *L);
void wfp_api_open_xml(lua_State *L);
void wfp_api_open_fetch(lua_State *L);
void wfp_api_open_abort(lua_State *L);
void wfp_api_open_html_rewriter(lua_State *L);
void wfp_api_open_caches(lua_State *L);

/* ---- error.c, api.c ---- */

/** [-0, +1, m] Push an error value, as wfp_api_error() raises. */
void wfp_api_push_error(lua_State *L, const char *name, const char *code,
                        const char *fmt, ...);

/** Is the value at idx an error value of ours? */
int wfp_api_is_error(lua_State *L, int idx);

/** [-0, +0, v] Raise "Cannot perform I/O on behalf of a different request"
 *  unless generation is the current one or 0 (made at top level). */
void wfp_api_check_generation(lua_State *L, apr_uint32_t generation);

/* ---- queue_batch.c ---- */

/** [-0, +1, m] Push what the queue handler is given. */
void wfp_api_push_queue_batch(lua_State *L, wfp_queue_batch_t *batch);

/* ---- queue.c ---- */

/** [-0, +0, v] delaySeconds of the table at idx; -1: not given. @param method as
 *  errors name the call */
apr_int64_t wfp_api_queue_delay(lua_State *L, int idx, const char *method);

/* ---- scheduled.c ---- */

/** [-0, +1, m] Push the controller of a tick. */
void wfp_api_push_scheduled(lua_State *L, wfp_scheduled_t *tick);

/* ---- json.c, json_parse.c ---- */

/** [-0, +1, m] Push json.null. */
void wfp_api_push_null(lua_State *L);

/** [-0, +1, e] Push the JSON value of text, of which members that are null are
 *  not there. */
void wfp_api_push_plain_json(lua_State *L, const char *text, size_t n);

/** Is the table at idx marked as a JSON array? */
int wfp_api_is_array(lua_State *L, int idx);

/** [-0, +0, m] Mark the table on the top as a JSON array. */
void wfp_api_mark_array(lua_State *L);

/** [-0, +0, v] Append the JSON text of the value at idx. lenient: what JSON
 *  cannot say is named ("[function]") instead of a TypeError. */
void wfp_api_json_append(wfp_buffer_t *b, int idx, int lenient);

/** Bytes of the well-formed UTF-8 character at s (n left), 0: it is none. */
size_t wfp_api_utf8(const char *s, size_t n);

/* ---- xml_encode.c ---- */

/** [-0, +1, e] xml.encode(element) */
int wfp_api_xml_encode(lua_State *L);

/* ---- text.c ---- */

/** Value of a hex digit, -1: it is none. */
int wfp_api_hex_value(char c);

/** [-0, +1, v] Push the bytes that base64url text says; 0: it is none, nothing
 *  is pushed. */
int wfp_api_from_base64url(lua_State *L, const char *s, size_t n);

/** [-0, +1, v] Push the base64url text of bytes. */
void wfp_api_to_base64url(lua_State *L, const char *s, size_t n);

/* ---- pairs.c ---- */

/** [-1, +1, e] Join the value on the top when it is an array of strings. */
void wfp_api_join(lua_State *L);

/** [-1, +1, e] Replace the table of names and values on the top by a flat
 *  array, sorted by name; all but Set-Cookie joined. */
void wfp_api_sort_pairs(lua_State *L);

/** [-1, +1, m] Replace the flat array on the top by one sorted by name, equal
 *  names in the order they had. */
void wfp_api_sort_flat(lua_State *L);

/** [-1, +1, m] Replace the flat array on the top by an iterator that gives
 *  count values of each pair from the first (1: name, 2: value). */
void wfp_api_iterate(lua_State *L, int first, int count);

/** [-1, +0, e] The table of names and values on the top as a list in the
 *  invocation's pool, charged. */
wfp_headers_t *wfp_api_pairs_to_core(lua_State *L);

/* ---- list.c: flat arrays of names and values in user value 1 ---- */

/** [-0, +0, v] The argument must be a string (numbers count): else a TypeError
 *  "CLASS.METHOD: the WHAT must be a string, got TYPE". */
void wfp_api_list_need(lua_State *L, const wfp_class_t *cls, const char *method,
                       int arg, const char *what);

/** [-0, +1, v] Push the array of the object at 1. */
void wfp_api_list_push(lua_State *L, const wfp_class_t *cls);

/** [-0, +0, m] Append the values at two slots to the array at t. */
void wfp_api_list_append(lua_State *L, int t, int name, int value);

/** [-0, +1, e] Methods of the object at 1, with the name at 2; by_value: a
 *  value at 3 must match, too. */
int wfp_api_list_get(lua_State *L, const wfp_class_t *cls);
int wfp_api_list_get_all(lua_State *L, const wfp_class_t *cls);
int wfp_api_list_has(lua_State *L, const wfp_class_t *cls, int by_value);

/** [-0, +1, e] Push the array that is to be the new one: without those pairs,
 *  or with the pair at 2 and 3 (checked by the caller) in place of them. */
void wfp_api_list_delete(lua_State *L, const wfp_class_t *cls, int by_value);
void wfp_api_list_set(lua_State *L, const wfp_class_t *cls);

/** [-0, +1, e] Push an iterator over a snapshot, as wfp_api_iterate(). */
int wfp_api_list_iterate(lua_State *L, const wfp_class_t *cls, int first,
                         int count);

/* ---- header_list.c: a plain table of headers, not yet a Headers object ---- */

/** [-0, +(0|1), m] Push the block that holds the list made of the init value
 *  at idx; type: content-type to add when there is none, or NULL.
 *
 *  @return the list, names in lower case; NULL: nothing was pushed, it takes
 *          Headers to read this value, or to say what is wrong with it */
const wfp_headers_t *wfp_api_push_header_list(lua_State *L, int idx,
                                              const char *type);

/** [-0, +0, e] A copy of such a list in the invocation's pool, charged. */
wfp_headers_t *wfp_api_header_list_to_core(lua_State *L,
                                           const wfp_headers_t *list);

/* ---- headers.c ---- */

/** [-0, +1, m] Push a Headers object over a lent list (NULL: empty). */
void wfp_api_push_headers(lua_State *L, const wfp_headers_t *lent,
                          int immutable);

/** [-1, +1, m] The same over the list in the block on the top. */
void wfp_api_push_listed_headers(lua_State *L, const wfp_headers_t *list);

/** [-0, +1, v] Push a Headers object made of the init value at idx. */
void wfp_api_make_headers(lua_State *L, int idx);

/** [-0, +1, e] Push the joined value of a field (its name in lower case) of
 *  the Headers object at idx, or nil. */
void wfp_api_push_header(lua_State *L, int idx, const char *name);

/** [-0, +0, v] Set a field of the Headers object at idx unless there. */
void wfp_api_default_header(lua_State *L, int idx, const char *name,
                            const char *value);

/** [-0, +0, e] Delete a field (its name in lower case). */
void wfp_api_drop_header(lua_State *L, int idx, const char *name);

/** [-0, +0, e] The Headers object at idx as a list: the lent one where it was
 *  not changed, else a new one in the invocation's pool, charged. */
wfp_headers_t *wfp_api_core_headers(lua_State *L, int idx);

/** [-0, +0, v] A copy for another object: [-0, +1, m] pushed. */
void wfp_api_copy_headers(lua_State *L, int idx);

/* ---- body.c ---- */

/** [-0, +1, m] Push a Body over a lent body. */
void wfp_api_push_body(lua_State *L, wfp_body_t *lent);

/** [-1, +1, m] Replace the string or function on the top by a Body. */
void wfp_api_make_body(lua_State *L);

/** The Body at idx is one, and whether it is used. */
int wfp_api_is_body(lua_State *L, int idx);
int wfp_api_body_used(lua_State *L, int idx);

/** [-0, +0, -] The Body at idx counts as used from now on. */
void wfp_api_mark_taken(lua_State *L, int idx);

/** [-0, +0, v] Hand the Body at idx on, unread: NULL for an empty one. */
wfp_body_t *wfp_api_take_body(lua_State *L, int idx);

/** [-0, +1, v] Push a Body with the source of the one at idx, which counts as
 *  used from now on. */
void wfp_api_move_body(lua_State *L, int idx);

/** [-1, +0, -] Reading the Body at idx ends with the AbortSignal on the top. */
void wfp_api_set_body_signal(lua_State *L, int idx);

/** [-0, +n, v] Take the Body at idx and finish, in a task once its bytes can
 *  be read without waiting; finish() calls wfp_api_slurp_awaited() first. To be
 *  returned. */
int wfp_api_await_body(lua_State *L, int idx, wfp_ops_finish_fn *finish);
void wfp_api_slurp_awaited(lua_State *L, int idx);

/** [-0, +1, v] Push all bytes of the Body at idx as a string. */
void wfp_api_slurp_body(lua_State *L, int idx);

/** [-0, +1, v] Push the next chunk of the Body at idx, nil at its end. For a
 *  caller that took the Body or a fresh one, from which no other task can read
 *  besides: so nothing asks whether one waits for it. */
void wfp_api_read_body(lua_State *L, int idx);

/** [-0, +0, v] body_too_large unless that many bytes are free. */
void wfp_api_need_room(lua_State *L, apr_uint64_t bytes);

/** [-0, +2, v] Push two Bodies that give the bytes of the Body at idx. */
void wfp_api_tee_body(lua_State *L, int idx);

/** [-0, +0, v] The bytes of the string at idx as a body in the invocation's
 *  pool: copied and charged, or read from the arena while it is sent. */
wfp_body_t *wfp_api_string_body(lua_State *L, int idx);

/* ---- payload.c: what Request and Response have in common ---- */

/** First member of both objects. User values: see below. */
typedef struct wfp_payload_t {
    apr_uint32_t generation;
    unsigned immutable : 1;       /* headers */
    unsigned used : 1;            /* the body, while it is no Body object yet */
    unsigned listed : 1;          /* headers are in the block that is the user
                                   * value */
    const wfp_headers_t *headers; /* lent; NULL: none */
    wfp_body_t *body;             /* lent; NULL: none */
    const char *type; /* content-type to add when none is set; static text, or
                       * in the invocation's pool */
} wfp_payload_t;

enum {
    WFP_PAYLOAD_HEADERS = 1, /* Headers object, or a block of header_list.c;
                              * nil: not made yet */
    WFP_PAYLOAD_BODY,        /* nil, string or Body */
    WFP_PAYLOAD_TEXT,        /* Request: url; Response: statusText */
    WFP_PAYLOAD_MORE,        /* Request: method; Response: url */
    WFP_PAYLOAD_SIGNAL,      /* AbortSignal: Request: its own; Response: of the
                           * fetch that it came from */
    WFP_PAYLOAD_CF,          /* Request: cf */
    WFP_PAYLOAD_VALUES = WFP_PAYLOAD_CF
};

/** The methods of both classes. */
extern const luaL_Reg wfp_api_payload_methods[];

/** The fields of both classes, which come first in their lists. */
#define WFP_PAYLOAD_FIELDS "headers", "body", "bodyUsed"
enum {
    WFP_PAYLOAD_FIELD_HEADERS = 1,
    WFP_PAYLOAD_FIELD_BODY,
    WFP_PAYLOAD_FIELD_BODY_USED,
    WFP_PAYLOAD_FIELD_MORE /* the first of the class's own */
};

/** [-0, +1, m] Push a zeroed object of the class, of this invocation. */
void *wfp_api_payload_new(lua_State *L, const wfp_class_t *cls, size_t size);

/** [-0, +(0|1), e] 1: the field was one of both classes' and is pushed. */
int wfp_api_payload_field(lua_State *L, int obj, int field);

/** [-0, +0, v] Take the body value at idx (nil, string, Body, function,
 *  FormData, URLSearchParams) for the object at obj. */
void wfp_api_set_body(lua_State *L, int obj, wfp_payload_t *payload, int idx);

/** [-0, +0, v] Headers of init (value at idx) for the object at obj. */
void wfp_api_set_headers(lua_State *L, int obj, int idx);

/** [-0, +0, m] obj gets the headers that the payload object at from has. */
void wfp_api_share_headers(lua_State *L, int obj, int from);

/** [-0, +0, m] obj gets the same Body as the payload object at from. */
void wfp_api_share_body(lua_State *L, int obj, int from);

/** [-0, +1, e] Push the Headers, the Body (or nil). */
void wfp_api_push_payload_headers(lua_State *L, int obj);
void wfp_api_push_payload_body(lua_State *L, int obj);

/** [-0, +0, v] Headers and body for the host; the body counts as used. */
wfp_headers_t *wfp_api_payload_core_headers(lua_State *L, int obj);
wfp_body_t *wfp_api_payload_core_body(lua_State *L, int obj);

/* ---- request.c, response.c, url.c, params.c ---- */

extern const wfp_class_t wfp_api_request_class;
extern const wfp_class_t wfp_api_response_class;

/** [-0, +1, v] Push Request.new(input, init) of the values at idx, idx + 1;
 *  a Request without init is pushed as it is. */
void wfp_api_make_request(lua_State *L, int idx);

/** [-0, +1, -] Push the AbortSignal of the Request at idx, or nil. */
void wfp_api_push_request_signal(lua_State *L, int idx);

/** Is the answer to the Request object at idx to be unpacked? */
int wfp_api_wants_decompress(lua_State *L, int idx);

/** [-0, +0, v] The Request object at idx for the host. */
wfp_request_t *wfp_api_core_request(lua_State *L, int idx);

/** [-0, +1, m] Push a handle of a response that the host gave. */
void wfp_api_push_response(lua_State *L, wfp_response_t *resp);

/** [-0, +1, m] Push an unread copy of the object at idx, its body shared. */
void wfp_api_clone_request(lua_State *L, int idx);
void wfp_api_clone_response(lua_State *L, int idx);

/** [-0, +1, v] Push the normal form of the URL text, or raise "Invalid URL".
 *  base may be NULL. */
void wfp_api_push_href(lua_State *L, const char *text, size_t n,
                       const char *base);

/** [-0, +1, m] Push href of the URL object at idx; 0: it is none. */
int wfp_api_url_href(lua_State *L, int idx);

/** [-0, +0, m] The search of the URL object at idx follows its parameters:
 *  the text on the top (popped) is the new one, without "?". */
void wfp_api_url_set_search(lua_State *L, int idx);

/** [-0, +1, v] Push a URLSearchParams object of text for the URL at owner. */
void wfp_api_push_params(lua_State *L, const char *text, size_t n, int owner);

/** [-0, +0, v] Read text anew into the URLSearchParams object at idx. */
void wfp_api_reset_params(lua_State *L, int idx, const char *text, size_t n);

/** [-0, +1, v] Push the flat array of a text "name=value&..." */
void wfp_api_push_urlencoded(lua_State *L, const char *s, size_t n);

/** [-0, +1, v] Push the text of the URLSearchParams at idx; 0: it is none. */
int wfp_api_params_text(lua_State *L, int idx);

/* ---- form_read.c, form_write.c ---- */

/** [-0, +1, v] Push a FormData of the Body (or nil) at slot body, whose
 *  Content-Type (or nil) is at slot type. */
void wfp_api_read_form(lua_State *L, int type, int body);

/** [-0, +(0|1), v] Push the FormData at idx as a multipart body, with its
 *  Content-Type in the invocation's pool; 0: it is none. */
int wfp_api_form_text(lua_State *L, int idx, const char **ptype);

/* ---- abort.c ---- */

/** [-0, +1, m] Push an AbortSignal that nobody aborts. */
void wfp_api_push_signal(lua_State *L);

/** Is the value at idx an AbortSignal? */
int wfp_api_is_signal(lua_State *L, int idx);

/** [-0, +0, -] Of the signal at idx: is it aborted? When will it be by itself
 *  (core/clock.h; 0: never)? */
int wfp_api_signal_aborted(lua_State *L, int idx);
apr_time_t wfp_api_signal_until(lua_State *L, int idx);

/** [-0, +0, v] Raise the reason of the aborted signal at idx. */
int wfp_api_signal_raise(lua_State *L, int idx);

/* ---- fetch.c ---- */

/** [-0, +1, v] Make op with the Request at idx, the last of the function's
 *  stack, through its signal; gives a Response. To be returned. */
int wfp_api_send(lua_State *L, wfp_op_t *op, int idx);

/* ---- d1_rows.c ---- */

/** [-0, +1, m] Push the rows of a result: tables by column, or arrays, after
 *  one of the columns' names where names is 1. */
void wfp_api_d1_push_rows(lua_State *L, const wfp_sql_result_t *result);
void wfp_api_d1_push_raw(lua_State *L, const wfp_sql_result_t *result,
                         int names);

/** [-0, +1, m] Push a value. */
void wfp_api_d1_push_value(lua_State *L, const wfp_sql_value_t *value);

/** [-0, +1, m] Push the table of what a statement did. */
void wfp_api_d1_push_meta(lua_State *L, const wfp_sql_result_t *result);

/* ---- dispatch.c, service.c, d1.c, kv.c, ratelimit.c, queue.c, r2.c ---- */

/** [-0, +1, m] Push the object of a binding. */
void wfp_api_push_dispatcher(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_service(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_assets(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_d1(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_kv(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_queue(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_ratelimit(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_r2(lua_State *L, const wfp_binding_t *binding);
void wfp_api_push_analytics(lua_State *L, const wfp_binding_t *binding);

#endif
