/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_GUARD_H
#define WFP_GUARD_H

#include <apr_errno.h>

#include "core/wfp.h"

/** Install the SIGSEGV handler: a hit of the C stack's guard page while Lua
 *  runs ends the invocation, any other fault goes to the handler before. Child
 *  scope, once. */
apr_status_t wfp_guard_child_init(void) WFP_CHECK;

#endif
