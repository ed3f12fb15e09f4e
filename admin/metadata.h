/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_METADATA_H
#define WFP_METADATA_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/json.h"
#include "core/limits.h"
#include "core/result.h"
#include "core/script.h"
#include "core/wfp.h"

/**
 * @file
 * Metadata of uploads and settings of Workers: JSON to what a version is, and
 * back. Three kinds of members: those that this server acts on (bindings, tags,
 * limits, annotations), those that it keeps and gives back (`settings` of a
 * script: compatibility_date, observability, ...), and those that ask for a
 * feature that it does not have: they are refused by name. A member that nobody
 * knows is passed over, and told in a note.
 *
 * What is read is applied to the version before, in the transaction that stores
 * the new one, so that nothing of a simultaneous change is lost.
 */

typedef enum {
    WFP_METADATA_UPLOAD = 0, /* replaces all */
    WFP_METADATA_VERSION,    /* the same, but what belongs to the Worker (tags,
                              * logpush, observability, tail_consumers) stays
                              * unless given */
    WFP_METADATA_PATCH       /* what is absent stays; null clears */
} wfp_metadata_mode_e;

/** A binding that is given, or one to be carried over. */
typedef struct wfp_metadata_binding_t {
    wfp_binding_t binding;
    const char *inherit; /* name in the version before; NULL: given */
    int any_kind;        /* of the one before; else it has binding.kind */
} wfp_metadata_binding_t;

/** What was read. */
typedef struct wfp_metadata_t {
    wfp_metadata_mode_e mode;
    int strict; /* 1: a missing inherited binding is refused;
                                   * set by the caller */
    int has_bindings, has_tags, has_limits;
    apr_array_header_t *bindings; /* wfp_metadata_binding_t */
    unsigned keep;                /* kinds carried over, 1 << wfp_binding_e */
    apr_array_header_t *tags;     /* const char *, each once */
    wfp_limits_t limits;
    wfp_json_t *settings;   /* members to keep; null: clear */
    wfp_json_t *assets;     /* {jwt?, config?}; NULL: none given */
    int keep_assets;        /* 1: those of the version before stay */
    const char *assets_ref; /* filled in by the caller: what `assets` are, ""
                             * none */
    const char *message;    /* annotations, "" none */
    const char *version_tag;
    apr_array_header_t *notes; /* const char *: what the client should know */
} wfp_metadata_t;

/**
 * Read metadata.
 *
 * @param obj     an object; NULL: an empty one
 * @param policy  whose ranges limits must keep
 * @return APR_EINVAL with WFP_INVALID and a text that names the member
 */
apr_status_t wfp_metadata_read(wfp_metadata_t **pmeta, const wfp_json_t *obj,
                               wfp_metadata_mode_e mode,
                               const wfp_limit_policy_t *policy,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Tags alone: an array of strings, each taken once; NULL or null: none. */
apr_status_t wfp_metadata_read_tags(apr_array_header_t **ptags,
                                    const wfp_json_t *arr, wfp_result_t *res,
                                    apr_pool_t *p) WFP_CHECK;

/**
 * Make of the version before what metadata ask for: bindings, tags, limits,
 * settings and version_tag of next are set.
 *
 * @param prev  NULL: the Worker is new
 * @return APR_NOTFOUND with WFP_NOT_FOUND: a binding to be inherited is not
 *         there (when strict, or in a PATCH)
 */
apr_status_t wfp_metadata_apply(wfp_script_t *next, const wfp_metadata_t *meta,
                                const wfp_script_t *prev, wfp_result_t *res,
                                apr_pool_t *p) WFP_CHECK;

/** The settings of a version as the API shows them: no secret's value. */
apr_status_t wfp_metadata_write(wfp_json_t **pobj, const wfp_script_t *script,
                                wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
