/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which server wfpctl speaks to, and with which token.
 */
#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/remote.h"

#define TOKEN_MAX 256

static const char *env(const wfp_cmd_t *cmd, const char *name)
{
    char *value;

    return apr_env_get(&value, name, cmd->pool) == APR_SUCCESS && *value ? value
                                                                         : NULL;
}

int wfp_remote_is_wanted(const wfp_cmd_t *cmd)
{
    if (wfp_args_option(cmd, "url")) {
        return 1;
    }
    if (wfp_args_option(cmd, "config")) {
        return 0;
    }
    return wfp_args_option(cmd, "token") || wfp_args_option(cmd, "token-file")
           || (env(cmd, "WFP_API") && !env(cmd, "WFP_CONFIG"));
}

/* The token in a file that is its owner's only. */
static apr_status_t read_token_file(const char **ptoken, wfp_cmd_t *cmd,
                                    const char *path)
{
    char *text = apr_palloc(cmd->pool, TOKEN_MAX + 1);
    apr_size_t n = 0;
    apr_finfo_t info;
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_FOPEN_READ, 0, cmd->pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_PROT, file);
    }
    if (rv == APR_SUCCESS
        && (info.protection & (APR_FPROT_GREAD | APR_FPROT_WREAD))) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EACCES,
                              "%s: group or others may read it; mode 0600 is "
                              "wanted",
                              path);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_file_read_full(file, text, TOKEN_MAX, &n);
        rv = APR_STATUS_IS_EOF(rv) ? APR_SUCCESS : rv;
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INVALID, rv, "%s: %pm", path, &rv);
    }
    while (n > 0 && apr_isspace(text[n - 1])) {
        n--;
    }
    text[n] = '\0';
    *ptoken = text;
    return APR_SUCCESS;
}

static apr_status_t find_token(const char **ptoken, wfp_cmd_t *cmd)
{
    const char *file = wfp_args_option(cmd, "token-file");
    const char *token = wfp_args_option(cmd, "token");
    const char *c;
    apr_status_t rv = APR_SUCCESS;

    if (!token && file) {
        rv = read_token_file(&token, cmd, file);
    }
    else if (!token) {
        token = env(cmd, "WFP_TOKEN");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!token || !*token) {
        return wfp_args_usage(cmd, "a server is asked with a token: --token, "
                                   "--token-file or WFP_TOKEN");
    }
    for (c = token; *c; c++) {
        if (!apr_isgraph(*c)) {
            return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                                  "this is no token");
        }
    }
    *ptoken = token;
    return APR_SUCCESS;
}

static apr_status_t find_base(const char **pbase, wfp_cmd_t *cmd)
{
    const char *url = wfp_args_option(cmd, "url");
    apr_size_t n;

    if (wfp_args_option(cmd, "config")) {
        return wfp_args_usage(cmd, "either --config, for the store, or --url "
                                   "and --token, for a server");
    }
    url = url ? url : env(cmd, "WFP_API");
    if (!url
        || (strncasecmp(url, "http://", 7)
            && strncasecmp(url, "https://", 8))) {
        return wfp_args_usage(cmd, "the server's address is missing or no "
                                   "http(s) URL: --url or WFP_API, such as "
                                   "https://api.example.com/client/v4");
    }
    n = strlen(url);
    while (n > 0 && url[n - 1] == '/') {
        n--;
    }
    *pbase = apr_pstrmemdup(cmd->pool, url, n);
    return APR_SUCCESS;
}

apr_status_t wfp_remote_address(const char **pbase, const char **ptoken,
                                wfp_cmd_t *cmd)
{
    apr_status_t rv = find_base(pbase, cmd);

    return rv == APR_SUCCESS ? find_token(ptoken, cmd) : rv;
}
