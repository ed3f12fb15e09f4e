/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

apr_size_t wfp_utf8_size(const unsigned char *s)
{
    unsigned char low = 0x80, high = 0xbf;
    apr_size_t i, n;

    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] < 0xc2 || s[0] > 0xf4) {
        return 0;
    }
    n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    /* no overlong form, no surrogate, nothing above U+10FFFF */
    if (s[0] == 0xe0) {
        low = 0xa0;
    }
    else if (s[0] == 0xed) {
        high = 0x9f;
    }
    else if (s[0] == 0xf0) {
        low = 0x90;
    }
    else if (s[0] == 0xf4) {
        high = 0x8f;
    }
    for (i = 1; i < n; i++) {
        if (s[i] < low || s[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return n;
}
