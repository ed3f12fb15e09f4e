/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLSTATE_H
#define WFP_SQLSTATE_H

#include <apr_dbd.h>
#include <apr_pools.h>

/**
 * @file
 * PostgreSQL's codes of errors, which are the same in whatever language the server
 * writes its messages. apr_dbd hands on the message only; libpq writes the code into
 * it when it is asked to.
 */

/** Five characters, and the NUL. */
#define WFP_SQLSTATE_SIZE 6

/**
 * Have the errors of a connection tell their codes. Where the driver does not use
 * libpq as a shared library nothing changes.
 *
 * @param handle  of the driver "pgsql"
 */
void wfp_sqlstate_ask(const apr_dbd_driver_t *driver, apr_dbd_t *handle);

/** The code of an error's message. @return 0: it tells none */
int wfp_sqlstate_read(char state[WFP_SQLSTATE_SIZE], const char *why);

/** Bytes of a message without where in PostgreSQL's source the error was, which
 *  comes with the code. */
apr_size_t wfp_sqlstate_length(const char *why);

#endif
