/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WfpHardening: the decision, from the directive and from what else is loaded;
 * seccomp.c does it. Piped logs, CGI through mod_cgid, FastCGI's process
 * manager and RewriteMap programs are started by the parent or by processes
 * that never are children, so they do not count.
 */
#include "mod_wfp/hardening.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <string.h>

#include "mod_wfp/config.h"
#include "mod_wfp/landlock.h"
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

const char *wfp_hardening_starter(void)
{
    int i;

    for (i = 0; program_starters[i]; i++) {
        if (ap_find_linked_module(program_starters[i])) {
            return program_starters[i];
        }
    }
    return NULL;
}

/* ---- files --------------------------------------------------------------- */

/* What the C library, curl, OpenSSL and the drivers read. */
static const char *const system_paths[] = {
    "/usr", "/lib", "/lib64", "/bin", "/etc", "/run", "/var/run", "/dev", NULL,
};

static void keep(wfp_server_t *server, const char *path, int is_writable,
                 apr_pool_t *p)
{
    wfp_landlock_path_t *kept;

    if (path && *path == '/') {
        kept = apr_array_push(server->paths);
        kept->path = apr_pstrdup(p, path);
        kept->is_writable = is_writable;
    }
}

/* What this server serves: document roots, and the folders that the
 * configuration has sections for, other than the root. */
static void keep_served(wfp_server_t *server, server_rec *s, apr_pool_t *p)
{
    core_server_config *core = ap_get_core_module_config(s->module_config);
    int i;

    keep(server, core->ap_document_root, 0, p);
    for (i = 0; i < core->sec_dir->nelts; i++) {
        ap_conf_vector_t *section = APR_ARRAY_IDX(core->sec_dir, i,
                                                  ap_conf_vector_t *);
        const core_dir_config *dir = ap_get_core_module_config(section);

        if (!dir->r && !dir->d_is_fnmatch && dir->d && strcmp(dir->d, "/")) {
            keep(server, dir->d, 0, p);
        }
    }
}

static void choose_paths(wfp_server_t *server, apr_pool_t *p)
{
    const char *db = wfp_config_db_params(server->main), *temp = NULL;
    server_rec *s;
    int i;

    server->paths = apr_array_make(p, 32, sizeof(wfp_landlock_path_t));
    for (i = 0; system_paths[i]; i++) {
        keep(server, system_paths[i], 0, p);
    }
    keep(server, "/dev/null", 1, p);
    /* its own, whatever its number will be: opened in the child */
    keep(server, "/proc/self", 0, p);
    keep(server, "/proc/sys", 0, p);
    keep(server, ap_server_root, 0, p);
    for (s = server->main; s; s = s->next) {
        keep_served(server, s, p);
    }
    keep(server, server->conf->egress_ca, 0, p);
    keep(server, wfp_config_data_dir(server->main), 1, p);
    if (!strcmp(wfp_config_db_driver(server->main), "sqlite3")) {
        keep(server, ap_make_dirstr_parent(p, db), 1, p);
    }
    if (apr_temp_dir_get(&temp, p) == APR_SUCCESS) {
        keep(server, temp, 1, p);
    }
}

/* @return HTTP status of a start that cannot be, or OK */
static int decide_files(wfp_server_t *server, int must, apr_pool_t *p)
{
    if (!wfp_config_num(server->conf->landlock, 0) || !server->is_hardened) {
        return OK;
    }
    if (wfp_landlock_is_available()) {
        choose_paths(server, p);
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, server->main,
                     WFPLOGNO(0708) "children see %d files and folders only, "
                                    "and write to the store's and temporary "
                                    "ones",
                     server->paths->nelts);
        return OK;
    }
    if (must) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, 0, server->main,
                     WFPLOGNO(0709) "WfpHardening on +landlock: this kernel "
                                    "does not offer Landlock");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, 0, server->main,
                 WFPLOGNO(0710) "WfpHardening auto +landlock: this kernel does "
                                "not offer Landlock");
    return OK;
}

apr_status_t wfp_hardening_give_up_files(const wfp_server_t *server)
{
    return server->paths ? wfp_landlock_apply(server->paths) : APR_SUCCESS;
}

/* ---- the decision ---------------------------------------------------------- */

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
    apr_int64_t how;
    int rc = OK;

    if (!server) {
        return OK; /* the first of the two readings at start */
    }
    how = wfp_config_num(server->conf->hardening, WFP_HARDENING_AUTO);
    switch (how) {
    case WFP_HARDENING_OFF:
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     WFPLOGNO(0705) "children are not hardened: WfpHardening "
                                    "off");
        break;
    case WFP_HARDENING_ON:
        rc = decide_on(server, wfp_hardening_starter());
        break;
    default:
        decide_auto(server, wfp_hardening_starter());
        break;
    }
    if (server->is_hardened) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s,
                     WFPLOGNO(0706) "children are hardened: they start no "
                                    "programs, gain no privileges, dump no "
                                    "core");
    }
    return rc == OK ? decide_files(server, how == WFP_HARDENING_ON, pconf) : rc;
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
