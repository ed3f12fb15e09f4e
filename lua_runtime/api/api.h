/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_API_H
#define WFP_API_API_H

#include <lua.h>

#include "core/event.h"
#include "core/message.h"
#include "core/result.h"
#include "lua_runtime/host.h"

/**
 * @file
 * The Worker API as isolate.c and run.c see it: open it, hand messages in,
 * take messages out. One class a file beside this one.
 */

/** [-0, +0, m] Register all classes and global functions; called once while
 *  an isolate is made, after wfp_sandbox_open(). */
void wfp_api_open(lua_State *L);

/** [-0, +1, m] Push `env` of the isolate: read-only, built from the script's
 *  bindings (secret texts are opened already), made once an isolate. */
void wfp_api_push_env(lua_State *L);

/** [-0, +1, m] Push an env that answers the outbound parameters of this
 *  invocation first and then the isolate's env at idx. */
void wfp_api_push_env_with_params(lua_State *L, int idx);

/** [-0, +1, m] Push a handle of an incoming request (immutable headers). */
void wfp_api_push_request(lua_State *L, wfp_request_t *req);

/** The member of a Worker's table that is called for an event. */
const char *wfp_api_handler_name(const wfp_event_t *event);

/** [-0, +1, m] Push what that is called with first. */
void wfp_api_push_event(lua_State *L, const wfp_event_t *event);

/** [-0, +1, m] Push `ctx` of the current invocation. */
void wfp_api_push_ctx(lua_State *L);

/**
 * [-0, +0, e] Read the value at idx, which a handler returned, as a Response:
 * moved to the request's pool, charged. Instead of one it may be a plain table
 * {status, statusText, headers, body} whose body is a string; the Response made
 * of it takes its place.
 *
 * @return 1 and *presp; 0: it is no Response (nothing was called on it)
 */
int wfp_api_to_response(wfp_response_t **presp, lua_State *L, int idx);

/**
 * [-0, +1, e] n values from the stack slot `first` on as text in the
 * invocation's pool, charged. TypeErrors and RangeErrors begin with `what` and,
 * for arguments, with their number.
 */
const char *wfp_api_pack_values(lua_State *L, int first, int n,
                                const char *what, int are_args);

/** [-0, +n, e] Push the values of such a text. @return n */
int wfp_api_push_values(lua_State *L, const char *text);

/** [-0, +1, e] Push the JSON value of text; errors are raised. */
void wfp_api_json_decode(lua_State *L, const char *text, size_t n);

/** [-0, +1, e] Push the JSON text of the value at idx. */
const char *wfp_api_json_encode(lua_State *L, int idx, size_t *n);

/** Is the value at idx json.null? */
int wfp_api_is_null(lua_State *L, int idx);

/** [-0, +0, v] Raise res as an error value (docs/worker-api: Errors). */
int wfp_api_raise(lua_State *L, const wfp_result_t *res);

/** [-0, +0, v] Raise an error value of a class: "TypeError", "RangeError",
 *  "SyntaxError", "Error"; code may be NULL. */
int wfp_api_error(lua_State *L, const char *name, const char *code,
                  const char *fmt, ...);

/**
 * [-0, +0, e] Read an error that reached the host, raw: an error value of
 * ours keeps its code, anything else becomes WFP_EXCEPTION with its text (its
 * __tostring runs inside the limits; if it fails the text is "table").
 */
void wfp_api_read_error(wfp_result_t *res, lua_State *L, int idx);

#endif
