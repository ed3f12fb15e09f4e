/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_AUDIT_H
#define WFP_AUDIT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "store/changes.h"
#include "store/store.h"

/**
 * @file
 * Who did what to which object from where: one row a mutation, written in its
 * transaction. Rows beyond WFP_AUDIT_ROWS or older than WFP_AUDIT_DAYS go.
 */

#define WFP_AUDIT_ROWS 100000
#define WFP_AUDIT_DAYS 400

/** Most actions that a list is asked for. */
#define WFP_AUDIT_ACTIONS 8

/** Who asks for a mutation. No text is NULL. */
typedef struct wfp_actor_t {
    const char *id;      /* of the token; "": none */
    const char *name;    /* of the token, or "wfpctl" */
    const char *source;  /* by which way: "api", "wfpctl" */
    const char *address; /* of the client; "": on this host */
} wfp_actor_t;

typedef struct wfp_audit_t {
    apr_int64_t stamp; /* the mutation's change number: the row's id */
    apr_time_t created;
    wfp_actor_t actor;
    const char *action;  /* "create", "update", "delete", "upload", ... */
    const char *kind;    /* "script", "namespace", "token", ... */
    const char *ns;      /* of a script; "" for account scripts */
    const char *object;  /* its name or id */
    const char *details; /* JSON object */
} wfp_audit_t;

/** Which rows of the audit. */
typedef struct wfp_audit_ask_t {
    apr_time_t since;     /* 0: from the first */
    apr_int64_t before;   /* only with a smaller stamp; 0: all */
    const char *contains; /* in who, from where, what, of what or the details,
                           * small letters or large; NULL: all */
    const char *actions[WFP_AUDIT_ACTIONS]; /* only these; [0] NULL: all */
    int limit;
} wfp_audit_ask_t;

/** Rows, newest first. @param plist array of wfp_audit_t * @param pmore there are
 *  older ones */
apr_status_t wfp_audit_list(apr_array_header_t **plist, int *pmore,
                            wfp_store_t *store, const wfp_audit_ask_t *ask,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A row about what is about to be done with what is kept in an object: values
 *  of a KV namespace, objects of a bucket, messages of a queue; or with a Worker.
 *  @param kind of the object @param object its id, or "NAMESPACE/NAME" of a
 *  Worker, "/NAME" of an account Worker @param action "put_value", ... @param details JSON
 *  object */
apr_status_t wfp_audit_note(wfp_store_t *store, wfp_change_e kind,
                            const char *object, const char *action,
                            const char *details, const wfp_actor_t *actor,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
