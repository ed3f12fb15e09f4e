/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVE_SERVER_H
#define WFP_DIRECTIVE_SERVER_H

#include <httpd.h>
#include <http_config.h>

/**
 * @file
 * Setters of directives that hold for a server or vhost.
 * As httpd calls them: NULL, or the reason why the value is refused.
 */

const char *wfp_directive_server_number(cmd_parms *cmd, void *dummy,
                                        const char *arg);

const char *wfp_directive_server_text(cmd_parms *cmd, void *dummy,
                                      const char *arg);

const char *wfp_directive_server_kv_cache(cmd_parms *cmd, void *dummy,
                                          const char *arg);

const char *wfp_directive_server_socache(cmd_parms *cmd, void *dummy,
                                         const char *arg);

const char *wfp_directive_server_trust_header(cmd_parms *cmd, void *dummy,
                                              const char *arg);

const char *wfp_directive_server_isolate_reuse(cmd_parms *cmd, void *dummy,
                                               int on);

const char *wfp_directive_server_worker_header(cmd_parms *cmd, void *dummy,
                                               int on);

const char *wfp_directive_server_database(cmd_parms *cmd, void *dummy,
                                          const char *driver,
                                          const char *params);

const char *wfp_directive_server_account(cmd_parms *cmd, void *dummy,
                                         const char *arg);

const char *wfp_directive_server_metering(cmd_parms *cmd, void *dummy,
                                          const char *arg);

const char *wfp_directive_server_hardening(cmd_parms *cmd, void *dummy,
                                           const char *arg, const char *more);

const char *wfp_directive_server_api_rate(cmd_parms *cmd, void *dummy,
                                          const char *requests,
                                          const char *time);
const char *wfp_directive_server_log_retention(cmd_parms *cmd, void *dummy,
                                               const char *time,
                                               const char *size);
const char *wfp_directive_server_cool_down(cmd_parms *cmd, void *dummy,
                                           const char *kills, const char *time,
                                           const char *pause);

#endif
