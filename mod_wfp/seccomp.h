/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SECCOMP_H
#define WFP_SECCOMP_H

#include <apr_errno.h>

#include "core/wfp.h"

/**
 * @file
 * The system calls that a child gives up: programs, tracing, mounts, modules,
 * namespaces, keys, new listening sockets and others that no Worker needs. They
 * fail with EPERM.
 */

/** Has the kernel what wfp_seccomp_apply() needs, and may it be used here? */
int wfp_seccomp_is_available(void);

/**
 * Give them up, in all threads of this process and its children to come. It
 * cannot be undone. Also: no new privileges, no core dump, no tracing by
 * processes of the same user.
 *
 * @return APR_SUCCESS; another: some of it may be in force
 */
WFP_CHECK apr_status_t wfp_seccomp_apply(void);

#endif
