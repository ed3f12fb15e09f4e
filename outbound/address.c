/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and the table of those that are not public. The policy asks; the
 * table is data, each row with its source. IPv6 is public only inside 2000::/3
 * (all that IANA has allocated for global unicast) and behind NAT64's prefix.
 */
#include "outbound/address.h"

#include <arpa/inet.h>
#include <string.h>

typedef struct wfp_special_t {
    const char *net;
    int bits;
    const char *source;
} wfp_special_t;

/* IANA IPv4 Special-Purpose Address Registry and what is no unicast */
static const wfp_special_t special_v4[] = {
    { "0.0.0.0", 8, "RFC 791: this network" },
    { "10.0.0.0", 8, "RFC 1918: private" },
    { "100.64.0.0", 10, "RFC 6598: carrier-grade NAT" },
    { "127.0.0.0", 8, "RFC 1122: loopback" },
    { "168.63.129.16", 32, "Azure: the host's agent" },
    { "169.254.0.0", 16, "RFC 3927: link-local, cloud metadata" },
    { "172.16.0.0", 12, "RFC 1918: private" },
    { "192.0.0.0", 24, "RFC 6890: protocol assignments" },
    { "192.0.2.0", 24, "RFC 5737: documentation" },
    { "192.88.99.0", 24, "RFC 7526: 6to4 relays, deprecated" },
    { "192.168.0.0", 16, "RFC 1918: private" },
    { "198.18.0.0", 15, "RFC 2544: benchmarks" },
    { "198.51.100.0", 24, "RFC 5737: documentation" },
    { "203.0.113.0", 24, "RFC 5737: documentation" },
    { "224.0.0.0", 4, "RFC 5771: multicast" },
    { "240.0.0.0", 4, "RFC 1112: reserved; RFC 919: broadcast" },
    { NULL },
};

/* IANA IPv6 Special-Purpose Address Registry, within 2000::/3. What lies
 * outside (unspecified, loopback, mapped, 64:ff9b:1::/48, 100::/64, 5f00::/16,
 * fc00::/7, fe80::/10, fec0::/10, ff00::/8) is never public anyway. */
static const wfp_special_t special_v6[] = {
    { "2001::", 23, "RFC 2928: protocol assignments, Teredo, benchmarks" },
    { "2001:db8::", 32, "RFC 3849: documentation" },
    { "3fff::", 20, "RFC 9637: documentation" },
    { NULL },
};

static const wfp_special_t global_v6 = { "2000::", 3, "RFC 4291 2.4" };
static const wfp_special_t nat64 = { "64:ff9b::", 96, "RFC 6052" };
static const wfp_special_t sixto4 = { "2002::", 16, "RFC 3056" };
static const wfp_special_t mapped = { "::ffff:0:0", 96, "RFC 4291 2.5.5.2" };

void wfp_address_set(wfp_address_t *addr, int family, const void *bytes)
{
    memset(addr, 0, sizeof(*addr));
    addr->family = family;
    memcpy(addr->bytes, bytes, family == AF_INET ? 4 : 16);
}

int wfp_address_parse(wfp_address_t *addr, const char *text)
{
    memset(addr, 0, sizeof(*addr));
    addr->family = AF_INET;
    if (inet_pton(AF_INET, text, addr->bytes) == 1) {
        return 1;
    }
    addr->family = AF_INET6;
    return inet_pton(AF_INET6, text, addr->bytes) == 1;
}

int wfp_address_bits(int family)
{
    return family == AF_INET ? 32 : 128;
}

int wfp_address_in(const wfp_address_t *addr, const wfp_address_t *net,
                   int bits)
{
    int whole = bits / 8, rest = bits % 8;
    unsigned char diff;

    if (addr->family != net->family
        || memcmp(addr->bytes, net->bytes, (apr_size_t)whole) != 0) {
        return 0;
    }
    if (rest == 0) {
        return 1;
    }
    diff = addr->bytes[whole] ^ net->bytes[whole];
    return (diff >> (8 - rest)) == 0;
}

static int in_special(const wfp_address_t *addr, const wfp_special_t *row)
{
    wfp_address_t net;

    return wfp_address_parse(&net, row->net)
           && wfp_address_in(addr, &net, row->bits);
}

int wfp_address_mapped(wfp_address_t *v4, const wfp_address_t *addr)
{
    if (!in_special(addr, &mapped)) {
        return 0;
    }
    wfp_address_set(v4, AF_INET, addr->bytes + 12);
    return 1;
}

int wfp_address_embedded(wfp_address_t *v4, const wfp_address_t *addr)
{
    if (in_special(addr, &sixto4)) {
        wfp_address_set(v4, AF_INET, addr->bytes + 2);
        return 1;
    }
    if (in_special(addr, &nat64)) {
        wfp_address_set(v4, AF_INET, addr->bytes + 12);
        return 1;
    }
    return wfp_address_mapped(v4, addr);
}

int wfp_address_is_public(const wfp_address_t *addr)
{
    const wfp_special_t *row;
    wfp_address_t v4;

    if (addr->family == AF_INET6) {
        if (!in_special(addr, &global_v6) && !in_special(addr, &nat64)) {
            return 0;
        }
        if (wfp_address_embedded(&v4, addr) && !wfp_address_is_public(&v4)) {
            return 0;
        }
    }
    row = addr->family == AF_INET ? special_v4 : special_v6;
    for (; row->net; row++) {
        if (in_special(addr, row)) {
            return 0;
        }
    }
    return 1;
}
