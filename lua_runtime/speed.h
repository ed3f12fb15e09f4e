/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SPEED_H
#define WFP_SPEED_H

#include <apr_errno.h>

#include "core/wfp.h"

/** Measure how many VM instructions a second of CPU can run here, at most.
 *  Takes about 20 ms. @return APR_ENOMEM */
apr_status_t wfp_speed_measure(double *prate) WFP_CHECK;

#endif
