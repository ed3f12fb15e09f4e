/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DIRECTIVES_H
#define WFP_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/** @file The directives: rows and setters. One page each in docs/directives. */

extern const command_rec wfp_directives_rows[];

#endif
