/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The httpd of `wfpctl dev`, a child of this process. Called by cmd_dev.c. No
 * shell: fork and exec.
 */
#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/wfpctl/args.h"
#include "admin/wfpctl/config.h"
#include "admin/wfpctl/dev.h"
#include "admin/wfpctl/remote.h"
#include "admin/wfpctl/tail.h"

#define TICK       apr_time_from_msec(50)
#define START_TIME apr_time_from_sec(60)
#define STOP_TIME  apr_time_from_sec(15)
#define TEXT_MAX   4000

/* A program whose output goes to fd. It ends with this process, and gets no
 * Ctrl-C of the terminal: this process ends it. */
static pid_t spawn(const char *const *argv, int out, int err)
{
    pid_t me = getpid(), pid;
    sigset_t none;

    (void)sigemptyset(&none); /* valid: cannot fail */
    pid = fork();
    if (pid != 0) {
        return pid;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != me
        || setpgid(0, 0) != 0 || sigprocmask(SIG_SETMASK, &none, NULL) != 0
        || dup2(out, 1) < 0 || dup2(err, 2) < 0) {
        _exit(127);
    }
    execvp(argv[0], (char *const *)(apr_uintptr_t)argv);
    _exit(127);
}

/* The last bytes of a file. */
static const char *end_of(const char *path, apr_pool_t *p)
{
    char *text = apr_palloc(p, TEXT_MAX + 1);
    apr_size_t n = 0;
    apr_file_t *file;
    apr_finfo_t info;
    apr_off_t at;

    if (apr_file_open(&file, path, APR_FOPEN_READ, 0, p) == APR_SUCCESS
        && apr_file_info_get(&info, APR_FINFO_SIZE, file) == APR_SUCCESS) {
        at = info.size > TEXT_MAX ? info.size - TEXT_MAX : 0;
        if (apr_file_seek(file, APR_SET, &at) == APR_SUCCESS) {
            (void)apr_file_read_full(file, text, TEXT_MAX, &n);
        }
        (void)apr_file_close(file); /* it was only read */
    }
    while (n > 0 && text[n - 1] == '\n') {
        n--;
    }
    text[n] = '\0';
    return text;
}

static apr_status_t fail(wfp_dev_t *dev, const char *what)
{
    return wfp_result_set(&dev->cmd->res, WFP_INVALID, APR_EGENERAL, "%s: %s",
                          what, end_of(dev->errors, dev->cmd->pool));
}

/* --- wfpctl init ----------------------------------------------------------------- */

static const char *token_path(const wfp_dev_t *dev)
{
    return apr_pstrcat(dev->cmd->pool, dev->dir, "/token", NULL);
}

/* The token is shown once, so it is kept beside the store. */
static apr_status_t keep_token(wfp_dev_t *dev, const char *answer)
{
    wfp_cmd_t *cmd = dev->cmd;
    wfp_json_t *doc;
    apr_file_t *file;
    apr_status_t rv = wfp_json_parse(&doc, answer, strlen(answer), NULL,
                                     cmd->pool);

    if (rv == APR_SUCCESS) {
        dev->token = wfp_json_str(wfp_json_get(doc, "token", cmd->pool));
        dev->account = wfp_json_str(wfp_json_get(doc, "account", cmd->pool));
    }
    if (rv != APR_SUCCESS || !dev->token) {
        dev->token = end_of(token_path(dev), cmd->pool);
        return *dev->token ? APR_SUCCESS
                           : fail(dev, "the store could not be made");
    }
    rv = apr_file_open(&file, token_path(dev),
                       APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE,
                       APR_FPROT_UREAD | APR_FPROT_UWRITE, cmd->pool);
    if (rv == APR_SUCCESS) {
        rv = apr_file_write_full(file, dev->token, strlen(dev->token), NULL);
    }
    return rv == APR_SUCCESS ? apr_file_close(file) : rv;
}

/* Another process: as root it becomes the store's owner and stays that. */
static apr_status_t init(wfp_dev_t *dev, int err)
{
    const char *argv[] = { "/proc/self/exe", "--config", dev->conf,
                           "--json",         "init",     NULL };
    const char *path = apr_pstrcat(dev->cmd->pool, dev->dir, "/init", NULL);
    int out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int status = -1;
    pid_t pid = out < 0 ? -1 : spawn(argv, out, err);
    int ok = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    const char *answer = ok ? end_of(path, dev->cmd->pool) : "";

    if (out >= 0) {
        (void)close(out); /* it is read by its name */
        (void)unlink(path);
    }
    return ok ? keep_token(dev, answer)
              : fail(dev, "the store could not be made");
}

/* --- httpd ------------------------------------------------------------------------ */

int wfp_dev_server_is_gone(wfp_dev_t *dev)
{
    int status;

    if (dev->httpd > 0 && waitpid(dev->httpd, &status, WNOHANG) == dev->httpd) {
        dev->httpd = 0;
    }
    return dev->httpd <= 0;
}

static apr_status_t wait_for_it(wfp_dev_t *dev)
{
    apr_time_t end = apr_time_now() + START_TIME;
    wfp_cmd_t *cmd;
    apr_status_t rv;

    while (apr_time_now() < end && !wfp_tail_is_over()) {
        if (wfp_dev_server_is_gone(dev)) {
            return fail(dev, "httpd did not start");
        }
        cmd = wfp_dev_ask(dev, NULL);
        rv = wfp_remote_open_at(cmd, dev->api, dev->token);
        if (rv == APR_SUCCESS) {
            dev->remote = cmd->remote; /* in cmd's pool, which stays */
            return rv;
        }
        apr_pool_destroy(cmd->pool);
        apr_sleep(TICK);
    }
    return fail(dev, "httpd does not answer");
}

/* A page that was built and not installed. */
static void set_web_dir(apr_pool_t *p)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    apr_finfo_t info;
    const char *dir;

    if (n > 0) {
        self[n] = '\0';
        *strrchr(self, '/') = '\0';
        dir = apr_pstrcat(p, self, "/../admin/web", NULL);
        if (apr_stat(&info, dir, APR_FINFO_TYPE, p) == APR_SUCCESS) {
            (void)apr_env_set("WFP_WEB_DIR", dir, p); /* or no page */
        }
    }
}

apr_status_t wfp_dev_server_start(wfp_dev_t *dev)
{
    apr_pool_t *p = dev->cmd->pool;
    const char *argv[] = { wfp_config_httpd(p), "-DFOREGROUND", "-f", dev->conf,
                           NULL };
    int err = open(dev->errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                   0600);
    apr_status_t rv = err < 0 ? fail(dev, "no error log") : init(dev, err);

    set_web_dir(p);
    if (rv == APR_SUCCESS) {
        dev->httpd = spawn(argv, err, err);
        rv = wait_for_it(dev);
    }
    if (err >= 0) {
        (void)close(err); /* httpd has its own */
    }
    return rv;
}

void wfp_dev_server_stop(wfp_dev_t *dev)
{
    apr_time_t end = apr_time_now() + STOP_TIME;

    if (wfp_dev_server_is_gone(dev)) {
        return;
    }
    (void)kill(dev->httpd, SIGTERM); /* a child of ours */
    while (!wfp_dev_server_is_gone(dev)) {
        if (apr_time_now() > end) {
            (void)kill(-dev->httpd, SIGKILL);
        }
        apr_sleep(TICK);
    }
}
