/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of wfpctl. Called by main.c and the commands. It must not
 * know what a command does.
 */
#include "admin/wfpctl/args.h"

#include <apr_strings.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/name.h"

/* Every option there is, and whether a value follows. */
static const struct {
    const char *name;
    int has_value;
} known[] = {
    { "api", 1 },
    { "batch-size", 1 },
    { "binding", 1 },
    { "bucket", 1 },
    { "ca", 1 },
    { "config", 1 },
    { "dead-letter", 1 },
    { "delay", 1 },
    { "egress", 1 },
    { "egress-allow", 1 },
    { "egress-deny", 1 },
    { "expires-in", 1 },
    { "force", 0 },
    { "help", 0 },
    { "json", 0 },
    { "limit", 1 },
    { "max-concurrency", 1 },
    { "max-retries", 1 },
    { "max-wait", 1 },
    { "message", 1 },
    { "metadata", 1 },
    { "name", 1 },
    { "namespace", 1 },
    { "no-trusted", 0 },
    { "outbound", 1 },
    { "prepare", 0 },
    { "retention", 1 },
    { "retry-delay", 1 },
    { "role", 1 },
    { "s3", 0 },
    { "tag", 1 },
    { "token", 1 },
    { "token-file", 1 },
    { "trusted", 0 },
    { "url", 1 },
    { "var", 1 },
    { "status", 1 },
    { "method", 1 },
    { "search", 1 },
    { "header", 1 },
    { "client-ip", 1 },
    { "version-id", 1 },
    { "sampling-rate", 1 },
    { "since", 1 },
    { "outcome", 1 },
    { "level", 1 },
    { "port", 1 },
    { "state", 1 },
    { "schedule", 1 },
    { "consume", 1 },
    { "assets", 1 },
    { NULL, 0 },
};

#define EVERYWHERE "ca config help json token token-file url"

apr_status_t wfp_args_usage(wfp_cmd_t *cmd, const char *fmt, ...)
{
    const char *text;
    va_list ap;

    va_start(ap, fmt);
    text = apr_pvsprintf(cmd->pool, fmt, ap);
    va_end(ap);
    cmd->usage = 1;
    return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL, "%s", text);
}

static int value_follows(const char *name)
{
    int i;

    for (i = 0; known[i].name; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].has_value;
        }
    }
    return -1;
}

/* One "--name", "--name=value" or "--name value"; *pi is left on its last
 * word. */
static apr_status_t parse_option(wfp_cmd_t *cmd, int *pi, int argc,
                                 const char *const *argv)
{
    const char *word = argv[*pi] + 2;
    const char *equals = strchr(word, '=');
    const char *name = equals ? apr_pstrmemdup(cmd->pool, word,
                                               (apr_size_t)(equals - word))
                              : word;
    int follows = value_follows(name);
    wfp_param_t *option;

    if (follows < 0) {
        return wfp_args_usage(cmd, "there is no option --%s", name);
    }
    if (equals && !follows) {
        return wfp_args_usage(cmd, "--%s takes no value", name);
    }
    if (follows && !equals && *pi + 1 == argc) {
        return wfp_args_usage(cmd, "--%s needs a value", name);
    }
    option = apr_array_push(cmd->options);
    option->name = name;
    option->value = equals ? equals + 1 : follows ? argv[++*pi] : "";
    return APR_SUCCESS;
}

apr_status_t wfp_args_parse(wfp_cmd_t *cmd, int argc, const char *const *argv)
{
    int i, options = 1;
    apr_status_t rv = APR_SUCCESS;

    cmd->args = apr_array_make(cmd->pool, 8, sizeof(const char *));
    cmd->options = apr_array_make(cmd->pool, 8, sizeof(wfp_param_t));
    for (i = 1; rv == APR_SUCCESS && i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = 0;
        }
        else if (options && strncmp(argv[i], "--", 2) == 0) {
            rv = parse_option(cmd, &i, argc, argv);
        }
        else if (options && argv[i][0] == '-' && argv[i][1]) {
            rv = wfp_args_usage(cmd, "there is no option %s", argv[i]);
        }
        else {
            APR_ARRAY_PUSH(cmd->args, const char *) = argv[i];
        }
    }
    return rv;
}

static int has_word(const char *words, const char *word)
{
    apr_size_t n = strlen(word);
    const char *at;

    for (at = strstr(words, word); at; at = strstr(at + 1, word)) {
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n])) {
            return 1;
        }
    }
    return 0;
}

apr_status_t wfp_args_check(wfp_cmd_t *cmd, const wfp_cmd_row_t *row)
{
    int i;

    for (i = 0; i < cmd->options->nelts; i++) {
        const char *name = APR_ARRAY_IDX(cmd->options, i, wfp_param_t).name;

        if (!has_word(row->options, name) && !has_word(EVERYWHERE, name)) {
            return wfp_args_usage(cmd, "%s takes no --%s", row->name, name);
        }
    }
    if (cmd->args->nelts < row->min || cmd->args->nelts > row->max) {
        return wfp_args_usage(cmd, "usage: wfpctl %s %s", row->name,
                              row->usage);
    }
    return APR_SUCCESS;
}

const char *wfp_args_at(const wfp_cmd_t *cmd, int i)
{
    return APR_ARRAY_IDX(cmd->args, i, const char *);
}

const char *wfp_args_option(const wfp_cmd_t *cmd, const char *name)
{
    const char *value = NULL;
    int i;

    for (i = 0; i < cmd->options->nelts; i++) {
        const wfp_param_t *option = &APR_ARRAY_IDX(cmd->options, i,
                                                   wfp_param_t);

        if (strcmp(option->name, name) == 0) {
            value = option->value;
        }
    }
    return value;
}

int wfp_args_force(const wfp_cmd_t *cmd)
{
    return wfp_args_option(cmd, "force") != NULL || !isatty(STDIN_FILENO);
}

void wfp_args_worker(const char **pns, const char **pname, wfp_cmd_t *cmd,
                     int i)
{
    const char *text = wfp_args_at(cmd, i);
    const char *slash = strchr(text, '/');

    *pns = slash ? apr_pstrmemdup(cmd->pool, text, (apr_size_t)(slash - text))
                 : WFP_ACCOUNT_NS;
    *pname = slash ? slash + 1 : text;
}

apr_status_t wfp_args_pair(const char **pname, const char **pvalue,
                           wfp_cmd_t *cmd, const char *option, const char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text) {
        return wfp_args_usage(cmd, "--%s '%s': use NAME=VALUE", option, text);
    }
    *pname = apr_pstrmemdup(cmd->pool, text, (apr_size_t)(equals - text));
    *pvalue = equals + 1;
    return APR_SUCCESS;
}

static apr_status_t set_limit(wfp_limits_t *limits, wfp_cmd_t *cmd,
                              const char *text)
{
    const char *name, *value;
    wfp_limit_e limit;
    apr_int64_t n;
    char *end;
    apr_status_t rv = wfp_args_pair(&name, &value, cmd, "limit", text);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    limit = wfp_limit_by_name(name);
    if (limit == WFP_LIMIT_COUNT) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "there is no limit '%s'", name);
    }
    if (!*value) {
        limits->v[limit] = WFP_LIMIT_UNSET;
        return APR_SUCCESS;
    }
    errno = 0;
    n = apr_strtoi64(value, &end, 10);
    if (*end || errno) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "limit %s: '%s' is no whole number", name, value);
    }
    rv = wfp_limit_check(&cmd->config.limits, limit, n, &cmd->res);
    if (rv == APR_SUCCESS) {
        limits->v[limit] = n;
    }
    return rv;
}

apr_status_t wfp_args_limits(wfp_limits_t *limits, wfp_cmd_t *cmd)
{
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < cmd->options->nelts; i++) {
        const wfp_param_t *option = &APR_ARRAY_IDX(cmd->options, i,
                                                   wfp_param_t);

        if (strcmp(option->name, "limit") == 0) {
            rv = set_limit(limits, cmd, option->value);
        }
    }
    return rv;
}

apr_status_t wfp_args_egress(wfp_egress_e *pegress, wfp_cmd_t *cmd)
{
    const char *word = wfp_args_option(cmd, "egress");

    if (word && !wfp_script_egress_by_word(pegress, word)) {
        return wfp_args_usage(cmd, "--egress: use none, outbound or direct");
    }
    return APR_SUCCESS;
}

apr_array_header_t *wfp_args_all(const wfp_cmd_t *cmd, const char *name)
{
    apr_array_header_t *list = NULL;
    int i;

    for (i = 0; i < cmd->options->nelts; i++) {
        const wfp_param_t *option = &APR_ARRAY_IDX(cmd->options, i,
                                                   wfp_param_t);

        if (strcmp(option->name, name) == 0) {
            if (!list) {
                list = apr_array_make(cmd->pool, 4, sizeof(const char *));
            }
            APR_ARRAY_PUSH(list, const char *) = option->value;
        }
    }
    return list;
}

static apr_status_t add_param(wfp_outbound_t *outbound, wfp_cmd_t *cmd,
                              const char *text, int values)
{
    const char *equals = strchr(text, '=');
    apr_size_t n = equals ? (apr_size_t)(equals - text) : strlen(text);
    wfp_param_t *param;

    if (!wfp_name_is_binding(text, n)) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "outbound parameter '%s' is no identifier", text);
    }
    if (values && !equals) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "outbound parameter %s needs a value", text);
    }
    if (!values && equals) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "outbound parameter %s: its value comes from "
                              "the dispatcher",
                              text);
    }
    param = apr_array_push(outbound->params);
    param->name = apr_pstrmemdup(cmd->pool, text, n);
    param->value = equals ? equals + 1 : NULL;
    return APR_SUCCESS;
}

apr_status_t wfp_args_outbound(wfp_outbound_t *outbound, wfp_cmd_t *cmd,
                               const char *text, int values)
{
    char *copy = apr_pstrdup(cmd->pool, text);
    char *params = strchr(copy, ':');
    char *state, *word;
    apr_status_t rv = APR_SUCCESS;

    if (params) {
        *params++ = '\0';
    }
    if (!wfp_name_is_valid(copy, strlen(copy))) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "outbound Worker '%s' is no name", copy);
    }
    outbound->service = copy;
    outbound->params = apr_array_make(cmd->pool, 4, sizeof(wfp_param_t));
    for (word = params ? apr_strtok(params, ",", &state) : NULL;
         word && rv == APR_SUCCESS; word = apr_strtok(NULL, ",", &state)) {
        rv = add_param(outbound, cmd, word, values);
    }
    return rv;
}
