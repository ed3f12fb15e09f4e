/* SPDX-License-Identifier: Apache-2.0 */
/* The part of wfpctl doctor that looks at files. */
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/wfpctl/doctor.h"
#include "core/keyring.h"

/* Of the data directory: looked at no further. */
#define FILES_MAX 100000
#define DEPTH_MAX 8

/* Free room that is too little: bytes, and in a hundred. */
#define ROOM_MIN     ((apr_uint64_t)64 << 20)
#define ROOM_PERCENT 1

#define OTHERS                                                                 \
    (APR_FPROT_GREAD | APR_FPROT_GWRITE | APR_FPROT_GEXECUTE | APR_FPROT_WREAD \
     | APR_FPROT_WWRITE | APR_FPROT_WEXECUTE)

static const char *folder_of(const char *path, apr_pool_t *p)
{
    const char *slash = strrchr(path, '/');

    return !slash ? "."
           : slash == path
               ? "/"
               : apr_pstrmemdup(p, path, (apr_size_t)(slash - path));
}

/* ---- the data directory ---------------------------------------------------------- */

typedef struct walk_t {
    apr_uid_t uid;
    const char *database; /* name that SQLite's files begin with; "": none */
    int seen;
    const char *foreign; /* the first file of somebody else's */
    apr_pool_t *pool;
} walk_t;

/* What is ours there: others may keep files beside it. The key is looked at on its
 * own. */
static int is_ours(const walk_t *w, const char *name)
{
    static const char *const folders[] = { "assets", "d1", "kv", "r2", NULL };
    apr_size_t n = strlen(w->database);
    int i;

    for (i = 0; folders[i]; i++) {
        if (!strcmp(name, folders[i])) {
            return 1;
        }
    }
    return n > 0 && !strncmp(name, w->database, n);
}

static void walk(walk_t *w, const char *folder, int depth, apr_pool_t *parent)
{
    apr_finfo_t info;
    apr_pool_t *p;
    apr_dir_t *dir;

    apr_pool_create(&p, parent);
    if (apr_dir_open(&dir, folder, p) == APR_SUCCESS) {
        while (!w->foreign && w->seen < FILES_MAX
               && apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
            const char *path = apr_pstrcat(p, folder, "/", info.name, NULL);

            if (!strcmp(info.name, ".") || !strcmp(info.name, "..")
                || (!depth && !is_ours(w, info.name))
                || apr_stat(&info, path,
                            APR_FINFO_LINK | APR_FINFO_OWNER | APR_FINFO_TYPE,
                            p)
                       != APR_SUCCESS) {
                continue;
            }
            w->seen++;
            if (info.user != w->uid) {
                w->foreign = apr_pstrdup(w->pool, path);
            }
            else if (info.filetype == APR_DIR && depth < DEPTH_MAX) {
                walk(w, path, depth + 1, p);
            }
        }
    }
    apr_pool_destroy(p);
}

static const char *chown_text(const wfp_doctor_t *doctor, const char *path,
                              const char *what)
{
    const wfp_ctl_config_t *config = &doctor->cmd->config;

    return apr_psprintf(doctor->cmd->pool,
                        "%s does not belong to the server's user: chown -R "
                        "%d:%d %s",
                        what, (int)wfp_doctor_uid(doctor),
                        (int)(config->has_user ? config->gid : getegid()),
                        path);
}

static const char *database_name(const wfp_cmd_t *cmd)
{
    const char *slash = strrchr(cmd->config.params, '/');

    return strcmp(cmd->config.driver, "sqlite3") ? ""
           : slash                               ? slash + 1
                                                 : cmd->config.params;
}

static void check_datadir(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    const char *dir = cmd->config.datadir, *problem = NULL;
    walk_t w = { wfp_doctor_uid(doctor), database_name(cmd), 0, NULL,
                 cmd->pool };
    apr_finfo_t info;

    if (apr_stat(&info, dir, APR_FINFO_NORM, cmd->pool) != APR_SUCCESS) {
        problem = apr_pstrcat(cmd->pool, dir,
                              " is not there, or not to be seen: run `wfpctl "
                              "init`",
                              NULL);
    }
    else if (info.filetype != APR_DIR) {
        problem = apr_pstrcat(cmd->pool, dir,
                              " is not a directory: WfpDataDir names one",
                              NULL);
    }
    else if (info.protection & OTHERS) {
        problem = apr_pstrcat(cmd->pool, dir, " is open to others: chmod 700 ",
                              dir, NULL);
    }
    else if (info.user != w.uid && geteuid() != 0) {
        problem = apr_psprintf(cmd->pool,
                               "%s belongs to user %d, and you are %d: run "
                               "this as root, or as who starts the server",
                               dir, (int)info.user, (int)w.uid);
    }
    else if (info.user != w.uid) {
        problem = chown_text(doctor, dir, dir);
    }
    else {
        walk(&w, dir, 0, cmd->pool);
        if (w.foreign) {
            problem = chown_text(doctor, dir, w.foreign);
        }
    }
    wfp_doctor_say(doctor, "datadir", problem, NULL);
}

/* ---- key and logs ---------------------------------------------------------------- */

/* Its contents are read later, by who may. */
static void check_key(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    const char *path = cmd->config.keyfile, *problem = NULL;
    apr_finfo_t info;

    if (apr_stat(&info, path, APR_FINFO_NORM, cmd->pool) != APR_SUCCESS) {
        problem = apr_pstrcat(cmd->pool, path,
                              " is not there: copy the one that the store's "
                              "secrets were sealed with, or run `wfpctl init` "
                              "for a new store",
                              NULL);
    }
    else if (info.protection & OTHERS) {
        problem = apr_pstrcat(cmd->pool, path, " is open to others: chmod 600 ",
                              path, NULL);
    }
    else if (info.user != wfp_doctor_uid(doctor)) {
        problem = chown_text(doctor, path, path);
    }
    if (problem) {
        wfp_doctor_say(doctor, "key", problem, NULL);
    }
}

static const char *command_problem(const char *command, apr_pool_t *p)
{
    const char *program = command + strspn(command, "|$ ");

    program = apr_pstrmemdup(p, program, strcspn(program, " \t"));
    if (*program == '/' && access(program, X_OK) != 0) {
        return apr_pstrcat(p, "WfpLog's command ", program,
                           " cannot be run: mend its path, or chmod +x", NULL);
    }
    return NULL;
}

static const char *log_problem(const char *log, apr_pool_t *p)
{
    const char *folder = folder_of(log, p);
    apr_finfo_t info;

    if (*log == '|') {
        return command_problem(log, p);
    }
    if (apr_stat(&info, folder, APR_FINFO_TYPE, p) != APR_SUCCESS
        || info.filetype != APR_DIR) {
        return apr_pstrcat(p, "the folder of WfpLog ", log,
                           " is not there: mkdir -p ", folder, NULL);
    }
    if (apr_stat(&info, log, APR_FINFO_TYPE, p) == APR_SUCCESS) {
        return info.filetype == APR_DIR
                   ? apr_pstrcat(p, "WfpLog ", log,
                                 " is a folder: name a file in it", NULL)
               : access(log, W_OK) != 0
                   ? apr_pstrcat(p, "WfpLog ", log,
                                 " cannot be written: chown or chmod it for "
                                 "who starts the server",
                                 NULL)
                   : NULL;
    }
    return access(folder, W_OK | X_OK) != 0
               ? apr_pstrcat(p, "WfpLog ", log,
                             " cannot be made: chown or chmod ", folder,
                             " for who starts the server", NULL)
               : NULL;
}

static void check_logs(wfp_doctor_t *doctor)
{
    const apr_array_header_t *logs = doctor->cmd->config.logs;
    const char *problem = NULL;
    int i;

    for (i = 0; i < logs->nelts && !problem; i++) {
        problem = log_problem(APR_ARRAY_IDX(logs, i, const char *),
                              doctor->cmd->pool);
    }
    wfp_doctor_say(doctor, "logs", problem,
                   logs->nelts ? NULL
                               : "no WfpLog: runs leave no record in a file");
}

void wfp_doctor_files_check(wfp_doctor_t *doctor)
{
    check_datadir(doctor);
    check_key(doctor);
    check_logs(doctor);
}

/* ---- by trying ------------------------------------------------------------------- */

static void check_room(wfp_doctor_t *doctor)
{
    const char *dir = doctor->cmd->config.datadir, *problem = NULL;
    apr_pool_t *p = doctor->cmd->pool;
    apr_uint64_t left;
    struct statvfs fs;
    apr_file_t *file;
    char *name = apr_pstrcat(p, dir, "/doctor-XXXXXX", NULL);
    apr_status_t rv;

    rv = apr_file_mktemp(&file, name,
                         APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL
                             | APR_FOPEN_DELONCLOSE,
                         p);
    if (rv == APR_SUCCESS) {
        (void)apr_file_close(file); /* nothing was written */
    }
    else {
        problem = apr_psprintf(p,
                               "no file can be made in %s: %pm. Is it mounted "
                               "read-only, full, or another user's?",
                               dir, &rv);
    }
    if (!problem && statvfs(dir, &fs) == 0 && fs.f_blocks) {
        left = (apr_uint64_t)fs.f_bavail * fs.f_frsize;
        if (left < ROOM_MIN
            || (apr_uint64_t)fs.f_bavail * 100
                   < (apr_uint64_t)fs.f_blocks * ROOM_PERCENT) {
            problem = apr_psprintf(p,
                                   "%" APR_UINT64_T_FMT
                                   " MB are free where %s is: make room",
                                   left >> 20, dir);
        }
    }
    wfp_doctor_say(doctor, "disk", problem, NULL);
}

void wfp_doctor_files_try(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_finfo_t info;
    wfp_keys_t keys;
    apr_status_t rv;

    check_room(doctor);
    if (apr_stat(&info, cmd->config.keyfile, APR_FINFO_NORM, cmd->pool)
            != APR_SUCCESS
        || (info.protection & OTHERS) || info.user != geteuid()) {
        return; /* it was said */
    }
    wfp_result_init(&cmd->res, cmd->pool);
    rv = wfp_keyring_read(&keys, cmd->config.keyfile, &cmd->res, cmd->pool);
    wfp_crypto_wipe(&keys, sizeof(keys));
    wfp_doctor_say(doctor, "key",
                   rv == APR_SUCCESS
                       ? NULL
                       : apr_pstrcat(cmd->pool,
                                     cmd->res.message ? cmd->res.message
                                                      : "it cannot be read",
                                     ": put the back-up's copy there", NULL),
                   NULL);
}
