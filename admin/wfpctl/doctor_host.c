/* SPDX-License-Identifier: Apache-2.0 */
/* The part of wfpctl doctor that looks at httpd and the system. */
#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/doctor.h"
#include "admin/wfpctl/remote.h"

/* File descriptors of a child: for each thread, and all else (the store's and
 * SQLite's connections, transfers that nobody waits for). */
#define FILES_A_THREAD 3
#define FILES_ELSE     600

static int is_missing(const wfp_cmd_t *cmd, const char *module)
{
    int i;

    for (i = 0; i < cmd->config.missing->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(cmd->config.missing, i, const char *),
                    module)) {
            return 1;
        }
    }
    return 0;
}

static void check_modules(wfp_doctor_t *doctor)
{
    const wfp_cmd_t *cmd = doctor->cmd;
    const char *problem = NULL, *note = NULL;

    if (is_missing(cmd, "mod_watchdog.c")) {
        problem = "mod_watchdog is not loaded, so schedules and queues do not "
                  "run: LoadModule watchdog_module modules/mod_watchdog.so";
    }
    if (is_missing(cmd, "mod_socache_shmcb.c")) {
        note = "mod_socache_shmcb is not loaded: unless WfpSocache names "
               "another provider, the Cache API keeps nothing (Debian: "
               "a2enmod socache_shmcb)";
    }
    else if (is_missing(cmd, "mod_status.c")) {
        note = "mod_status is not loaded: there is no page of figures";
    }
    wfp_doctor_say(doctor, "modules", problem, note);
}

static void check_liblua(wfp_doctor_t *doctor)
{
    const wfp_ctl_config_t *config = &doctor->cmd->config;
    const char *problem = NULL;

    if (config->other_lua || !config->liblua || !strcmp(config->liblua, "?")) {
        problem = apr_psprintf(doctor->cmd->pool,
                               "Lua's functions come from %s and from %s: "
                               "another module, or a LoadFile, brings a Lua of "
                               "its own. Load mod_wfp before it, or leave it "
                               "out",
                               config->liblua ? config->liblua : "?",
                               config->other_lua ? config->other_lua : "?");
    }
    wfp_doctor_say(doctor, "liblua", problem, config->liblua);
}

static void check_hardening(wfp_doctor_t *doctor)
{
    const wfp_ctl_config_t *config = &doctor->cmd->config;
    const char *how = config->hardening ? config->hardening : "auto";
    const char *problem = NULL, *note = how;
    apr_pool_t *p = doctor->cmd->pool;

    if (!strcmp(how, "off")) {
        note = "WfpHardening off: children may start programs";
    }
    else if (!config->has_seccomp) {
        problem = "the kernel has no seccomp filters, or they may not be used "
                  "here: children cannot be hardened. Use a kernel with them, "
                  "allow them to the container, or say WfpHardening off";
    }
    else if (strstr(how, "+landlock") && !config->has_landlock) {
        problem = "the kernel has no Landlock: take +landlock out of "
                  "WfpHardening, or boot with lsm=landlock,...";
    }
    else if (config->starter && !strncmp(how, "on", 2)) {
        problem = apr_psprintf(p,
                               "%s has to start programs, which WfpHardening "
                               "on forbids: leave the module out, or say auto",
                               config->starter);
    }
    else if (config->starter) {
        note = apr_psprintf(p,
                            "children are not hardened, since %s has to start "
                            "programs: leave the module out",
                            config->starter);
    }
    wfp_doctor_say(doctor, "hardening", problem, note);
}

/* The first bytes of a small file, or NULL. */
static const char *read_start(const char *path, apr_pool_t *p)
{
    char *text = apr_palloc(p, 4096);
    apr_size_t n = 0;
    apr_file_t *file;

    if (!path
        || apr_file_open(&file, path, APR_FOPEN_READ, APR_OS_DEFAULT, p)
               != APR_SUCCESS) {
        return NULL;
    }
    (void)apr_file_read_full(file, text, 4095, &n); /* its end comes sooner */
    (void)apr_file_close(file);                     /* it was only read */
    text[n] = '\0';
    return text;
}

/* The parent's process, 0: there is none. */
static pid_t running(wfp_doctor_t *doctor)
{
    const char *text = read_start(doctor->cmd->config.pidfile,
                                  doctor->cmd->pool);
    apr_int64_t pid = text ? apr_strtoi64(text, NULL, 10) : 0;

    if (pid <= 0 || pid > 0x7fffffff
        || (kill((pid_t)pid, 0) != 0 && errno != EPERM)) {
        return 0;
    }
    return (pid_t)pid;
}

/* Open files that a process may have at least; of its own when pid is 0. */
static apr_int64_t files_of(pid_t pid, apr_pool_t *p)
{
    static const char name[] = "Max open files";
    const char *text, *line = NULL;
    struct rlimit limit;

    if (pid) {
        text = read_start(apr_psprintf(p, "/proc/%d/limits", (int)pid), p);
        line = text ? strstr(text, name) : NULL;
    }
    if (line) {
        line += sizeof(name) - 1;
        line += strspn(line, " ");
        return *line == 'u' ? APR_INT64_MAX : apr_strtoi64(line, NULL, 10);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0
        || limit.rlim_cur == RLIM_INFINITY) {
        return APR_INT64_MAX;
    }
    return (apr_int64_t)limit.rlim_cur;
}

static void check_limits(wfp_doctor_t *doctor, pid_t pid)
{
    apr_pool_t *p = doctor->cmd->pool;
    apr_int64_t have = files_of(pid, p);
    apr_int64_t need = FILES_ELSE
                       + FILES_A_THREAD
                             * (apr_int64_t)doctor->cmd->config.threads;
    const char *problem = NULL;

    if (have < need) {
        problem = apr_psprintf(p,
                               "%s may open %" APR_INT64_T_FMT
                               " files, a child of %d threads needs "
                               "%" APR_INT64_T_FMT
                               ": LimitNOFILE= of systemd, APACHE_ULIMIT_MAX_"
                               "FILES of apache2ctl, or `ulimit -n`",
                               pid ? "the server" : "who starts this", have,
                               doctor->cmd->config.threads, need);
    }
    wfp_doctor_say(doctor, "ulimits", problem,
                   pid ? NULL : "those of this shell, since no server runs");
}

static void check_api(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    const char *base = wfp_args_option(cmd, "api"), *status;
    const char *problem = NULL;
    char *env;

    if (!base && apr_env_get(&env, "WFP_API", cmd->pool) == APR_SUCCESS) {
        base = env;
    }
    if (!base) {
        wfp_doctor_say(doctor, "api", NULL,
                       "not asked: --api URL or WFP_API says where it is");
        return;
    }
    wfp_result_init(&cmd->res, cmd->pool);
    if (wfp_remote_health(&status, cmd, base) != APR_SUCCESS) {
        problem = apr_psprintf(cmd->pool,
                               "%s: is the server running, and has it a "
                               "Location with SetHandler wfp-api there?",
                               cmd->res.message);
    }
    else if (strcmp(status, "ok") != 0) {
        problem = apr_psprintf(cmd->pool,
                               "the server says that it is %s: its error log "
                               "says why, and so may what is found here",
                               status);
    }
    wfp_doctor_say(doctor, "api", problem, NULL);
}

void wfp_doctor_host_check(wfp_doctor_t *doctor)
{
    pid_t pid = running(doctor);

    check_modules(doctor);
    check_liblua(doctor);
    check_hardening(doctor);
    wfp_doctor_say(doctor, "server", NULL,
                   pid ? apr_psprintf(doctor->cmd->pool, "process %d", (int)pid)
                       : "none runs with this configuration's PidFile");
    wfp_doctor_server_check(doctor, pid != 0);
    check_limits(doctor, pid);
    check_api(doctor);
}
