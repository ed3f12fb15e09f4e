/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gradual deployments at run time. Called by invoke.c for Workers whose
 * traffic is split; all others never come here.
 */
#include "mod_wfp/rollout.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/split.h"
#include "mod_wfp/sync.h"

#define STICKY   "Cloudflare-Workers-Version-Key"
#define OVERRIDE "Cloudflare-Workers-Version-Overrides"

/* A version that went between two looks is looked for anew so often. */
#define PICK_TRIES 5

static apr_status_t choose(const char **pid, const apr_array_header_t *shares,
                           const wfp_headers_t *headers, const char *name,
                           wfp_result_t *res)
{
    const char *text = headers ? wfp_headers_get(headers, OVERRIDE) : NULL;
    apr_uint32_t dice;
    apr_status_t rv;

    *pid = text ? wfp_split_override(shares, text, name) : NULL;
    if (*pid) {
        return APR_SUCCESS;
    }
    text = headers ? wfp_headers_get(headers, STICKY) : NULL;
    if (text) {
        *pid = wfp_split_pick(shares, wfp_split_point(text, strlen(text)));
        return APR_SUCCESS;
    }
    rv = wfp_crypto_random(&dice, sizeof(dice));
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    *pid = wfp_split_pick(shares, (int)(dice % WFP_SPLIT_ALL));
    return rv;
}

apr_status_t wfp_rollout_pick(wfp_entry_t *entry, wfp_server_t *server,
                              const wfp_headers_t *headers, wfp_result_t *res,
                              apr_pool_t *p)
{
    char ns[WFP_NAME_MAX + 1], name[WFP_NAME_MAX + 1];
    apr_array_header_t *shares;
    const char *id;
    apr_status_t rv = APR_SUCCESS;
    int tries;

    apr_cpystrn(ns, entry->ns, sizeof(ns));
    apr_cpystrn(name, entry->name, sizeof(name));
    for (tries = 0; tries < PICK_TRIES; tries++) {
        rv = wfp_sync_split(&shares, entry, server, res, p);
        if (rv != APR_SUCCESS || !shares) {
            return rv;
        }
        rv = choose(&id, shares, headers, name, res);
        if (rv == APR_SUCCESS) {
            rv = wfp_sync_find_version(entry, server, ns, name, id, res, p);
        }
        if (rv != APR_NOTFOUND) {
            return rv;
        }
        wfp_result_init(res, res->pool);
        rv = wfp_sync_find(entry, server, ns, name, res, p);
        if (rv != APR_SUCCESS || !(entry->flags & WFP_ENTRY_SPLIT)) {
            return rv;
        }
    }
    return wfp_result_set(res, WFP_INTERNAL, APR_EGENERAL,
                          "a deployed version is missing");
}

apr_int64_t wfp_rollout_key(const wfp_entry_t *entry, apr_int64_t ns_stamp)
{
    if (entry->flags & WFP_ENTRY_VERSION) {
        /* The later of both would be the same for two versions that are older
         * than the namespace's settings. Below 0: no other Worker's key. */
        return -(entry->stamp * ((apr_int64_t)1 << 31)
                 + (ns_stamp & 0x7fffffff));
    }
    return entry->stamp > ns_stamp ? entry->stamp : ns_stamp;
}
