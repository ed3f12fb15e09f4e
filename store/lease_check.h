/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LEASE_CHECK_H
#define WFP_LEASE_CHECK_H

#include "store/dbd.h"

/** @file Inside store/ only: what is done under a lease asks here. */

/**
 * In a transaction: does that fence hold until its end? The lease's row is
 * locked (shared), so nobody takes the lease meanwhile.
 *
 * @return APR_EMISMATCH with WFP_CONFLICT: no
 */
apr_status_t wfp_leases_check(wfp_dbd_t *db, const char *name,
                              apr_int64_t fence) WFP_CHECK;

#endif
