/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TRACE_H
#define WFP_TRACE_H

#include "mod_wfp/invoke.h"

/** @file One request's way, for who follows it in the error log. */

/** A step of a request's way, at LogLevel wfp:trace2, also of what is left to do
 *  once the request is gone. */
void wfp_trace_step(const wfp_work_t *work, const char *fmt, ...)
    WFP_PRINTF(2, 3);

#endif
