/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks httpd for the settings. Called by main.c. No shell: fork and exec. It
 * must not read the configuration file itself.
 */
#include "admin/wfpctl/config.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <string.h>

#include "store/versions.h"

/* An answer longer than this is none of httpd's. */
#define ANSWER_MAX (256 * 1024)

/* All of a file or pipe, at most ANSWER_MAX bytes. */
static const char *read_all(apr_file_t *file, apr_pool_t *p)
{
    char *text = apr_palloc(p, ANSWER_MAX + 1);
    apr_size_t n = 0;

    /* the end of the file is a status, too; what came before counts */
    (void)apr_file_read_full(file, text, ANSWER_MAX, &n);
    text[n] = '\0';
    return text;
}

const char *wfp_config_httpd(apr_pool_t *p)
{
    char *path;

    return apr_env_get(&path, "WFP_HTTPD", p) == APR_SUCCESS ? path : WFP_HTTPD;
}

/* A file without a name for what httpd complains of. */
static apr_status_t open_scratch(apr_file_t **pfile, apr_pool_t *p)
{
    const char *dir;
    char *name;
    apr_status_t rv = apr_temp_dir_get(&dir, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    name = apr_pstrcat(p, dir, "/wfpctl-XXXXXX", NULL);
    return apr_file_mktemp(pfile, name,
                           APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE
                               | APR_FOPEN_EXCL | APR_FOPEN_DELONCLOSE,
                           p);
}

/* Run it. *pok: it found the configuration sound. */
static apr_status_t ask(const char **panswer, const char **pcomplaint, int *pok,
                        const wfp_cmd_t *cmd)
{
    const char *args[] = { wfp_config_httpd(cmd->pool),
                           "-t",
                           "-D",
                           "DUMP_WFP",
                           "-D",
                           "DUMP_RUN_CFG",
                           "-f",
                           cmd->config_file,
                           NULL };
    apr_procattr_t *attr;
    apr_proc_t proc;
    apr_file_t *err;
    apr_exit_why_e why;
    int status = -1;
    apr_off_t start = 0;
    apr_status_t rv = open_scratch(&err, cmd->pool);

    if (!cmd->config_file) {
        args[6] = NULL; /* httpd's own default */
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_create(&attr, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_io_set(attr, APR_NO_PIPE, APR_FULL_BLOCK,
                                 APR_NO_PIPE);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_child_err_set(attr, err, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_cmdtype_set(attr, APR_PROGRAM_ENV);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_error_check_set(attr, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_proc_create(&proc, args[0], args, NULL, attr, cmd->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *panswer = read_all(proc.out, cmd->pool);
    (void)apr_file_close(proc.out); /* it was only read */
    *pok = apr_proc_wait(&proc, &status, &why, APR_WAIT) == APR_CHILD_DONE
           && APR_PROC_CHECK_EXIT(why) && status == 0;
    rv = apr_file_seek(err, APR_SET, &start);
    *pcomplaint = rv == APR_SUCCESS ? read_all(err, cmd->pool) : "";
    return APR_SUCCESS;
}

/* The number behind "id=" of a line such as User: name="www-data" id=33 */
static int read_id(apr_int64_t *pid, const char *line)
{
    const char *at = strstr(line, " id=");
    char *end;

    if (!at) {
        return 0;
    }
    *pid = apr_strtoi64(at + 4, &end, 10);
    return end != at + 4 && *pid >= 0;
}

/* "cpu_ms 20 100": default and ceiling, -1 for the ceiling as shipped */
static void read_limit(wfp_limit_policy_t *limits, char *value)
{
    char *number = strchr(value, ' '), *end;
    wfp_limit_e limit;

    if (!number) {
        return;
    }
    *number++ = '\0';
    limit = wfp_limit_by_name(value);
    if (limit != WFP_LIMIT_COUNT) {
        limits->standard.v[limit] = apr_strtoi64(number, &end, 10);
        limits->ceiling.v[limit] = apr_strtoi64(end, NULL, 10);
    }
}

/* "on+landlock 1 1 mod_cgi.c": as set, what the kernel has, who needs programs */
static void read_hardening(wfp_ctl_config_t *config, char *value)
{
    char *state, *word;

    config->hardening = apr_strtok(value, " ", &state);
    word = apr_strtok(NULL, " ", &state);
    config->has_seccomp = word && *word == '1';
    word = apr_strtok(NULL, " ", &state);
    config->has_landlock = word && *word == '1';
    word = apr_strtok(NULL, " ", &state);
    config->starter = word && *word != '-' ? word : NULL;
}

/* What only doctor wants to know. */
static void read_more(wfp_ctl_config_t *config, const char *name, char *value)
{
    char *is_there = strchr(value, ' ');

    if (strcmp(name, "registrysize") == 0) {
        config->registry_size = apr_strtoi64(value, NULL, 10);
    }
    else if (strcmp(name, "retention") == 0) {
        char *bytes;

        config->log_age = apr_strtoi64(value, &bytes, 10);
        config->log_bytes = apr_strtoi64(bytes, NULL, 10);
    }
    else if (strcmp(name, "threads") == 0) {
        config->threads = (int)apr_strtoi64(value, NULL, 10);
    }
    else if (strcmp(name, "liblua") == 0) {
        config->liblua = value;
    }
    else if (strcmp(name, "otherlua") == 0) {
        config->other_lua = value;
    }
    else if (strcmp(name, "hardening") == 0) {
        read_hardening(config, value);
    }
    else if (strcmp(name, "isolatememory") == 0) {
        config->isolate_memory = apr_strtoi64(value, NULL, 10);
    }
    else if (strcmp(name, "listen") == 0) {
        APR_ARRAY_PUSH(config->listens, const char *) = value;
    }
    else if (strcmp(name, "log") == 0) {
        APR_ARRAY_PUSH(config->logs, const char *) = value;
    }
    else if (strcmp(name, "module") == 0 && is_there && is_there[1] == '0') {
        *is_there = '\0';
        APR_ARRAY_PUSH(config->missing, const char *) = value;
    }
}

static void read_line(wfp_ctl_config_t *config, char *line, apr_pool_t *p)
{
    apr_int64_t id;
    char *value;

    if (strncmp(line, "PidFile: \"", 10) == 0) {
        config->pidfile = apr_pstrmemdup(p, line + 10,
                                         strcspn(line + 10, "\""));
    }
    else if (strncmp(line, "User: ", 6) == 0 && read_id(&id, line)) {
        config->uid = (apr_uid_t)id;
        config->has_user |= 1;
    }
    else if (strncmp(line, "Group: ", 7) == 0 && read_id(&id, line)) {
        config->gid = (apr_gid_t)id;
        config->has_user |= 2;
    }
    if (strncmp(line, "wfp: ", 5) != 0 || !(value = strchr(line + 5, ' '))) {
        return;
    }
    *value++ = '\0';
    line += 5;
    if (strcmp(line, "database") == 0) {
        config->driver = value;
        value = strchr(value, ' ');
        config->params = value ? value + 1 : "";
        if (value) {
            *value = '\0';
        }
    }
    else if (strcmp(line, "limit") == 0) {
        read_limit(&config->limits, value);
    }
    else if (strcmp(line, "datadir") == 0) {
        config->datadir = value;
    }
    else if (strcmp(line, "keyfile") == 0) {
        config->keyfile = value;
    }
    else if (strcmp(line, "account") == 0) {
        config->account = value;
    }
    else if (strcmp(line, "versionskept") == 0) {
        config->versions_kept = (int)apr_strtoi64(value, NULL, 10);
    }
    else {
        read_more(config, line, value);
    }
}

apr_status_t wfp_config_read(wfp_cmd_t *cmd)
{
    wfp_ctl_config_t *config = &cmd->config;
    const char *answer, *complaint;
    char *line, *state;
    int ok;
    apr_status_t rv = ask(&answer, &complaint, &ok, cmd);

    if (rv != APR_SUCCESS) {
        return wfp_result_set(&cmd->res, WFP_INVALID, rv,
                              "%s cannot be run (WFP_HTTPD names another)",
                              wfp_config_httpd(cmd->pool));
    }
    if (!ok) {
        const char *hint = strstr(complaint, "AH00111")
                               ? "Debian's configuration needs its variables: "
                                 "`. /etc/apache2/envvars` in this shell first"
                               : "";

        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "httpd refuses the configuration%s%s: %s%s",
                              cmd->config_file ? " " : "",
                              cmd->config_file ? cmd->config_file : "",
                              complaint, hint);
    }
    wfp_limit_policy_clear(&config->limits);
    config->versions_kept = WFP_VERSIONS_KEPT;
    config->logs = apr_array_make(cmd->pool, 2, sizeof(const char *));
    config->listens = apr_array_make(cmd->pool, 2, sizeof(const char *));
    config->missing = apr_array_make(cmd->pool, 2, sizeof(const char *));
    line = apr_pstrdup(cmd->pool, answer);
    for (line = apr_strtok(line, "\n", &state); line;
         line = apr_strtok(NULL, "\n", &state)) {
        read_line(config, line, cmd->pool);
    }
    config->has_user = config->has_user == 3;
    if (!config->driver || !config->datadir || !config->keyfile) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EINVAL,
                              "the configuration%s%s does not load mod_wfp: is "
                              "there a LoadModule wfp_module?",
                              cmd->config_file ? " " : "",
                              cmd->config_file ? cmd->config_file : "");
    }
    return APR_SUCCESS;
}
