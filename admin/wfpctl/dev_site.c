/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of `wfpctl dev` and httpd's configuration in it. Called by cmd_dev.c.
 */
#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/dev.h"

#define PORT 8787

static int is_file(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS;
}

/* Of a program that was built and not installed, the module that was built
 * with it. */
static const char *module_path(apr_pool_t *p)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    const char *built;
    char *slash;

    if (n > 0) {
        self[n] = '\0';
        slash = strrchr(self, '/');
        *slash = '\0';
        built = apr_pstrcat(p, self, "/.libs/mod_wfp.so", NULL);
        if (is_file(built, p)) {
            return built;
        }
    }
    return WFP_MODULE;
}

/* Modules that this httpd has as files; what has none is in the program. */
static const char *load_lines(apr_pool_t *p)
{
    static const char *const mpms[] = { "mpm_event", "mpm_worker",
                                        "mpm_prefork" };
    static const char *const others[] = { "authz_core", "unixd", "watchdog",
                                          "socache_shmcb", "http2" };
    const char *lines = "";
    apr_size_t i;

    for (i = 0; i < sizeof(mpms) / sizeof(mpms[0]) && !*lines; i++) {
        const char *file = apr_pstrcat(p, WFP_HTTPD_MODULES "/mod_", mpms[i],
                                       ".so", NULL);

        if (is_file(file, p)) {
            lines = apr_pstrcat(p, "LoadModule ", mpms[i], "_module ", file,
                                "\n", NULL);
        }
    }
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const char *file = apr_pstrcat(p, WFP_HTTPD_MODULES "/mod_", others[i],
                                       ".so", NULL);

        if (is_file(file, p)) {
            lines = apr_pstrcat(p, lines, "LoadModule ", others[i], "_module ",
                                file, "\n", NULL);
        }
    }
    return lines;
}

/* A free port of loopback; somebody else may take it meanwhile, and then httpd
 * says so. */
static apr_status_t free_port(apr_port_t *pport, apr_pool_t *p)
{
    apr_sockaddr_t *addr;
    apr_socket_t *socket;
    apr_status_t rv = apr_sockaddr_info_get(&addr, "127.0.0.1", APR_INET, 0, 0,
                                            p);

    if (rv == APR_SUCCESS) {
        rv = apr_socket_create(&socket, APR_INET, SOCK_STREAM, APR_PROTO_TCP,
                               p);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_socket_bind(socket, addr);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_socket_addr_get(&addr, APR_LOCAL, socket);
    }
    if (rv == APR_SUCCESS) {
        *pport = addr->port;
        rv = apr_socket_close(socket);
    }
    return rv;
}

static apr_status_t pick_ports(apr_port_t *pport, apr_port_t *papi,
                               wfp_cmd_t *cmd)
{
    const char *text = wfp_args_option(cmd, "port");
    char *end = NULL;
    long port = text ? strtol(text, &end, 10) : PORT;
    apr_status_t rv;

    if ((text && (!*text || *end)) || port < 0 || port > 65535) {
        return wfp_args_usage(cmd, "--port: 1 to 65535, or 0 for any that is "
                                   "free");
    }
    *pport = (apr_port_t)port;
    rv = port ? APR_SUCCESS : free_port(pport, cmd->pool);
    if (rv == APR_SUCCESS) {
        do {
            rv = free_port(papi, cmd->pool);
        } while (rv == APR_SUCCESS && *papi == *pport);
    }
    return rv == APR_SUCCESS ? rv
                             : wfp_result_set(&cmd->res, WFP_INTERNAL, rv,
                                              "no free port: %pm", &rv);
}

/* Who httpd's children are when root starts it. */
static const struct passwd *find_user(void)
{
    static const char *const names[] = { "www-data", "apache", "http",
                                         "nobody" };
    const struct passwd *pw = NULL;
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]) && !pw; i++) {
        pw = getpwnam(names[i]);
    }
    return pw;
}

static const char *egress_lines(const wfp_cmd_t *cmd)
{
    const apr_array_header_t *targets = wfp_args_all(cmd, "egress-allow");
    const char *lines = "";
    int i;

    for (i = 0; targets && i < targets->nelts; i++) {
        lines = apr_pstrcat(cmd->pool, lines, "WfpEgressAllow \"",
                            APR_ARRAY_IDX(targets, i, const char *), "\"\n",
                            NULL);
    }
    return lines;
}

static const char *conf_text(wfp_dev_t *dev, apr_port_t port, apr_port_t api)
{
    apr_pool_t *p = dev->cmd->pool;
    const struct passwd *pw = geteuid() == 0 ? find_user() : NULL;

    return apr_psprintf(
        p,
        "# Written by wfpctl dev.\n"
        "%sLoadModule wfp_module \"%s\"\n"
        "ServerRoot \"%s\"\nServerName localhost\nPidFile httpd.pid\n"
        "DefaultRuntimeDir \"%s\"\nErrorLog error_log\n"
        "LogLevel warn wfp:info\n"
        "%s"
        "StartServers 1\nMaxRequestWorkers 50\n"
        "<IfModule !mpm_prefork_module>\nThreadsPerChild 50\n</IfModule>\n"
        "Listen 127.0.0.1:%u\nListen 127.0.0.1:%u\n"
        "<IfModule http2_module>\nProtocols h2c http/1.1\n</IfModule>\n"
        "WfpDatabase sqlite3 \"%s/data/wfp.db\"\nWfpDataDir \"%s/data\"\n"
        "WfpLog \"%s\"\nWfpCoolDown off\n%s"
        "<VirtualHost 127.0.0.1:%u>\nWfpDispatcher dispatcher\n"
        "</VirtualHost>\n"
        "<VirtualHost 127.0.0.1:%u>\n"
        "<Location \"/client/v4\">\nSetHandler wfp-api\n</Location>\n"
        "<Location \"/admin/\">\nSetHandler wfp-admin\n</Location>\n"
        "</VirtualHost>\n",
        load_lines(p), module_path(p), dev->dir, dev->dir,
        pw ? apr_psprintf(p, "User #%lu\nGroup #%lu\n",
                          (unsigned long)pw->pw_uid, (unsigned long)pw->pw_gid)
           : "",
        port, api, dev->dir, dev->dir, dev->records, egress_lines(dev->cmd),
        port, api);
}

static apr_status_t write_conf(wfp_dev_t *dev, const char *text)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, dev->conf,
                                    APR_FOPEN_WRITE | APR_FOPEN_CREATE
                                        | APR_FOPEN_TRUNCATE,
                                    APR_FPROT_UREAD | APR_FPROT_UWRITE,
                                    dev->cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_write_full(file, text, strlen(text), NULL);
    }
    return rv == APR_SUCCESS ? apr_file_close(file) : rv;
}

/* Its own, or the one of --state. */
static apr_status_t make_dir(wfp_dev_t *dev)
{
    const char *state = wfp_args_option(dev->cmd, "state"), *temp;
    apr_pool_t *p = dev->cmd->pool;
    char *merged;
    apr_status_t rv;

    dev->is_kept = state != NULL;
    if (state) {
        rv = apr_filepath_merge(&merged, NULL, state, 0, p);
        if (rv == APR_SUCCESS) {
            dev->dir = merged;
            rv = apr_dir_make_recursive(dev->dir, APR_FPROT_OS_DEFAULT, p);
        }
    }
    else if ((rv = apr_temp_dir_get(&temp, p)) == APR_SUCCESS) {
        merged = apr_pstrcat(p, temp, "/wfpctl-dev-XXXXXX", NULL);
        dev->dir = mkdtemp(merged);
        rv = dev->dir ? APR_SUCCESS : errno;
    }
    /* httpd's user goes through it, and reads nothing in it */
    if (rv == APR_SUCCESS && geteuid() == 0 && chmod(dev->dir, 0711) != 0) {
        rv = errno;
    }
    return rv;
}

apr_status_t wfp_dev_site_make(wfp_dev_t *dev)
{
    wfp_cmd_t *cmd = dev->cmd;
    apr_port_t port, api;
    apr_status_t rv = pick_ports(&port, &api, cmd);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = make_dir(dev);
    if (rv == APR_SUCCESS && strpbrk(dev->dir, "\"\\\n")) {
        rv = APR_EINVAL;
    }
    if (rv == APR_SUCCESS) {
        dev->conf = apr_pstrcat(cmd->pool, dev->dir, "/httpd.conf", NULL);
        dev->errors = apr_pstrcat(cmd->pool, dev->dir, "/error_log", NULL);
        dev->records = apr_pstrcat(cmd->pool, dev->dir, "/records", NULL);
        dev->url = apr_psprintf(cmd->pool, "http://127.0.0.1:%u/", port);
        dev->api = apr_psprintf(cmd->pool, "http://127.0.0.1:%u/client/v4",
                                api);
        dev->admin = apr_psprintf(cmd->pool, "http://127.0.0.1:%u/admin/", api);
        rv = write_conf(dev, conf_text(dev, port, api));
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(&cmd->res, WFP_INVALID, rv,
                                "the folder %s cannot be made: %pm",
                                dev->dir ? dev->dir : "of the server", &rv);
}

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *at)
{
    (void)remove(path); /* what stays is in the temporary folder */
    return 0;
}

void wfp_dev_site_remove(const wfp_dev_t *dev)
{
    if (dev->dir && !dev->is_kept) {
        (void)nftw(dev->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}
