/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CONTROL_H
#define WFP_CONTROL_H

#include <httpd.h>

/** @file The REST API's door: `SetHandler wfp-api`. */

#define WFP_CONTROL_HANDLER "wfp-api"

/** hook handler. */
int wfp_control_handle(request_rec *r);

#endif
