/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_EGRESS_H
#define WFP_DIRECTIVE_EGRESS_H

#include <httpd.h>
#include <http_config.h>

/**
 * @file
 * Setters of how and where subrequests go.
 * As httpd calls them: NULL, or the reason why the value is refused.
 */

const char *wfp_directive_egress_ca(cmd_parms *cmd, void *dummy,
                                    const char *arg);

const char *wfp_directive_egress_timeout(cmd_parms *cmd, void *dummy,
                                         const char *connect, const char *total,
                                         const char *idle);

const char *wfp_directive_egress_allow(cmd_parms *cmd, void *dummy,
                                       const char *target);

const char *wfp_directive_egress_deny(cmd_parms *cmd, void *dummy,
                                      const char *target);

#endif
