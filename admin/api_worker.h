/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_WORKER_H
#define WFP_API_WORKER_H

#include "admin/api_call.h"
#include "admin/deploy.h"
#include "core/script.h"
#include "store/scripts.h"

/** @file What the routes of one Worker share: {script} of the path, in
 *  {namespace} or, where the path has none, of the account. */

/** The Worker's name of the path. */
const char *wfp_api_worker_name(const wfp_api_call_t *call);

/** If-Match without quotes and W/, NULL when there is none. */
const char *wfp_api_worker_if_match(wfp_api_call_t *call);

/** Begin to make a version of the call's Worker. */
void wfp_api_worker_begin(wfp_deploy_t *d, wfp_api_call_t *call,
                          const char *action);

/** It is made: all children of the host get it before the answer. */
void wfp_api_worker_done(wfp_api_call_t *call, const wfp_deploy_t *d);

/** Say what call->res says of a Worker. @return rv */
apr_status_t wfp_api_worker_failed(wfp_api_call_t *call, apr_status_t rv);

/** The deployed version without modules. On failure the error is in the
 *  answer. @param pinfo may be NULL */
apr_status_t wfp_api_worker_head(wfp_script_t **pscript,
                                 wfp_script_info_t **pinfo,
                                 wfp_api_call_t *call) WFP_CHECK;

/** The upload in the call's body. On failure the error is in the answer. */
apr_status_t wfp_api_worker_form(wfp_upload_form_t **pform,
                                 wfp_api_call_t *call, const char *field,
                                 int needs_code) WFP_CHECK;

/** Read metadata, as wfp_metadata_read() does. Services of a token that is
 *  limited to namespaces are those of the Worker's namespace; a binding of its
 *  to another namespace, or with an outbound Worker, is 403, in the answer. */
apr_status_t wfp_api_worker_metadata(wfp_metadata_t **pmeta,
                                     wfp_api_call_t *call,
                                     const wfp_json_t *obj,
                                     wfp_metadata_mode_e mode) WFP_CHECK;

/** New code and its metadata, of the call's body. On failure the error is in
 *  the answer, or in call->res for wfp_api_worker_failed(). */
apr_status_t wfp_api_worker_upload(wfp_upload_form_t **pform,
                                   wfp_metadata_t **pmeta, wfp_api_call_t *call,
                                   wfp_metadata_mode_e mode) WFP_CHECK;

/** What the client should know of its metadata. */
void wfp_api_worker_tell(wfp_api_call_t *call, const wfp_metadata_t *meta);

/** The settings alone: PATCH the Worker by an object, 200 with them. */
apr_status_t wfp_api_worker_patch(wfp_api_call_t *call, const wfp_json_t *obj,
                                  const char *action,
                                  wfp_script_t **pscript) WFP_CHECK;

#endif
