/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TAILED_H
#define WFP_TAILED_H

#include "core/registry.h"
#include "core/script.h"
#include "mod_wfp/invoke.h"

/**
 * @file
 * From invocations to the `tail` handlers that are given their records: who that
 * is, and the records of a work until all of it has ended. Whoever's settings
 * name a consumer gives it its own records; an account Worker also those of all
 * user Workers that it dispatches to, a namespace those of all its Workers. What a
 * `tail` handler leads to is told to nobody, so none goes round in circles. Costs
 * nothing where nobody is named.
 */

/** wfp_host_ctx_t.is_tailed, by whose settings. */
#define WFP_TAILED_OWN       1
#define WFP_TAILED_NAMESPACE 2
#define WFP_TAILED_ABOVE     4

/** The Worker was found; it has not run yet. */
void wfp_tailed_begin(wfp_host_ctx_t *ctx, const wfp_entry_t *ns);

/** What it is made of is known. */
void wfp_tailed_know(wfp_host_ctx_t *ctx, const wfp_script_t *script);

/** It has ended, with this record (JSON). */
void wfp_tailed_note(wfp_host_ctx_t *ctx, const char *record, apr_size_t n);

/** A part is joined: its records are the work's. */
void wfp_tailed_join(wfp_work_t *work, wfp_work_t *part);

/** All of the work's invocations have ended: hand their records over. Twice is
 *  harmless. */
void wfp_tailed_flush(wfp_work_t *work);

#endif
