/* SPDX-License-Identifier: Apache-2.0 */
/* Paths that directives give, looked at before a server starts with them. */
#include "mod_wfp/directive_path.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_main.h>
#include <mpm_common.h>
#include <string.h>
#include <unistd.h>

#include "core/keyring.h"

/* Certificates of all authorities are a quarter of it. */
#define CA_MAX ((apr_size_t)1 << 20)

int wfp_directive_path_matters(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST
           && !ap_exists_config_define("DUMP_WFP");
}

/* APR_NOFILE: there is none, or it cannot be seen. */
static apr_filetype_e type_of(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS
               ? info.filetype
               : APR_NOFILE;
}

const char *wfp_directive_path_folder(const char *path, apr_pool_t *p)
{
    apr_filetype_e type = type_of(path, p);

    return type == APR_DIR || type == APR_NOFILE ? NULL : "is no folder";
}

const char *wfp_directive_path_file(const char *path, apr_pool_t *p)
{
    return type_of(path, p) == APR_DIR ? "is a folder, and not a file" : NULL;
}

const char *wfp_directive_path_keys(const char *path, apr_pool_t *p)
{
    wfp_keyring_t *keys;
    wfp_result_t res;
    apr_status_t rv;

    if (type_of(path, p) == APR_NOFILE) {
        return NULL;
    }
    wfp_result_init(&res, p);
    rv = wfp_keyring_load(&keys, path, &res, p);
    /* the file is root's or the server's: others may ask for the rest */
    return rv == APR_SUCCESS || (APR_STATUS_IS_EACCES(rv) && geteuid() != 0)
               ? NULL
               : apr_pstrcat(p, "cannot be used: ", res.message, NULL);
}

/* The beginning of a file, or NULL. */
static const char *text_of(const char *path, apr_pool_t *p)
{
    char *text = apr_palloc(p, CA_MAX + 1);
    apr_size_t n = 0;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ,
                                    APR_FPROT_OS_DEFAULT, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, CA_MAX, &n);
        (void)apr_file_close(file); /* it was only read */
    }
    text[n] = '\0';
    return rv == APR_SUCCESS || rv == APR_EOF ? text : NULL;
}

const char *wfp_directive_path_certificates(const char *path, apr_pool_t *p)
{
    const char *text = path ? text_of(path, p) : NULL;

    if (!text) {
        return "is no file that can be read";
    }
    return strstr(text, "CERTIFICATE-----")
               ? NULL
               : "has no certificate: -----BEGIN CERTIFICATE-----";
}

/* "$" has a shell look for it. */
static const char *look_at_program(const char *command, apr_pool_t *p)
{
    char **argv;

    if (*command == '|') {
        command++;
    }
    if (*command == '$') {
        return NULL;
    }
    if (apr_tokenize_to_argv(command, &argv, p) != APR_SUCCESS || !argv[0]
        || *argv[0] != '/' || access(argv[0], X_OK) != 0) {
        return "names no program: the whole path of one that can be run";
    }
    return NULL;
}

const char *wfp_directive_path_log(const char *path, apr_pool_t *p)
{
    const char *file, *slash;

    if (*path == '|') {
        return look_at_program(path + 1, p);
    }
    file = ap_server_root_relative(p, path);
    slash = file ? strrchr(file, '/') : NULL;
    if (!slash
        || type_of(apr_pstrmemdup(p, file, (apr_size_t)(slash - file) + 1), p)
               != APR_DIR) {
        return "is in no folder that is there";
    }
    return wfp_directive_path_file(file, p);
}
