/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SUBTLE_FIXTURE_H
#define WFP_SUBTLE_FIXTURE_H

/**
 * @file
 * What tests of crypto.subtle begin with. Included by one file of a program.
 */

#include "wfp_test.h"

#include "api_state.h"

#define PRELUDE                                                                \
    "local s, to, from, hmac = crypto.subtle, hex.encode, hex.decode\n"        \
    "local function name(f, ...) local ok, e = pcall(f, ...)\n"                \
    "  return ok and 'fine' or e.name end\n"                                   \
    "local function text(f, ...) local ok, e = pcall(f, ...)\n"                \
    "  return ok and 'fine' or tostring(e) end\n"                              \
    "local function raw(alg, data, ...)\n"                                     \
    "  return s.importKey('raw', data, alg, false, {...}) end\n"

#define SUBTLE(code, want) RUN(PRELUDE code, want)

#define ED_JWK                                                                 \
    "local function pair(d, x) local jwk = {kty='OKP', crv='Ed25519', "        \
    "x=base64url.encode(from(x))} local pub = s.importKey('jwk', jwk, "        \
    "'Ed25519', true, {'verify'}) jwk.d = base64url.encode(from(d)) return "   \
    "s.importKey('jwk', jwk, 'ed25519', true, {'sign'}), pub end "

#endif
