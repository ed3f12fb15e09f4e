/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_QUEUES_CTL_H
#define WFP_QUEUES_CTL_H

#include "admin/wfpctl/cmd.h"
#include "store/queues.h"

/** @file What the commands of queues and schedules read, in the store and by a
 *  server's API alike. */

/** --delay and --retention into a queue; what is not given stays. */
apr_status_t wfp_cmd_queues_read(wfp_queue_t *queue, wfp_cmd_t *cmd) WFP_CHECK;

/** The Worker and the options of queues consume. */
apr_status_t wfp_cmd_queues_consumer(wfp_queue_consumer_t *consumer,
                                     wfp_cmd_t *cmd) WFP_CHECK;

/** The times of schedules put, checked: array of const char *. */
apr_status_t wfp_cmd_schedules_read(apr_array_header_t **pcrons,
                                    wfp_cmd_t *cmd) WFP_CHECK;

#endif
