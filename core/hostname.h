/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOSTNAME_H
#define WFP_HOSTNAME_H

#include <apr.h>

/**
 * @file
 * Names of hosts in the one form that is compared: lower case, without port
 * and trailing dot, IPv6 literals in brackets and shortest. Names of other
 * scripts come as their A-labels ("xn--..."), which are left as they are. One
 * rule for the table's entries and the hosts of requests.
 */

#define WFP_HOSTNAME_MAX 253

/** Room for one and its NUL. */
#define WFP_HOSTNAME_SIZE (WFP_HOSTNAME_MAX + 1)

/**
 * The host that a request names.
 *
 * @param out   WFP_HOSTNAME_SIZE bytes
 * @param host  a Host field, with or without port, or an IPv6 address without
 *              brackets; NULL is none
 * @return bytes in out; 0: it names no host
 */
apr_size_t wfp_hostname_of_request(char *out, const char *host);

/**
 * An entry of the table: a host, without port, or "*." and the domain whose
 * names it stands for.
 *
 * @return as wfp_hostname_of_request()
 */
apr_size_t wfp_hostname_of_entry(char *out, const char *text);

/**
 * Where the wildcards that cover a host begin, from most to least specific:
 * such an entry is "*" and the host from there on.
 *
 * @param host  as wfp_hostname_of_request() gave it
 * @param at    the one before; 0 at first
 * @return 0: there is no further one
 */
apr_size_t wfp_hostname_wider(const char *host, apr_size_t at);

#endif
