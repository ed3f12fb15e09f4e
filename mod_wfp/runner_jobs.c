/* SPDX-License-Identifier: Apache-2.0 */
/* The jobs of the runner, a row each. */
#include "mod_wfp/runner.h"

const wfp_job_t wfp_runner_jobs[] = {
    { NULL, 0, NULL, NULL },
};
