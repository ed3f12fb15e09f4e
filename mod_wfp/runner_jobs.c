/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of the runner, a row each. */
#include "mod_wfp/cron.h"
#include "mod_wfp/runner.h"

const wfp_job_t wfp_runner_jobs[] = {
    { "schedules", apr_time_from_sec(1), wfp_cron_step, wfp_cron_tend },
    { NULL, 0, NULL, NULL },
};
