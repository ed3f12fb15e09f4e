/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DBCLOCK_H
#define WFP_DBCLOCK_H

#include "store/dbd.h"

/** @file The database's clock, which is one for all hosts. Inside store/ only. */

/** Milliseconds since the epoch, now, not when the transaction began. */
apr_status_t wfp_dbclock_now(apr_int64_t *pms, wfp_dbd_t *db) WFP_CHECK;

#endif
