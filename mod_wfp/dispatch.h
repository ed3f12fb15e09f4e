/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DISPATCH_H
#define WFP_DISPATCH_H

#include <httpd.h>

#include "mod_wfp/invoke.h"

/**
 * @file
 * The story of a request: claimed before its URI is touched, handled by a
 * dispatcher Worker or by built-in routing.
 */

/** hook pre_translate_name: claim URIs under a WfpDispatcher or WfpNamespace scope
 *  before they are refused or mapped; the path as it was sent stays in
 *  r->unparsed_uri and parsed_uri. */
int wfp_dispatch_claim(request_rec *r);

/** hook translate_name: a claimed URI is no file. */
int wfp_dispatch_translate(request_rec *r);

/** hook map_to_storage: no directory walk, no stat. */
int wfp_dispatch_map(request_rec *r);

/** hook type_checker: it has no file's name, whose end could mean a handler, a
 *  filter or a coding. */
int wfp_dispatch_type(request_rec *r);

/** Was it claimed, so that its URI is as it was sent? */
int wfp_dispatch_is_claimed(const request_rec *r);

/** The work of a claimed request, or of the one that it was redirected from, while
 *  there is one; NULL. The thread that serves it. */
const wfp_work_t *wfp_dispatch_work(const request_rec *r);

/** hook handler. */
int wfp_dispatch_handle(request_rec *r);

#endif
