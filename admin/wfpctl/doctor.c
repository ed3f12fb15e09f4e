/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wfpctl doctor: checks the set-up and says how to mend it. Every check is made,
 * whatever the others found. Nothing is changed.
 */
#include "admin/wfpctl/doctor.h"

#include <unistd.h>

#include "admin/wfpctl/config.h"
#include "admin/wfpctl/owner.h"
#include "admin/wfpctl/print.h"

void wfp_doctor_say(wfp_doctor_t *doctor, const char *check,
                    const char *problem, const char *note)
{
    wfp_cmd_t *cmd = doctor->cmd;
    wfp_json_t *row = wfp_json_object(cmd->pool);

    doctor->problems += problem != NULL;
    if (problem) {
        wfp_print_line(cmd, "%-9s PROBLEM: %s", check, problem);
    }
    else {
        wfp_print_line(cmd, "%-9s ok%s%s", check, note ? ": " : "",
                       note ? note : "");
    }
    wfp_json_set_str(row, "check", check);
    wfp_json_set_bool(row, "ok", !problem);
    wfp_json_set_str(row, "problem", problem);
    wfp_json_set_str(row, "note", note);
    wfp_json_add(doctor->doc, row);
}

apr_uid_t wfp_doctor_uid(const wfp_doctor_t *doctor)
{
    const wfp_ctl_config_t *config = &doctor->cmd->config;

    return geteuid() == 0 && config->has_user ? config->uid : geteuid();
}

/* All but the configuration itself. */
static void check_all(wfp_doctor_t *doctor)
{
    wfp_cmd_t *cmd = doctor->cmd;

    wfp_doctor_host_check(doctor);
    wfp_doctor_files_check(doctor);
    wfp_result_init(&cmd->res, cmd->pool);
    if (wfp_owner_become(cmd) == APR_SUCCESS) {
        wfp_doctor_files_try(doctor);
        wfp_doctor_store_check(doctor);
    }
}

apr_status_t wfp_cmd_doctor_run(wfp_cmd_t *cmd)
{
    wfp_doctor_t doctor = { cmd, wfp_json_array(cmd->pool), 0 };
    apr_status_t rv = wfp_config_read(cmd);

    wfp_doctor_say(&doctor, "config",
                   rv == APR_SUCCESS  ? NULL
                   : cmd->res.message ? cmd->res.message
                                      : "it cannot be read",
                   NULL);
    if (rv == APR_SUCCESS) {
        check_all(&doctor);
    }
    wfp_print_json(cmd, doctor.doc);
    wfp_result_init(&cmd->res, cmd->pool);
    if (doctor.problems) {
        return wfp_result_set(&cmd->res, WFP_INVALID, APR_EGENERAL,
                              doctor.problems == 1 ? "%d problem"
                                                   : "%d problems",
                              doctor.problems);
    }
    return APR_SUCCESS;
}
