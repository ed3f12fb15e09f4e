/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_POLICY_H
#define WFP_POLICY_H

#include <apr_network_io.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * Where a subrequest may go (SSRF). A policy is a list of rules as given by
 * WfpEgressAllow and WfpEgressDeny on top of the default: public addresses,
 * ports 80, 443 and 1024-65535. Deny wins over allow; a non-public address
 * needs an allow rule that names it by CIDR or host. So does a name that is
 * not public: localhost, *.internal and the like, one without a dot.
 *
 * Two questions: by name before the look-up, by address at connect time. Both
 * must say yes. A host-name allow rule makes non-public addresses of that very
 * name legal.
 */

typedef struct wfp_policy_t wfp_policy_t;

/** An empty policy (the default rules only). */
wfp_policy_t *wfp_policy_make(apr_pool_t *p);

/** base's rules and then add's, in p. Either may be NULL. */
wfp_policy_t *wfp_policy_merge(const wfp_policy_t *base,
                               const wfp_policy_t *add, apr_pool_t *p);

/** One that says yes where both do; NULL: the default rules only. They live as
 *  long as p; it is not merged or added to. */
const wfp_policy_t *wfp_policy_both(const wfp_policy_t *a,
                                    const wfp_policy_t *b, apr_pool_t *p);

/**
 * Add a rule.
 *
 * @param allow   1 allow, 0 deny
 * @param target  CIDR, CIDR:port, [v6]/n:port, host, *.host, host:port, :port
 * @return APR_SUCCESS, or APR_EINVAL with the reason in res
 */
apr_status_t wfp_policy_add(wfp_policy_t *policy, int allow, const char *target,
                            wfp_result_t *res) WFP_CHECK;

/** May this host and port be asked at all? Also refuses IP literals that the
 *  address rules refuse. @return 1 yes; 0 no and *why says it (static text) */
int wfp_policy_name_ok(const wfp_policy_t *policy, const char *host, int port,
                       const char **why);

/**
 * May a connection be made to this address, looked up for this host?
 *
 * @param family  AF_INET or AF_INET6
 * @param addr    4 or 16 bytes, network order
 */
int wfp_policy_address_ok(const wfp_policy_t *policy, const char *host,
                          int family, const void *addr, int port,
                          const char **why);

/**
 * Is there an allow rule that names this address, by CIDR or host? Asked of what
 * needs one beyond wfp_policy_address_ok(), with the same arguments.
 *
 * @param with_port  1: one that has this very port
 */
int wfp_policy_names(const wfp_policy_t *policy, const char *host, int family,
                     const void *addr, int port, int with_port);

#endif
