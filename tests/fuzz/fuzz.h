/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FUZZ_H
#define WFP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/**
 * @file
 * A fuzz target: one file, one function. libFuzzer's main calls it (make
 * fuzz), or that of standalone.c with every seed of the target's corpus.
 */

/** Take n bytes of input; a fault ends the process. @return 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/** Name of the target, and of its folder in corpus/. */
extern const char *const fuzz_name;

/** What holds for every input. */
#define FUZZ_CHECK(expr)                                                       \
    do {                                                                       \
        if (!(expr)) {                                                         \
            __builtin_trap();                                                  \
        }                                                                      \
    } while (0)

/** The input as a text, to be freed: ends at its first NUL. No pool: a
 *  sanitizer sees who reads behind its end. */
static inline char *fuzz_text(const uint8_t *data, size_t n)
{
    char *text = malloc(n + 1);

    FUZZ_CHECK(text != NULL);
    if (n) {
        memcpy(text, data, n);
    }
    text[n] = '\0';
    return text;
}

#endif
