/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_LOGGER_H
#define WFP_LOGGER_H

#include <apr_pools.h>
#include <httpd.h>

#include "core/record_plain.h"
#include "mod_wfp/server.h"

/**
 * @file
 * Writes records where WfpLog says. Threads that serve requests put them into
 * the generation's ring and never wait; in each child a thread takes them out a
 * few times a second, one child at a time, so a record of a child that was
 * killed is written by another. A log that cannot be written, or a command that
 * does not read, costs records, never time: they are counted and gone.
 */

/** Bytes of the ring. */
#define WFP_LOGGER_RING ((apr_size_t)8 * 1024 * 1024)

/** Open WfpLog of every server. post_config. @return OK or an error */
int wfp_logger_open(wfp_server_t *server, apr_pool_t *pconf);

/** Start the thread. At its end it writes what is left. child scope. */
apr_status_t wfp_logger_start(wfp_server_t *server, apr_pool_t *p) WFP_CHECK;

/** A record comes soon. Any thread. */
void wfp_logger_expect(const wfp_server_t *server);

/** A plain record for this server's log, which it has: its line is made when it is
 *  written. Any thread. @return 0: it has to be put as a line */
int wfp_logger_put_plain(wfp_server_t *server, const wfp_server_conf_t *conf,
                         const wfp_record_plain_t *plain);

/** A record: a line for this server's log, which it has, with its newline. Any
 *  thread. */
void wfp_logger_put(wfp_server_t *server, const wfp_server_conf_t *conf,
                    const char *line, apr_size_t n);

#endif
