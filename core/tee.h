/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_TEE_H
#define WFP_TEE_H

#include "core/body.h"

/**
 * @file
 * Two bodies that give the bytes of one. Whichever is read first reads on in
 * the source; what the other has not had yet is kept for it, as long as its
 * owner finds room. The branch that is behind is given up when there is none:
 * the one that is ahead never suffers from it.
 */

/** Who pays for what is kept. */
typedef struct wfp_tee_room_t {
    int (*take)(void *baton, apr_size_t n); /* 0: there is no room for that */
    void (*give)(void *baton, apr_size_t n);
    void *baton; /* lives as long as the branches */
} wfp_tee_room_t;

/** Bytes that a tee takes beside what it was given room for: its structures and
 *  the blocks that are not full. */
#define WFP_TEE_COST (20 * 1024)

/** Branches of branches: each reads through all before it. */
#define WFP_TEE_DEPTH_MAX 16

/**
 * Split a body that nobody has read. Of bytes in memory nothing is kept.
 *
 * @param p  both branches live in it; the source lives as long
 * @return APR_SUCCESS; APR_ENOSPC: the source is WFP_TEE_DEPTH_MAX branches
 *         deep; APR_ENOMEM
 */
apr_status_t wfp_tee_make(wfp_body_t **pa, wfp_body_t **pb, wfp_body_t *source,
                          const wfp_tee_room_t *room, apr_pool_t *p) WFP_CHECK;

/** Cancel the branch unless it was handed on. */
void wfp_tee_forget(wfp_body_t *branch);

#endif
