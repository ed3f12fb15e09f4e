/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVES_H
#define WFP_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/** @file The directives: rows and setters. One page each in docs/directives. */

extern const command_rec wfp_directives_rows[];

/** hook: with -D DUMP_WFP print the settings that wfpctl needs. */
void wfp_directives_dump(apr_pool_t *p, server_rec *s);

#endif
