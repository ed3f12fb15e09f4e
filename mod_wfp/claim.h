/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLAIM_H
#define WFP_CLAIM_H

#include <httpd.h>

#include "mod_wfp/config.h"
#include "mod_wfp/trial.h"
#include "mod_wfp/work.h"

/**
 * @file
 * Which URIs are Workers': claimed before they are touched, and asked of the rules
 * that a server or virtual host has for all of its URIs.
 */

/** What a claimed request keeps until its handler runs: per_dir_config is
 *  another one by then. */
typedef struct wfp_claim_t {
    const wfp_scope_conf_t *scope; /* NULL: let through, never claim again */
    const char *handler;
    char *sent;             /* the URI, before rules of mod_rewrite */
    const wfp_work_t *work; /* while its pool is there; NULL */
} wfp_claim_t;

/** Handler of requests that are Workers'. */
extern const char wfp_claim_handler[];

/** A request's claim; NULL: it is not ours. */
wfp_claim_t *wfp_claim_of(const request_rec *r);

/** Not a Worker's. Of the answer to a trial only this is missing, when it is not
 *  the answer itself. @return HTTP_NOT_FOUND */
int wfp_claim_refuse(wfp_trial_t *trial, const request_rec *r);

/** hook pre_translate_name: claim URIs under a WfpDispatcher or WfpNamespace scope
 *  before they are refused or mapped; the path as it was sent stays in
 *  r->unparsed_uri and parsed_uri. */
int wfp_claim_sent(request_rec *r);

/** hook translate_name: a claimed URI is no file, unless rules of mod_rewrite make
 *  it one. What they pass on is claimed where it leads to. */
int wfp_claim_translate(request_rec *r);

/** hook translate_name, behind mod_rewrite's: claim what it passes on from where no
 *  Worker is. */
int wfp_claim_rewritten(request_rec *r);

/** hook map_to_storage: no directory walk, no stat. */
int wfp_claim_map(request_rec *r);

/** hook type_checker: it has no file's name, whose end could mean a handler, a
 *  filter or a coding. */
int wfp_claim_type(request_rec *r);

/** Was it claimed, so that its URI is as it was sent? */
int wfp_claim_is_ours(const request_rec *r);

#endif
