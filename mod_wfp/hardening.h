/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HARDENING_H
#define WFP_HARDENING_H

#include <apr_pools.h>
#include <httpd.h>

#include "mod_wfp/server.h"

/**
 * @file
 * WfpHardening: whether children give up what a Worker that broke out of Lua
 * would want. Decided once a start, done once a child.
 */

/** hook post_config, after wfp_server_post_config(): decide and tell. */
int wfp_hardening_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                              apr_pool_t *ptemp, server_rec *s);

/** A module that has to start programs in children, or NULL: with it
 *  WfpHardening auto does nothing. After the modules are loaded. */
const char *wfp_hardening_starter(void);

/** Give up files, before any thread is started. @return other than
 *  APR_SUCCESS: the child runs no Workers */
apr_status_t wfp_hardening_give_up_files(const wfp_server_t *server) WFP_CHECK;

/** hook child_init's share, after all others: do it. A child that cannot runs no
 *  Workers. */
void wfp_hardening_child_init(apr_pool_t *pchild, server_rec *s);

#endif
