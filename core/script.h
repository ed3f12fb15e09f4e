/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SCRIPT_H
#define WFP_SCRIPT_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/limits.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * One version of one Worker as it travels from the store through the registry
 * into an isolate, and its packed form (the body of a registry entry).
 */

typedef enum {
    WFP_MODULE_LUA = 0,
    WFP_MODULE_TEXT,
    WFP_MODULE_JSON,
    WFP_MODULE_DATA
} wfp_module_e;

typedef struct wfp_module_t {
    const char *name; /* "worker.lua", "lib/util.lua" */
    const char *data; /* as uploaded; Lua: source text */
    apr_size_t size;
    const char *bytecode; /* compiled by this server, or NULL; never
                               * stored in the database, never uploaded */
    apr_size_t bytecode_size;
    wfp_module_e kind;
} wfp_module_t;

typedef enum {
    WFP_BINDING_PLAIN_TEXT = 0,
    WFP_BINDING_SECRET_TEXT,
    WFP_BINDING_JSON,
    WFP_BINDING_SERVICE,
    WFP_BINDING_DISPATCH_NAMESPACE,
    WFP_BINDING_VERSION_METADATA,
    WFP_BINDING_KV_NAMESPACE,
    WFP_BINDING_D1,
    WFP_BINDING_R2_BUCKET,
    WFP_BINDING_RATELIMIT,
    WFP_BINDING_ANALYTICS,
    WFP_BINDING_QUEUE,
    WFP_BINDING_ASSETS,
    WFP_BINDING_KIND_COUNT
} wfp_binding_e;

/** A name=value pair of outbound parameters. */
typedef struct wfp_param_t {
    const char *name;
    const char *value;
} wfp_param_t;

/** The outbound Worker that a namespace, binding or Location names. */
typedef struct wfp_outbound_t {
    const char *service;        /* account Worker; NULL: none named */
    apr_array_header_t *params; /* wfp_param_t; value NULL: declared only */
} wfp_outbound_t;

typedef struct wfp_binding_t {
    const char *name; /* env.<name> */
    wfp_binding_e kind;
    const char *text; /* plain_text, json (its text), secret_text
                                   * (sealed in store and registry, opened
                                   * only for the isolate), ratelimit (its
                                   * rule, see core/rate.h), service (props,
                                   * a JSON object; "": none) */
    apr_size_t text_size;
    const char *target;      /* service ("/NAME": a user Worker of the same
                              * namespace) or namespace name, id of a KV
                              * namespace or D1 database, namespace_id of a
                              * ratelimit, name of a queue; in the registry
                              * that of assets is the version's `assets` */
    wfp_outbound_t outbound; /* dispatch_namespace */
} wfp_binding_t;

/** Where a user Worker's subrequests may go. */
typedef enum {
    WFP_EGRESS_DIRECT = 0,
    WFP_EGRESS_OUTBOUND, /* only through the outbound Worker */
    WFP_EGRESS_NONE
} wfp_egress_e; /* from wide to narrow */

typedef struct wfp_script_t {
    const char *id; /* of the Worker, UUID text: whoever has its name later
                     * has another one; "": not in the store yet */
    const char *ns; /* WFP_ACCOUNT_NS for an account script */
    const char *name;
    const char *version_id; /* UUID text */
    apr_int64_t number;     /* 1, 2, ... a Worker */
    apr_int64_t stamp;      /* change number: newer wins everywhere */
    apr_time_t created;
    const char *version_tag;     /* annotation workers/tag, "" when none */
    const char *version_message; /* annotation workers/message, "" none; filled
                                   * in by who reads it from the store */
    const char *main_module;
    apr_array_header_t *modules;  /* wfp_module_t */
    apr_array_header_t *bindings; /* wfp_binding_t */
    apr_array_header_t *tags;     /* const char * */
    wfp_limits_t limits;          /* metadata `limits` */
    const char *settings;         /* JSON object of what is kept for clients,
                                   * "" none; not packed */
    const char *assets;           /* OWNER/DIGEST of their index, "" none */
    apr_array_header_t *tails;    /* const char *: who is given its records, as
                                   * core/tail_targets.h says; filled in from
                                   * settings by who packs */
    const char *record_head;      /* as core/record_head.h makes it, of */
    apr_size_t record_head_n;     /* so many bytes; filled in by an isolate */
} wfp_script_t;

/** A dispatch namespace's settings. */
typedef struct wfp_namespace_t {
    const char *name;
    const char *id; /* UUID text */
    apr_int64_t stamp;
    apr_time_t created;
    apr_time_t modified;
    int trusted_workers;
    int script_count; /* filled in by list and get of the store */
    wfp_egress_e egress;
    wfp_limits_t limits;
    wfp_outbound_t outbound;
    /* const char *: targets as WfpEgressAllow and -Deny have them; NULL: none */
    apr_array_header_t *egress_allow;
    apr_array_header_t *egress_deny;
    const char *tail_consumers; /* JSON array, or NULL; not packed */
    int has_new_tails;          /* they are new: the store looks whether they
                                 * are there */
    apr_array_header_t *tails;  /* the same as a script's */
} wfp_namespace_t;

/** An empty script in p: arrays made, limits cleared, texts "". */
wfp_script_t *wfp_script_make(apr_pool_t *p);

/** The module of that name, or NULL. */
const wfp_module_t *wfp_script_module(const wfp_script_t *script,
                                      const char *name);

/** "service" etc. as in metadata; NULL for a kind out of range. */
const char *wfp_binding_kind_name(wfp_binding_e kind);

/** WFP_BINDING_KIND_COUNT when unknown. */
wfp_binding_e wfp_binding_kind_by_name(const char *name);

/** What a binding of a kind is to. */
typedef enum {
    WFP_TARGET_NONE = 0, /* what it has itself, or its version has */
    WFP_TARGET_WORKERS,  /* a Worker, or a namespace of them */
    WFP_TARGET_RESOURCE  /* what the account has, by id or name: it is there
                          * before the binding and not deleted under it, and
                          * who is limited to namespaces binds what Workers
                          * there are bound to */
} wfp_target_e;

/** WFP_TARGET_NONE for a kind out of range. */
wfp_target_e wfp_binding_kind_target(wfp_binding_e kind);

/** "direct", "outbound" or "none". */
const char *wfp_script_egress_word(wfp_egress_e egress);

/** The egress of such a word; NULL is no word. @return 0: no such word, and
 *  *pegress is WFP_EGRESS_NONE, which opens nothing */
int wfp_script_egress_by_word(wfp_egress_e *pegress, const char *word);

/** The kind a module name's ending says (docs/worker-api: require). */
wfp_module_e wfp_module_kind_by_name(const char *name);

/**
 * Pack a script into one block, in p: fixed-width fields, lengths before
 * bytes, a magic and a layout version in front.
 */
void wfp_script_pack(const char **pblob, apr_size_t *psize,
                     const wfp_script_t *script, apr_pool_t *p);

/**
 * The script packed in a block. Texts and modules point into blob.
 *
 * @return APR_SUCCESS; APR_EINVAL: not a well-formed block (nothing of it was
 *         trusted)
 */
apr_status_t wfp_script_unpack(wfp_script_t **pscript, const char *blob,
                               apr_size_t size, apr_pool_t *p) WFP_CHECK;

/** The same for a namespace's settings. */
void wfp_namespace_pack(const char **pblob, apr_size_t *psize,
                        const wfp_namespace_t *ns, apr_pool_t *p);

/** The same for a namespace's settings. */
apr_status_t wfp_namespace_unpack(wfp_namespace_t **pns, const char *blob,
                                  apr_size_t size, apr_pool_t *p) WFP_CHECK;

#endif
