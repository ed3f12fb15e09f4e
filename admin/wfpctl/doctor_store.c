/* SPDX-License-Identifier: Apache-2.0 */
/* The part of wfpctl doctor that asks the store. */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "admin/wfpctl/doctor.h"
#include "admin/wfpctl/print.h"
#include "store/log_records.h"
#include "store/namespaces.h"
#include "store/scripts.h"
#include "store/tokens.h"

/* Between this host's clock and the database's, in milliseconds. */
#define CLOCK_MAX 2000

/* For so long after their time records may still be there. */
#define LATE apr_time_from_sec(3600)

/* Of WfpRegistrySize, a Worker. */
#define BYTES_A_WORKER 512

static const char *reason(const wfp_cmd_t *cmd)
{
    return cmd->res.message ? cmd->res.message : "no reason given";
}

/* "The store cannot be asked", and what to look at. */
static const char *unreachable(const wfp_cmd_t *cmd)
{
    if (cmd->res.status == APR_EINCOMPLETE) {
        return apr_psprintf(cmd->pool,
                            "%s. Until then no server starts; one that is "
                            "restarted serves the Workers that it knows, and "
                            "leaves the store alone",
                            reason(cmd));
    }
    if (cmd->res.code != WFP_STORE_UNAVAILABLE) {
        return reason(cmd); /* names `wfpctl init`, or the driver's package */
    }
    return apr_psprintf(cmd->pool,
                        strcmp(cmd->config.driver, "pgsql")
                            ? "%s. Is WfpDatabase's file there, and the "
                              "server's user's?"
                            : "%s. Is PostgreSQL running, and are host, port, "
                              "user and password of WfpDatabase right?",
                        reason(cmd));
}

static void check_clock(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_int64_t before = apr_time_as_msec(apr_time_now()), theirs = 0, off;
    apr_int64_t after;
    const char *problem = NULL;
    apr_status_t rv = wfp_store_clock(&theirs, cmd->store, &cmd->res,
                                      cmd->pool);

    after = apr_time_as_msec(apr_time_now());
    off = theirs < before  ? theirs - before
          : theirs > after ? theirs - after
                           : 0;
    if (rv != APR_SUCCESS) {
        problem = reason(cmd);
    }
    else if (off > CLOCK_MAX || off < -CLOCK_MAX) {
        problem = apr_psprintf(cmd->pool,
                               "this host's clock is %d.%03d s %s the "
                               "database's: run NTP on both (expiry, schedules "
                               "and records would be wrong)",
                               (int)(llabs(off) / 1000),
                               (int)(llabs(off) % 1000),
                               off > 0 ? "behind" : "ahead of");
    }
    wfp_doctor_say(doctor, "clock", problem, NULL);
}

static void check_account(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    const char *account = NULL;
    apr_status_t rv = wfp_store_setting(&account, cmd->store, "account_id",
                                        &cmd->res, cmd->pool);

    wfp_doctor_say(doctor, "account",
                   rv != APR_SUCCESS ? reason(cmd)
                   : account         ? NULL
                             : "there is no account id: run `wfpctl init`",
                   NULL);
}

static void check_tokens(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_array_header_t *list;
    int admins = 0, i;
    apr_status_t rv = wfp_tokens_list(&list, cmd->store, &cmd->res, cmd->pool);

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_token_t *token = APR_ARRAY_IDX(list, i, wfp_token_t *);

        admins += !strcmp(token->role, "admin")
                  && (!token->expires || token->expires > apr_time_now());
    }
    wfp_doctor_say(doctor, "tokens",
                   rv != APR_SUCCESS ? reason(cmd)
                   : admins          ? NULL
                                     : "no token may administrate: run `wfpctl "
                                       "token create --role admin`",
                   NULL);
}

/* Of all namespaces and the account. */
static apr_status_t count_workers(apr_int64_t *pcount, wfp_cmd_t *cmd)
{
    apr_array_header_t *list;
    int i;
    apr_status_t rv = wfp_namespaces_list(&list, cmd->store, &cmd->res,
                                          cmd->pool);

    *pcount = 0;
    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_namespace_t *ns = APR_ARRAY_IDX(list, i, wfp_namespace_t *);

        *pcount += ns->script_count + 1; /* itself is an entry, too */
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_list(&list, cmd->store, "", &cmd->res, cmd->pool);
    }
    if (rv == APR_SUCCESS) {
        *pcount += list->nelts;
    }
    return rv;
}

static void check_registry(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_int64_t size = cmd->config.registry_size, count, room;
    apr_status_t rv = count_workers(&count, cmd);
    const char *problem = NULL;

    room = size / BYTES_A_WORKER;
    if (rv != APR_SUCCESS) {
        problem = reason(cmd);
    }
    else if (size > 0 && count > room) {
        problem = apr_psprintf(cmd->pool,
                               "there are %" APR_INT64_T_FMT
                               " Workers and namespaces, and room for "
                               "%" APR_INT64_T_FMT
                               ": those that are asked seldom are loaded again "
                               "each time. WfpRegistrySize %" APR_INT64_T_FMT
                               "M",
                               count, room,
                               (2 * count * BYTES_A_WORKER >> 20) + 1);
    }
    wfp_doctor_say(doctor, "registry", problem,
                   apr_psprintf(cmd->pool,
                                "%" APR_INT64_T_FMT " of %" APR_INT64_T_FMT,
                                count, room));
}

/* Room for what WfpLogRetention allows; of a database elsewhere it is not known. */
static const char *room_problem(const wfp_cmd_t *cmd, apr_int64_t bytes)
{
    const wfp_ctl_config_t *config = &cmd->config;
    apr_int64_t more = config->log_bytes - bytes, left;
    struct statvfs fs;

    if (strcmp(config->driver, "sqlite3") || !config->log_age || more <= 0
        || statvfs(config->datadir, &fs) != 0) {
        return NULL;
    }
    left = (apr_int64_t)fs.f_bavail * (apr_int64_t)fs.f_frsize;
    return left >= more
               ? NULL
               : apr_psprintf(cmd->pool,
                              "WfpLogRetention lets records take "
                              "%" APR_INT64_T_FMT " MB more, and "
                              "%" APR_INT64_T_FMT
                              " MB are free: make room, or name a smaller size",
                              more >> 20, left >> 20);
}

static void check_retention(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_int64_t bytes;
    apr_time_t oldest, due = apr_time_now() - cmd->config.log_age - LATE;
    const char *problem = NULL;
    apr_status_t rv = wfp_log_records_kept(&bytes, &oldest, cmd->store,
                                           &cmd->res, cmd->pool);

    if (rv != APR_SUCCESS) {
        problem = reason(cmd);
    }
    else if (oldest && oldest < due) {
        problem = apr_psprintf(cmd->pool,
                               "records are there from %s, which "
                               "WfpLogRetention would have taken out: start a "
                               "server of this store, or look for WFP4002 in "
                               "its error log",
                               wfp_print_time(cmd, oldest));
    }
    else {
        problem = room_problem(cmd, bytes);
    }
    wfp_doctor_say(doctor, "retention", problem,
                   apr_psprintf(cmd->pool, "%" APR_INT64_T_FMT " KB of records",
                                bytes >> 10));
}

void wfp_doctor_store_check(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;
    apr_status_t rv;

    wfp_result_init(&cmd->res, cmd->pool);
    rv = wfp_store_open(&cmd->store, cmd->config.driver, cmd->config.params, 1,
                        &cmd->res, cmd->pool);
    wfp_doctor_say(doctor, "store", rv == APR_SUCCESS ? NULL : unreachable(cmd),
                   apr_psprintf(cmd->pool, "%s, schema %d", cmd->config.driver,
                                WFP_SCHEMA_VERSION));
    if (rv != APR_SUCCESS) {
        return;
    }
    check_clock(doctor);
    check_account(doctor);
    check_tokens(doctor);
    check_registry(doctor);
    check_retention(doctor);
}
