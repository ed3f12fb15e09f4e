/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of the runner, a row each. */
#include "mod_wfp/cron.h"
#include "mod_wfp/runner.h"

#include "mod_wfp/deliver.h"

const wfp_job_t wfp_runner_jobs[] = {
    { "schedules", apr_time_from_sec(1), wfp_cron_step, wfp_cron_tend },
    { "queues", apr_time_from_msec(200), wfp_deliver_step, wfp_deliver_tend },
    { NULL, 0, NULL, NULL },
};
