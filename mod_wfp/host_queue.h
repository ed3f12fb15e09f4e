/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_QUEUE_H
#define WFP_HOST_QUEUE_H

#include "mod_wfp/invoke.h"

/** @file Sending to queues, for the host table. */

/** As wfp_host_t says of queue. */
apr_status_t wfp_host_queue_send(wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 const wfp_queue_send_t *send,
                                 wfp_result_t *res) WFP_CHECK;

#endif
