/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module record and its hooks; each hook's work is in the file named after
 * it.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "mod_wfp/children.h"
#include "mod_wfp/claim.h"
#include "mod_wfp/config.h"
#include "mod_wfp/config_check.h"
#include "mod_wfp/control.h"
#include "mod_wfp/directives.h"
#include "mod_wfp/dispatch.h"
#include "mod_wfp/dump.h"
#include "mod_wfp/egress.h"
#include "mod_wfp/ending.h"
#include "mod_wfp/hardening.h"
#include "mod_wfp/error_log.h"
#include "mod_wfp/prefork.h"
#include "mod_wfp/server.h"
#include "mod_wfp/socache.h"
#include "mod_wfp/status.h"
#include "mod_wfp/trial_conn.h"

static void register_hooks(apr_pool_t *p)
{
    static const char *const rewrite[] = { "mod_rewrite.c", NULL };

    ap_hook_pre_config(wfp_socache_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(wfp_config_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(wfp_dump_print, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(wfp_error_log_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(wfp_server_post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(wfp_hardening_post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_drop_privileges(wfp_ending_drop_privileges, NULL, NULL,
                            APR_HOOK_REALLY_FIRST);
    ap_hook_child_init(wfp_server_child_init, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(wfp_hardening_child_init, NULL, NULL,
                       APR_HOOK_REALLY_LAST);
    ap_hook_child_status(wfp_children_child_status, NULL, NULL,
                         APR_HOOK_MIDDLE);
    ap_hook_child_stopping(wfp_ending_child_stopping, NULL, NULL,
                           APR_HOOK_MIDDLE);
    ap_hook_pre_connection(wfp_prefork_pre_connection, NULL, NULL,
                           APR_HOOK_MIDDLE);
    /* before mod_proxy and mod_alias: a claim beats both */
    ap_hook_pre_translate_name(wfp_claim_sent, NULL, NULL,
                               APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(wfp_claim_translate, NULL, NULL,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(wfp_claim_rewritten, rewrite, NULL,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(wfp_claim_map, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* before mod_mime and mod_negotiation */
    ap_hook_type_checker(wfp_claim_type, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_handler(wfp_dispatch_handle, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(wfp_control_handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(wfp_status_handle, NULL, NULL, APR_HOOK_MIDDLE);
    wfp_status_register(p);
    wfp_trial_conn_register();
    wfp_egress_register();
}

AP_DECLARE_MODULE(wfp)
= {
    STANDARD20_MODULE_STUFF,  wfp_config_create_scope, wfp_config_merge_scope,
    wfp_config_create_server, wfp_config_merge_server, wfp_directives_rows,
    register_hooks,
};
