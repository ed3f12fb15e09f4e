/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_EASY_H
#define WFP_CLIENT_EASY_H

#include "outbound/client_transfer.h"

/**
 * @file
 * One transfer in curl's words. Private to outbound/client*.c.
 */

/** Make t->easy with everything that is the same for all transfers.
 *  @return APR_SUCCESS or APR_ENOMEM */
apr_status_t wfp_client_easy_create(
    wfp_client_transfer_t *t, const wfp_client_config_t *config) WFP_CHECK;

void wfp_client_easy_destroy(wfp_client_transfer_t *t);

/** What a request asks of its transfer. */
typedef struct wfp_client_order_t {
    const char *url;
    const char *method;
    const wfp_headers_t *headers;
    const char *data; /* body in memory; NULL: none or streamed */
    apr_off_t length; /* of the body, -1: not known */
    int streamed;     /* the body comes through t->up */
    apr_interval_time_t connect_timeout;
    apr_pool_t *pool; /* the header lines live here */
} wfp_client_order_t;

/**
 * Set what is this transfer's own. On the request's thread.
 *
 * @return APR_SUCCESS; APR_EINVAL: a header field is not legal; APR_ENOMEM
 */
apr_status_t wfp_client_easy_prepare(wfp_client_transfer_t *t,
                                     const wfp_client_order_t *order) WFP_CHECK;

/** Take over how long curl took for what; under t's mutex, on the loop's
 *  thread. */
void wfp_client_easy_times(wfp_client_transfer_t *t);

/** Say in res why a done transfer failed; never names an address or path.
 *  @return the status set */
apr_status_t wfp_client_easy_failure(const wfp_client_transfer_t *t,
                                     wfp_result_t *res) WFP_CHECK;

#endif
