/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_KEYS_H
#define WFP_KEYS_H

#include "mod_wfp/server.h"

/**
 * Fill in server->keys, of WfpKeyFile. At a restart a file that cannot be read
 * keeps nobody from serving: the keys that the server had from it go on, and that
 * is told (WFP0316). At a first start, and with another file's name, it does.
 *
 * @return OK, or an error that was logged (WFP0301)
 * @note start scope
 */
int wfp_keys_read(wfp_server_t *server, apr_pool_t *pconf, apr_pool_t *ptemp);

#endif
