/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RESPONSE_H
#define WFP_RESPONSE_H

#include <httpd.h>

#include "core/message.h"
#include "mod_wfp/invoke.h"

/** @file A Worker's response, and the module's own error answers, to httpd. */

/**
 * Send a Worker's response. An error of its body after the first byte breaks
 * the connection off, so that nobody takes half for whole.
 *
 * @param res  set up; why it was not sent, or not as a whole: an error that
 *             came while the body was made
 * @return OK; DECLINED: nothing was sent yet
 */
int wfp_response_send(wfp_work_t *work, wfp_response_t *resp,
                      wfp_result_t *res);

/**
 * Answer with an error: x-wfp-error, x-wfp-request-id and a JSON body (HTML
 * where the client prefers it), unless an ErrorDocument replaces it.
 *
 * @return OK or an HTTP status for the handler to return
 */
int wfp_response_error(wfp_work_t *work, const wfp_result_t *res);

#endif
