/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a byte is in the C locale, whatever locale the process has, and whether
 * a text is one to a pattern. Used by the matcher, by scanners and by the
 * string library.
 */
#include "lua_runtime/pattern.h"

#define ALPHA  WFP_BYTE_ALPHA
#define CNTRL  WFP_BYTE_CNTRL
#define DIGIT  WFP_BYTE_DIGIT
#define GRAPH  WFP_BYTE_GRAPH
#define LOWER  WFP_BYTE_LOWER
#define PUNCT  WFP_BYTE_PUNCT
#define SPACE  WFP_BYTE_SPACE
#define UPPER  WFP_BYTE_UPPER
#define XDIGIT WFP_BYTE_XDIGIT
#define ZERO   WFP_BYTE_ZERO

const unsigned short wfp_pattern_bytes[256] = {
    [0] = CNTRL | ZERO,
    [1 ... 8] = CNTRL,
    ['\t' ... '\r'] = CNTRL | SPACE,
    [14 ... 31] = CNTRL,
    [' '] = SPACE,
    ['!' ... '/'] = PUNCT | GRAPH,
    ['0' ... '9'] = DIGIT | XDIGIT | GRAPH,
    [':' ... '@'] = PUNCT | GRAPH,
    ['A' ... 'F'] = ALPHA | UPPER | XDIGIT | GRAPH,
    ['G' ... 'Z'] = ALPHA | UPPER | GRAPH,
    ['[' ... '`'] = PUNCT | GRAPH,
    ['a' ... 'f'] = ALPHA | LOWER | XDIGIT | GRAPH,
    ['g' ... 'z'] = ALPHA | LOWER | GRAPH,
    ['{' ... '~'] = PUNCT | GRAPH,
    [127] = CNTRL,
};

int wfp_pattern_is_plain(const char *p, size_t n)
{
    const char *end = p + n;

    for (; p < end; p++) {
        switch (*p) {
        case '^':
        case '$':
        case '*':
        case '+':
        case '?':
        case '.':
        case '(':
        case '[':
        case '%':
        case '-':
            return 0;
        default:
            break;
        }
    }
    return 1;
}
