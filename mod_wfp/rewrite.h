/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REWRITE_H
#define WFP_REWRITE_H

#include <httpd.h>

/**
 * @file
 * What the rules of a server or virtual host make of a URI that was claimed.
 */

/** Ask RewriteRule and Redirect, in the order in which httpd does. Alias is not
 *  heard: a claim beats it.
 *  @return DECLINED: go on, maybe with another r->uri and r->args; OK: r->filename
 *          is a file's, or a proxy's; else the answer's status */
int wfp_rewrite_ask(request_rec *r);

#endif
