/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WfpHardening: the decision, from the directive and from what else is loaded;
 * seccomp.c does it. Piped logs, CGI through mod_cgid, FastCGI's process
 * manager and RewriteMap programs are started by the parent or by processes
 * that never are children, so they do not count.
 */
#include "mod_wfp/hardening.h"

#include "mod_wfp/config.h"
#include "mod_wfp/log.h"
#include "mod_wfp/seccomp.h"
#include "mod_wfp/server.h"

/* Modules whose purpose needs programs that a child starts. */
static const char *const program_starters[] = {
    "mod_cgi.c",
    "mod_ext_filter.c", /* a program a request */
    "mod_php.c",
    "mod_php7.c",
    "mod_php5.c",
    "mod_perl.c",
    "mod_python.c",
    "mod_wsgi.c",    /* code of their own */
    "mod_dav_svn.c", /* hooks */
    "mod_md.c",      /* MDMessageCmd, MDChallengeDns01 */
    "mod_authnz_external.c",
    NULL, /* a program a login */
};

static const char *find_starter(void)
{
    int i;

    for (i = 0; program_starters[i]; i++) {
        if (ap_find_linked_module(program_starters[i])) {
            return program_starters[i];
        }
    }
    return NULL;
}

static int decide_on(wfp_server_t *server, const char *starter)
{
    if (!wfp_seccomp_is_available()) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server->main,
                     WFPLOGNO(0701) "WfpHardening on: this kernel or container "
                                    "does not offer seccomp");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    if (starter) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server->main,
                     WFPLOGNO(0702) "WfpHardening on: %s is loaded and cannot "
                                    "start programs in children",
                     starter);
    }
    server->is_hardened = 1;
    return OK;
}

static void decide_auto(wfp_server_t *server, const char *starter)
{
    if (starter) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                     WFPLOGNO(0703) "children are not hardened: %s is loaded "
                                    "and may start programs in them",
                     starter);
    }
    else if (!wfp_seccomp_is_available()) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                     WFPLOGNO(0704) "children are not hardened: this kernel or "
                                    "container does not offer seccomp");
    }
    else {
        server->is_hardened = 1;
    }
}

int wfp_hardening_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                              apr_pool_t *ptemp, server_rec *s)
{
    wfp_server_t *server = wfp_server();
    int rc = OK;

    if (!server) {
        return OK; /* the first of the two readings at start */
    }
    switch (wfp_config_num(server->conf->hardening, WFP_HARDENING_AUTO)) {
    case WFP_HARDENING_OFF:
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     WFPLOGNO(0705) "children are not hardened: WfpHardening "
                                    "off");
        break;
    case WFP_HARDENING_ON:
        rc = decide_on(server, find_starter());
        break;
    default:
        decide_auto(server, find_starter());
        break;
    }
    if (server->is_hardened) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     WFPLOGNO(0706) "children are hardened: they start no "
                                    "programs, gain no privileges, dump no "
                                    "core");
    }
    return rc;
}

void wfp_hardening_child_init(apr_pool_t *pchild, server_rec *s)
{
    wfp_server_t *server = wfp_server();
    apr_status_t rv;

    if (!server || !server->is_hardened) {
        return;
    }
    rv = wfp_seccomp_apply();
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     WFPLOGNO(0707) "this child cannot be hardened and runs no "
                                    "Workers");
        server->isolates = NULL;
    }
}
