/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DUMP_H
#define WFP_DUMP_H

#include <httpd.h>

/** @file Settings as wfpctl asks for them: `httpd -t -D DUMP_WFP`. */

/** hook test_config: print them. */
void wfp_dump_print(apr_pool_t *p, server_rec *s);

#endif
