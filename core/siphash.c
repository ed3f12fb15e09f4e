/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 after the paper of Aumasson and Bernstein. Called for every
 * look-up in the registry and the cool-down table, so that no tenant can
 * choose names that meet in one chain.
 */
#include "core/siphash.h"

#include <string.h>

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

typedef struct sip_t {
    apr_uint64_t a, b, c, d;
} sip_t;

static inline void mix(sip_t *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = ROTL(s->b, 13) ^ s->a;
    s->d = ROTL(s->d, 16) ^ s->c;
    s->a = ROTL(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = ROTL(s->b, 17) ^ s->c;
    s->d = ROTL(s->d, 21) ^ s->a;
    s->c = ROTL(s->c, 32);
}

static inline apr_uint64_t word_of(const unsigned char *at, apr_size_t n)
{
    apr_uint64_t word = 0;

    memcpy(&word, at, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void take(sip_t *s, apr_uint64_t word)
{
    s->d ^= word;
    mix(s);
    mix(s);
    s->a ^= word;
}

apr_uint64_t wfp_siphash(const apr_uint64_t key[2], const void *data,
                         apr_size_t n)
{
    const unsigned char *at = data;
    const unsigned char *end = at + (n & ~(apr_size_t)7);
    sip_t s = { key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
                key[0] ^ 0x6c7967656e657261ULL,
                key[1] ^ 0x7465646279746573ULL };

    for (; at < end; at += 8) {
        take(&s, word_of(at, 8));
    }
    take(&s, word_of(at, n & 7) | ((apr_uint64_t)n << 56));
    s.c ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    mix(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}
