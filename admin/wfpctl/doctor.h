/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DOCTOR_H
#define WFP_DOCTOR_H

#include "admin/wfpctl/cmd.h"

/** @file wfpctl doctor: what it has found so far, and its checks. */

typedef struct wfp_doctor_t {
    wfp_cmd_t *cmd;
    wfp_json_t *doc;
    int problems;
} wfp_doctor_t;

/** Tell of one check. @param problem  what is wrong and how to mend it; NULL: all
 *  is well @param note  to know all the same, or NULL */
void wfp_doctor_say(wfp_doctor_t *doctor, const char *check,
                    const char *problem, const char *note);

/** Who the server's children are: what is theirs belongs to it. */
apr_uid_t wfp_doctor_uid(const wfp_doctor_t *doctor);

/** Modules, liblua, hardening, the process that runs and its limits, the API. */
void wfp_doctor_host_check(wfp_doctor_t *doctor);

/** Ports and memory of isolates. @param runs  is there a server? */
void wfp_doctor_server_check(wfp_doctor_t *doctor, int runs);

/** Data directory, key file, logs: as whoever asks. */
void wfp_doctor_files_check(wfp_doctor_t *doctor);

/** Can files be made and read? As the data directory's owner. */
void wfp_doctor_files_try(wfp_doctor_t *doctor);

/** Store, clock, account, tokens, registry: as the data directory's owner. */
void wfp_doctor_store_check(wfp_doctor_t *doctor);

#endif
