/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_STREAM_H
#define WFP_CLIENT_STREAM_H

#include "outbound/client_transfer.h"

/**
 * @file
 * A running transfer as its request's thread sees it: waiting, pumping the
 * request body, reading the response body, leaving. Private to
 * outbound/client*.c.
 */

typedef enum {
    WFP_CLIENT_FOR_HEAD = 0,
    WFP_CLIENT_FOR_BODY, /* at least one byte */
    WFP_CLIENT_FOR_MUCH, /* as much as there will be without a reader */
    WFP_CLIENT_FOR_END
} wfp_client_wait_e;

/**
 * Wait until there is what is wanted or the transfer is done, pumping the
 * request body meanwhile.
 *
 * @return APR_SUCCESS; else res: WFP_TIMEOUT (t->until has come), or why the
 *         request body could not be read. The transfer goes on then.
 */
apr_status_t wfp_client_stream_wait(wfp_client_transfer_t *t,
                                    wfp_client_wait_e what,
                                    wfp_result_t *res) WFP_CHECK;

/** The response body; owns t from now on. */
wfp_body_t *wfp_client_stream_body(wfp_client_transfer_t *t, apr_off_t length,
                                   apr_pool_t *p);

/** Leave a started transfer in whatever phase: when this returns nothing of
 *  the request's is used any more and t is idle. */
void wfp_client_stream_end(wfp_client_transfer_t *t);

#endif
