/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_SCOPE_H
#define WFP_DIRECTIVE_SCOPE_H

#include <httpd.h>
#include <http_config.h>

/**
 * @file
 * Setters of directives that say how a vhost or Location is served.
 * As httpd calls them: NULL, or the reason why the value is refused.
 */

const char *wfp_directive_scope_dispatcher(cmd_parms *cmd, void *scopev,
                                           const char *arg);

const char *wfp_directive_scope_namespace(cmd_parms *cmd, void *scopev,
                                          const char *arg);

const char *wfp_directive_scope_route_by(cmd_parms *cmd, void *scopev,
                                         const char *arg);

const char *wfp_directive_scope_outbound(cmd_parms *cmd, void *scopev, int argc,
                                         char *const argv[]);

#endif
