/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TX_H
#define WFP_TX_H

#include <apr_tables.h>

#include "core/etag.h"
#include "core/script.h"
#include "core/wfp.h"
#include "store/audit.h"
#include "store/changes.h"
#include "store/dbd.h"
#include "store/secrets.h"
#include "store/tokens.h"

/**
 * @file
 * What one noun asks of another inside its transaction. Inside store/ only.
 * All results are in db->pool; a failing statement has filled in db->res.
 */

/** Lock the row of change numbers and take the next: the first thing every
 *  mutation does, so that mutations queue here and commit in order. */
apr_status_t wfp_changes_take(apr_int64_t *pstamp, wfp_dbd_t *db) WFP_CHECK;

/** The number of the last change that can be seen. */
apr_status_t wfp_changes_number(apr_int64_t *pnumber, wfp_dbd_t *db) WFP_CHECK;

/** Write the row of this mutation. */
apr_status_t wfp_changes_record(wfp_dbd_t *db,
                                const wfp_change_t *change) WFP_CHECK;

/** The same, and its row of the audit. @param details JSON object, or NULL */
apr_status_t wfp_audit_record(wfp_dbd_t *db, const wfp_change_t *change,
                              const wfp_actor_t *actor, const char *action,
                              const char *details) WFP_CHECK;

/** "script" etc. */
const char *wfp_changes_kind_name(wfp_change_e kind);

/** Its id (account scripts have a namespace row, too). NULL when missing. */
apr_status_t wfp_namespaces_id(const char **pid, wfp_dbd_t *db,
                               const char *name) WFP_CHECK;

/** The same; missing is APR_NOTFOUND with WFP_NOT_FOUND. */
apr_status_t wfp_namespaces_need(const char **pid, wfp_dbd_t *db,
                                 const char *name) WFP_CHECK;

/** Is the namespace, if there is one, what match says? @param match NULL:
 *  whatever. As wfp_etag_check() */
apr_status_t wfp_namespaces_check(wfp_dbd_t *db, const char *name,
                                  const wfp_match_t *match) WFP_CHECK;

/** Write the settings of ns->name; ns->modified is filled in. APR_NOTFOUND
 *  with WFP_NOT_FOUND. */
apr_status_t wfp_namespaces_write(wfp_dbd_t *db, wfp_namespace_t *ns,
                                  apr_int64_t stamp) WFP_CHECK;

/** Seal all secrets of all versions of a namespace's Workers anew. @param to
 *  the namespace's name from now on */
apr_status_t wfp_secrets_reseal(wfp_dbd_t *db, const char *ns_id,
                                const char *to,
                                const wfp_reseal_t *reseal) WFP_CHECK;

/** A script's row. */
typedef struct wfp_script_row_t {
    const char *id; /* NULL: there is no such script */
    apr_int64_t stamp;
    apr_int64_t last_number;
    apr_time_t created;
    const char *version_id; /* newest of the current deployment */
    const char *tags;       /* JSON */
    const char *ns_id;      /* NULL: there is no such namespace */
} wfp_script_row_t;

/** APR_SUCCESS also when there is none. */
apr_status_t wfp_scripts_row(wfp_script_row_t *row, wfp_dbd_t *db,
                             const char *ns, const char *name) WFP_CHECK;

/** The same; missing is APR_NOTFOUND with WFP_WORKER_NOT_FOUND, or
 *  WFP_NOT_FOUND when the namespace is missing. */
apr_status_t wfp_scripts_need(wfp_script_row_t *row, wfp_dbd_t *db,
                              const char *ns, const char *name) WFP_CHECK;

/** Delete row's Worker (only its id is read), record the change. */
apr_status_t wfp_scripts_remove(wfp_dbd_t *db, const wfp_script_row_t *row,
                                const wfp_change_t *change,
                                const wfp_actor_t *actor) WFP_CHECK;

/** A version without its modules, and the code it runs. */
typedef struct wfp_head_t {
    wfp_script_t *script; /* modules empty; stamp is the version's */
    const char *code_id;
    const char *etag;
    apr_int64_t deployed; /* stamp of its last deployment, 0: never */
} wfp_head_t;

/** The newest version of the current deployment, with the deployment's stamp.
 *  APR_NOTFOUND with WFP_WORKER_NOT_FOUND. */
apr_status_t wfp_versions_head(wfp_head_t *head, wfp_dbd_t *db, const char *ns,
                               const char *name) WFP_CHECK;

/** The newest version that runs or has never run. */
apr_status_t wfp_versions_base(wfp_head_t *head, wfp_dbd_t *db,
                               const wfp_script_row_t *row) WFP_CHECK;

/** A version by id. WFP_NOT_FOUND when row's Worker has none of that id. */
apr_status_t wfp_versions_by_id(wfp_head_t *head, wfp_dbd_t *db,
                                const wfp_script_row_t *row,
                                const char *id) WFP_CHECK;

/** Id of the one with the greatest number. */
apr_status_t wfp_versions_latest(const char **pid, wfp_dbd_t *db,
                                 const char *script_id) WFP_CHECK;

/** A new version, and who made it. */
typedef struct wfp_version_row_t {
    const wfp_script_row_t *row;
    const char *code_id;
    wfp_script_t *script; /* all but modules is written */
    const wfp_actor_t *actor;
    const char *action;
    const char *message;
    int no_traffic;
    int kept; /* undeployed versions kept */
} wfp_version_row_t;

/** Insert it with bindings and tags, deploy it unless no_traffic, record the
 *  change. script's ns, name, version_id, number, stamp and created are set. */
apr_status_t wfp_versions_add(wfp_dbd_t *db,
                              const wfp_version_row_t *row) WFP_CHECK;

/** What shall run from now on. */
typedef struct wfp_deployment_row_t {
    const wfp_script_row_t *row;
    apr_int64_t stamp;
    apr_int64_t number;               /* of a new version, or 0 */
    const apr_array_header_t *shares; /* wfp_share_t, newest first */
    const apr_array_header_t *tags;   /* of the newest */
    const wfp_actor_t *actor;
    const char *message;
} wfp_deployment_row_t;

/** Insert it and make it the current one. */
apr_status_t wfp_deployments_insert(wfp_dbd_t *db,
                                    const wfp_deployment_row_t *dep) WFP_CHECK;

/** The id of the deployment with that stamp. */
const char *wfp_deployments_id(apr_int64_t stamp, apr_pool_t *p);

/** How many versions the current deployment has. */
apr_status_t wfp_deployments_width(int *pcount, wfp_dbd_t *db,
                                   const wfp_script_row_t *row) WFP_CHECK;

/** Read the tags of a version: array of const char *. */
apr_status_t wfp_versions_tags(apr_array_header_t **ptags, wfp_dbd_t *db,
                               const char *version_id) WFP_CHECK;

/** Does row's current version have this etag or id? ("*": it exists.)
 *  WFP_CONFLICT with APR_EMISMATCH when not. @param want NULL: whatever */
apr_status_t wfp_versions_match(wfp_dbd_t *db, const wfp_script_row_t *row,
                                const char *want) WFP_CHECK;

/** Insert uploaded code. @param pcode_id its new id @param petag its digest */
apr_status_t wfp_modules_insert(const char **pcode_id, const char **petag,
                                wfp_dbd_t *db, const char *script_id,
                                const wfp_script_t *script) WFP_CHECK;

/** Read the modules of a code into script. */
apr_status_t wfp_modules_read(wfp_script_t *script, wfp_dbd_t *db,
                              const char *code_id) WFP_CHECK;

/** Write the bindings of a version. */
apr_status_t wfp_bindings_insert(wfp_dbd_t *db, const char *version_id,
                                 const apr_array_header_t *bindings) WFP_CHECK;

/** Read them, and its tags: arrays of wfp_binding_t and of const char *. */
apr_status_t wfp_bindings_read(apr_array_header_t **pbindings,
                               apr_array_header_t **ptags, wfp_dbd_t *db,
                               const char *version_id) WFP_CHECK;

/** Does everything exist that script's bindings name? WFP_NOT_FOUND, about what
 *  and with the name. A service that is a Worker of script's own namespace gets
 *  the target "/NAME". */
apr_status_t wfp_bindings_check(wfp_dbd_t *db,
                                const wfp_script_t *script) WFP_CHECK;

/** Is everybody there whom a new version gives its records to? WFP_NOT_FOUND,
 *  about the service; WFP_INVALID: it may not be who is named. */
apr_status_t wfp_tail_consumers_check(wfp_dbd_t *db,
                                      const wfp_script_t *script) WFP_CHECK;

/** The same of a namespace's tail_consumers. */
apr_status_t wfp_tail_consumers_check_ns(wfp_dbd_t *db,
                                         const wfp_namespace_t *ns) WFP_CHECK;

/** Note whom a new version gives its records to, for wfp_references_tails(). */
apr_status_t wfp_tail_consumers_insert(wfp_dbd_t *db, const char *version_id,
                                       const char *ns_id,
                                       const char *settings) WFP_CHECK;

/** The same of a namespace, in place of what was noted. @param targets  JSON */
apr_status_t wfp_tail_consumers_turn_ns(wfp_dbd_t *db, const char *ns,
                                        const char *targets) WFP_CHECK;

/** Who gives an account Worker its records (namespace, Worker), by name and how many
 *  at most; here, so that a test sees which indexes they use. */
#define WFP_REFERENCES_TAILS(target, most)                                     \
    "SELECT DISTINCT n.name, s.name FROM version_tails t "                     \
    "JOIN versions v ON v.id = t.version_id "                                  \
    "JOIN scripts s ON s.id = v.script_id "                                    \
    "JOIN deployments d ON d.script_id = s.id AND d.stamp = s.stamp "          \
    "AND d.version_id = v.id JOIN namespaces n ON n.id = s.ns_id "             \
    "WHERE t.consumer_ns = '' AND t.consumer = " target " "                    \
    "ORDER BY n.name, s.name LIMIT " most
#define WFP_REFERENCES_TAILS_NS(target, most)                                  \
    "SELECT n.name, '' FROM namespace_tails t "                                \
    "JOIN namespaces n ON n.id = t.ns_id "                                     \
    "WHERE t.consumer_ns = '' AND t.consumer = " target " "                    \
    "ORDER BY n.name LIMIT " most

/** Does nobody but itself use an account Worker? Else WFP_CONFLICT about
 *  WFP_ABOUT_USERS, which names some of them. What uses it later finds that it is gone,
 *  as both take a change's number first. @param script_id  its own */
apr_status_t wfp_references_need_none(wfp_dbd_t *db, const char *name,
                                      const char *script_id) WFP_CHECK;

/** A namespace is called otherwise from now on: those of its Workers and its own
 *  that are in it. */
apr_status_t wfp_tail_consumers_rename(wfp_dbd_t *db, const char *ns_id,
                                       const char *from,
                                       const char *to) WFP_CHECK;

/** A namespace is called otherwise from now on: the data points of its Workers
 *  stay its. */
apr_status_t wfp_data_points_rename(wfp_dbd_t *db, const char *from,
                                    const char *to) WFP_CHECK;

/** A namespace gets this name: data points of one that had it before are not for
 *  those who may see this one's. */
apr_status_t wfp_data_points_orphan(wfp_dbd_t *db, const char *ns) WFP_CHECK;

/** Hold an owner of assets: nobody else adds to what it has. */
apr_status_t wfp_asset_indexes_hold(wfp_dbd_t *db, const char *owner) WFP_CHECK;

/** An index of assets that a version has is counted, if it is not yet. */
apr_status_t wfp_asset_indexes_know(wfp_dbd_t *db, const char *owner,
                                    const char *digest,
                                    apr_int64_t size) WFP_CHECK;

/** The records of a Worker that goes are nobody's. */
apr_status_t wfp_log_records_lose(wfp_dbd_t *db,
                                  const char *script_id) WFP_CHECK;

/** The same of all Workers of a namespace. */
apr_status_t wfp_log_records_lose_all(wfp_dbd_t *db, const char *ns) WFP_CHECK;

/** A token by its id, expired or not; NULL when there is none. */
apr_status_t wfp_tokens_by_id(wfp_token_t **ptoken, wfp_dbd_t *db,
                              const char *id) WFP_CHECK;

#endif
