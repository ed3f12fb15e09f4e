/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_LIMIT_H
#define WFP_DIRECTIVE_LIMIT_H

#include <httpd.h>
#include <http_config.h>

/**
 * @file
 * Setters of limits of an invocation and of quotas of services.
 * As httpd calls them: NULL, or the reason why the value is refused.
 */

const char *wfp_directive_limit_set(cmd_parms *cmd, void *dummy,
                                    const char *name, const char *value,
                                    const char *top);

const char *wfp_directive_limit_quota(cmd_parms *cmd, void *dummy,
                                      const char *name, const char *script,
                                      const char *ns);

#endif
