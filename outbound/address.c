/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and the table of those that are not public. The policy asks; the
 * table is data, each row with its source. IPv6 is public only inside 2000::/3
 * (all that IANA has allocated for global unicast) and behind NAT64's prefix,
 * where the IPv4 address within decides. The registries' rows that IANA calls
 * globally reachable (anycast of AS112, AMT, TURN) are here as well: who serves
 * them is whoever is nearest, and nobody serves a website there.
 */
#include "outbound/address.h"

#include <arpa/inet.h>
#include <string.h>

typedef struct wfp_special_t {
    unsigned char net[16]; /* the rest is 0 */
    int bits;              /* 0: end of the table */
    const char *source;
} wfp_special_t;

/* IANA IPv4 Special-Purpose Address Registry, and what is no unicast */
static const wfp_special_t special_v4[] = {
    { { 0 }, 8, "RFC 791: this network" },
    { { 10 }, 8, "RFC 1918: private" },
    { { 100, 64 }, 10, "RFC 6598: carrier-grade NAT" },
    { { 127 }, 8, "RFC 1122: loopback" },
    { { 168, 63, 129, 16 }, 32, "Azure: the host's agent" },
    { { 169, 254 }, 16, "RFC 3927: link-local, cloud metadata" },
    { { 172, 16 }, 12, "RFC 1918: private" },
    { { 192, 0, 0 }, 24, "RFC 6890: protocol assignments" },
    { { 192, 0, 2 }, 24, "RFC 5737: documentation" },
    { { 192, 31, 196 }, 24, "RFC 7535: AS112" },
    { { 192, 52, 193 }, 24, "RFC 7450: AMT" },
    { { 192, 88, 99 }, 24, "RFC 7526: 6to4 relays, deprecated" },
    { { 192, 168 }, 16, "RFC 1918: private" },
    { { 192, 175, 48 }, 24, "RFC 7534: AS112" },
    { { 198, 18 }, 15, "RFC 2544: benchmarks" },
    { { 198, 51, 100 }, 24, "RFC 5737: documentation" },
    { { 203, 0, 113 }, 24, "RFC 5737: documentation" },
    { { 224 }, 4, "RFC 5771: multicast" },
    { { 240 }, 4, "RFC 1112: reserved; RFC 919: broadcast" },
    { { 0 }, 0, NULL },
};

/* IANA IPv6 Special-Purpose Address Registry, within 2000::/3. What lies
 * outside (unspecified, loopback, mapped, 64:ff9b:1::/48, 100::/64, 5f00::/16,
 * fc00::/7, fe80::/10, fec0::/10, ff00::/8) is never public anyway. */
static const wfp_special_t special_v6[] = {
    /* 2001::/23 */
    { { 0x20, 0x01 }, 23, "RFC 2928: protocol assignments, Teredo" },
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, "RFC 3849: documentation" },
    { { 0x20, 0x02 }, 16, "RFC 7526: 6to4, deprecated: leads where it says" },
    { { 0x26, 0x20, 0, 0x4f, 0x80 }, 48, "RFC 7534: AS112" },
    { { 0x3f, 0xff }, 20, "RFC 9637: documentation" },
    { { 0 }, 0, NULL },
};

/* 2000::/3, 64:ff9b::/96, 2002::/16, ::ffff:0:0/96 */
static const wfp_special_t global_v6 = { { 0x20 }, 3, "RFC 4291 2.4" };
static const wfp_special_t nat64 = { { 0, 0x64, 0xff, 0x9b }, 96, "RFC 6052" };
static const wfp_special_t sixto4 = { { 0x20, 0x02 }, 16, "RFC 3056" };
static const wfp_special_t mapped = { { [10] = 0xff, [11] = 0xff },
                                      96,
                                      "RFC 4291 2.5.5.2" };

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

static int same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, (apr_size_t)whole) == 0
           && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

int wfp_address_in(const wfp_address_t *addr, const wfp_address_t *net,
                   int bits)
{
    return addr->family == net->family
           && same_bits(addr->bytes, net->bytes, bits);
}

static int in_v6(const wfp_address_t *addr, const wfp_special_t *row)
{
    return addr->family == AF_INET6
           && same_bits(addr->bytes, row->net, row->bits);
}

int wfp_address_mapped(wfp_address_t *v4, const wfp_address_t *addr)
{
    if (!in_v6(addr, &mapped)) {
        return 0;
    }
    wfp_address_set(v4, AF_INET, addr->bytes + 12);
    return 1;
}

int wfp_address_embedded(wfp_address_t *v4, const wfp_address_t *addr)
{
    if (in_v6(addr, &sixto4)) {
        wfp_address_set(v4, AF_INET, addr->bytes + 2);
        return 1;
    }
    if (in_v6(addr, &nat64)) {
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
        if (!in_v6(addr, &global_v6) && !in_v6(addr, &nat64)) {
            return 0;
        }
        if (wfp_address_embedded(&v4, addr) && !wfp_address_is_public(&v4)) {
            return 0;
        }
    }
    row = addr->family == AF_INET ? special_v4 : special_v6;
    for (; row->bits; row++) {
        if (same_bits(addr->bytes, row->net, row->bits)) {
            return 0;
        }
    }
    return 1;
}
