/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRIAL_H
#define WFP_TRIAL_H

#include <httpd.h>

#include "admin/try.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * What a request knows that was sent to try a Worker (admin/try.h): whose
 * records are wanted, which Workers it may come to, which version is meant. It
 * hangs on the connection that trial_conn.c makes, and on the work.
 */

/** One trial, for the request that asks for it. In r's pool. */
wfp_trial_t *wfp_trial_make(wfp_server_t *server, request_rec *r,
                            wfp_try_t *ask);

/** Say that requests of this connection are this trial's. */
void wfp_trial_mark(wfp_trial_t *trial, conn_rec *c);

/** The trial that a connection is for; NULL: it is an ordinary one. */
wfp_trial_t *wfp_trial_of(const conn_rec *c);

/** Nothing but Workers is tried: say so. @return HTTP_NOT_FOUND */
int wfp_trial_refuse(wfp_trial_t *trial, wfp_try_e why);

/** A work begins. */
void wfp_trial_begin(wfp_trial_t *trial, const wfp_work_t *work);

/** Whose connection asked: who goes away there does not wait for the answer. */
conn_rec *wfp_trial_client(const wfp_trial_t *trial);

/** When nobody waits for the answer any more, as core/clock.h tells it. */
apr_time_t wfp_trial_end(const wfp_trial_t *trial);

/** May this invocation be made? Somebody who is limited to namespaces is led to
 *  no other's Worker by the dispatcher or the route, as if it were not there;
 *  what user Workers call is their own business. */
apr_status_t wfp_trial_admit(const wfp_host_ctx_t *ctx,
                             wfp_result_t *res) WFP_CHECK;

/** Where a version of this Worker is meant: make its entry that version's.
 *  @return as wfp_sync_find() */
apr_status_t wfp_trial_pick(wfp_host_ctx_t *ctx, wfp_result_t *res) WFP_CHECK;

/** An invocation's record, as WfpLog gets it. Any thread. */
void wfp_trial_record(wfp_trial_t *trial, const wfp_host_ctx_t *ctx,
                      const char *line, apr_size_t n);

/** It is over: all that is told goes to ask. */
void wfp_trial_tell(wfp_trial_t *trial);

#endif
