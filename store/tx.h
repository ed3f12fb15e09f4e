/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TX_H
#define WFP_TX_H

#include <apr_tables.h>

#include "core/script.h"
#include "core/wfp.h"
#include "store/changes.h"
#include "store/dbd.h"

/**
 * @file
 * What one noun asks of another inside its transaction. Inside store/ only.
 * All results are in db->pool; a failing statement has filled in db->res.
 */

/** Lock the row of change numbers and take the next: the first thing every
 *  mutation does, so that mutations queue here and commit in order. */
apr_status_t wfp_changes_take(apr_int64_t *pstamp, wfp_dbd_t *db) WFP_CHECK;

/** Write the row of this mutation. */
apr_status_t wfp_changes_record(wfp_dbd_t *db,
                                const wfp_change_t *change) WFP_CHECK;

/** Its id (account scripts have a namespace row, too). NULL when missing. */
apr_status_t wfp_namespaces_id(const char **pid, wfp_dbd_t *db,
                               const char *name) WFP_CHECK;

/** A script's row. */
typedef struct wfp_script_row_t {
    const char *id; /* NULL: there is no such script */
    apr_int64_t stamp;
    apr_int64_t last_number;
} wfp_script_row_t;

/** APR_SUCCESS also when there is none. */
apr_status_t wfp_scripts_row(wfp_script_row_t *row, wfp_dbd_t *db,
                             const char *ns, const char *name) WFP_CHECK;

/** The same; missing is APR_NOTFOUND with WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_scripts_need(wfp_script_row_t *row, wfp_dbd_t *db,
                              const char *ns, const char *name) WFP_CHECK;

/** The deployed version without its modules, and the code it runs. */
typedef struct wfp_head_t {
    wfp_script_t *script; /* modules empty */
    const char *code_id;
} wfp_head_t;

/** APR_NOTFOUND with WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_versions_head(wfp_head_t *head, wfp_dbd_t *db, const char *ns,
                               const char *name) WFP_CHECK;

/** A new version, and who made it. */
typedef struct wfp_version_row_t {
    const char *script_id;
    const char *code_id;
    wfp_script_t *script; /* all but modules is written */
    const char *author;
    const char *source;
    const char *message;
    int kept; /* undeployed versions kept */
} wfp_version_row_t;

/** Insert it with bindings and tags, deploy it, record the change.
 *  script's ns, name, version_id, number, stamp and created are set. */
apr_status_t wfp_versions_add(wfp_dbd_t *db,
                              const wfp_version_row_t *row) WFP_CHECK;

/** Insert uploaded code. @param pcode_id its new id */
apr_status_t wfp_modules_insert(const char **pcode_id, wfp_dbd_t *db,
                                const char *script_id,
                                const wfp_script_t *script) WFP_CHECK;

/** Read the modules of a code into script. */
apr_status_t wfp_modules_read(wfp_script_t *script, wfp_dbd_t *db,
                              const char *code_id) WFP_CHECK;

/** Write the bindings of a version. */
apr_status_t wfp_bindings_insert(wfp_dbd_t *db, const char *version_id,
                                 const apr_array_header_t *bindings) WFP_CHECK;

/** Read them: array of wfp_binding_t. */
apr_status_t wfp_bindings_read(apr_array_header_t **pbindings, wfp_dbd_t *db,
                               const char *version_id) WFP_CHECK;

/** Does everything exist that they name? WFP_NOT_FOUND with the name. self:
 *  an account script that will exist, or NULL */
apr_status_t wfp_bindings_check(wfp_dbd_t *db,
                                const apr_array_header_t *bindings,
                                const char *self) WFP_CHECK;

#endif
