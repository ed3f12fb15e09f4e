/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_ADDRESS_H
#define WFP_ADDRESS_H

#include <apr_network_io.h>

#include "core/wfp.h"

/**
 * @file
 * IP addresses as the policy sees them: text to bytes, prefixes, and which
 * are public. IPv4-mapped addresses become IPv4 for prefixes, but are never
 * public themselves.
 */

typedef struct wfp_address_t {
    int family;              /* AF_INET or AF_INET6 */
    unsigned char bytes[16]; /* network order; 4 used for AF_INET */
} wfp_address_t;

/** From the 4 or 16 bytes of a socket address. */
void wfp_address_set(wfp_address_t *addr, int family, const void *bytes);

/** From text: dotted decimal or RFC 4291, without brackets or zone.
 *  @return 1: it was one */
int wfp_address_parse(wfp_address_t *addr, const char *text);

/** Bits of an address of this family: 32 or 128. */
int wfp_address_bits(int family);

/** Do the first bits of addr equal those of net? */
int wfp_address_in(const wfp_address_t *addr, const wfp_address_t *net,
                   int bits);

/** The IPv4 address within an IPv4-mapped one. @return 1: it is one */
int wfp_address_mapped(wfp_address_t *v4, const wfp_address_t *addr);

/** The IPv4 address to which a NAT64, 6to4 or mapped address leads.
 *  @return 1: it is one */
int wfp_address_embedded(wfp_address_t *v4, const wfp_address_t *addr);

/** Is it a globally reachable unicast address (IANA's registries)? */
int wfp_address_is_public(const wfp_address_t *addr);

#endif
