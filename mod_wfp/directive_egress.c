/* SPDX-License-Identifier: Apache-2.0 */
/* Setters of how and where subrequests go. Named in the rows of directives.c. */
#include "mod_wfp/directive_egress.h"

#include <apr_strings.h>
#include <http_core.h>
#include <string.h>

#include "mod_wfp/config.h"
#include "mod_wfp/directive_path.h"
#include "mod_wfp/directive_server.h"
#include "mod_wfp/directive_value.h"

const char *wfp_directive_egress_ca(cmd_parms *cmd, void *dummy,
                                    const char *arg)
{
    const char *err = wfp_directive_path_certificates(
        ap_server_root_relative(cmd->temp_pool, arg), cmd->temp_pool);

    return err ? wfp_directive_value_refuse(cmd, arg, err)
               : wfp_directive_server_text(cmd, dummy, arg);
}

const char *wfp_directive_egress_timeout(cmd_parms *cmd, void *dummy,
                                         const char *connect, const char *total,
                                         const char *idle)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 0);

    if (err) {
        return err;
    }
    if (wfp_directive_value_time(&conf->egress_connect, connect)
        || conf->egress_connect < apr_time_from_msec(1)) {
        return wfp_directive_value_refuse(
            cmd, connect, "is not a time such as 5s, 1ms or more");
    }
    if (wfp_directive_value_time(&conf->egress_total, total)
        || conf->egress_total < conf->egress_connect) {
        return wfp_directive_value_refuse(
            cmd, total,
            "is not a time such as 30s, at least as long as the first");
    }
    conf->egress_idle = WFP_CONF_UNSET;
    if (idle
        && (wfp_directive_value_time(&conf->egress_idle, idle)
            || conf->egress_idle < apr_time_from_msec(1))) {
        return wfp_directive_value_refuse(
            cmd, idle, "is not a time such as 5s, 1ms or more");
    }
    return NULL;
}

static const char *add_rule(cmd_parms *cmd, int allow, const char *target)
{
    wfp_server_conf_t *conf = wfp_config_server(cmd->server);
    const char *err = wfp_directive_value_in_server(cmd, 0);
    wfp_result_t res;

    if (err) {
        return err;
    }
    if (!conf->egress) {
        conf->egress = wfp_policy_make(cmd->pool);
    }
    wfp_result_init(&res, cmd->pool);
    if (wfp_policy_add(conf->egress, allow, target, &res) != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "%s: %s", cmd->cmd->name, res.message);
    }
    return NULL;
}

const char *wfp_directive_egress_allow(cmd_parms *cmd, void *dummy,
                                       const char *target)
{
    return add_rule(cmd, 1, target);
}

const char *wfp_directive_egress_deny(cmd_parms *cmd, void *dummy,
                                      const char *target)
{
    return add_rule(cmd, 0, target);
}
