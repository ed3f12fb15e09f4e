/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.subtle's keys: what they show and allow, and what is refused. */
#include "subtle_fixture.h"

/* ---- keys ---------------------------------------------------------------- */

static void generated_keys_work(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("local out = {} for _, curve in ipairs{'P-256', 'P-384', 'p-521'} "
           "do local alg = {name='ECDSA', namedCurve=curve, hash='SHA-256'} "
           "local k = s.generateKey(alg, true, {'sign', 'verify'}) "
           "local own = s.importKey('pkcs8', s.exportKey('pkcs8', "
           "k.privateKey), alg, true, {'sign'}) "
           "own = s.importKey('jwk', s.exportKey('jwk', own), alg, true, "
           "{'sign'}) local pub = s.importKey('spki', s.exportKey('spki', "
           "k.publicKey), alg, true, {'verify'}) "
           "pub = s.importKey('jwk', s.exportKey('jwk', pub), alg, true, "
           "{'verify'}) pub = s.importKey('raw', s.exportKey('raw', pub), alg, "
           "true, {'verify'}) local sig = s.sign(alg, own, 'x') "
           "assert(s.verify(alg, pub, sig, 'x')) "
           "assert(not s.verify(alg, pub, sig, 'y')) "
           "out[#out + 1] = #sig .. own.algorithm.namedCurve end "
           "return table.concat(out, ' ')",
           "64P-256 96P-384 132P-521");
    SUBTLE("local k = s.generateKey('Ed25519', false, {'sign', 'verify'}) "
           "local sig = s.sign('Ed25519', k.privateKey, 'x') return "
           "tostring(s.verify('Ed25519', k.publicKey, sig, 'x')) .. "
           "name(s.exportKey, 'pkcs8', k.privateKey) .. #s.exportKey('raw', "
           "k.publicKey) .. k.privateKey.type .. k.publicKey.type",
           "trueInvalidAccessError32privatepublic");
    SUBTLE("local alg = {name='RSASSA-PKCS1-v1_5', hash='SHA-512', "
           "modulusLength=2048, publicExponent='\\1\\0\\1'} local k = "
           "s.generateKey(alg, true, {'sign', 'verify'}) local sig = "
           "s.sign(alg, k.privateKey, 'x') return #sig .. tostring(s.verify("
           "alg, k.publicKey, sig, 'x')) .. k.publicKey.usages[1]",
           "256trueverify");
    SUBTLE("local h = s.generateKey({name='HMAC', hash='SHA-384'}, true, "
           "{'sign'}) local a = s.generateKey({name='AES-GCM', length=256}, "
           "true, {'encrypt', 'decrypt'}) local j = s.exportKey('jwk', a) "
           "return h.algorithm.length .. #s.exportKey('raw', a) .. j.alg .. "
           "j.kty .. json.encode(j.key_ops) .. tostring(j.ext) .. "
           "s.exportKey('jwk', h).alg",
           "102432A256GCMoct[\"encrypt\",\"decrypt\"]trueHS384");
    SUBTLE("local k = raw('HKDF', 'k', 'deriveKey') local a = "
           "s.deriveKey({name='HKDF', hash='SHA-256', salt='s', info='i'}, k, "
           "{name='AES-GCM', length=128}, true, {'encrypt'}) local p = "
           "s.deriveKey({name='PBKDF2', hash='SHA-256', salt='s', "
           "iterations=1000}, raw('PBKDF2', 'pw', 'deriveKey'), {name='HMAC', "
           "hash='SHA-512'}, false, {'sign'}) return #s.exportKey('raw', a) .. "
           "a.type .. p.algorithm.hash.name .. p.algorithm.length",
           "16secretSHA-5121024");
    lua_close(L);
}

static void keys_show_no_bytes(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define KEY                                                                    \
    "local k = raw({name='HMAC', hash='SHA-256'}, 'hunter2', 'sign', "         \
    "'verify') "
    SUBTLE(KEY "return (tostring(k):gsub('%d+', 'N'))", "CryptoKey: #N");
    SUBTLE(KEY "return k.type .. tostring(k.extractable) .. k.algorithm.name "
               ".. k.algorithm.hash.name .. k.algorithm.length .. #k.usages "
               ".. k.usages[1] .. k.usages[2] .. tostring(k.bytes)",
           "secretfalseHMACSHA-256562signverifynil");
    SUBTLE(KEY "return name(function() k.extractable = true end) .. "
               "name(function() k.usages[1] = 'x' end) .. name(function() "
               "k.algorithm.name = 'x' end) .. tostring(getmetatable(k))",
           "TypeErrorTypeErrorTypeErrornil");
    SUBTLE(
        KEY
        "return tostring(pcall(function() for _ in pairs(k) do end end)) .. name(json.encode, k) .. "
        "name(s.exportKey, 'raw', k) .. name(s.exportKey, 'jwk', k) .. "
        "tostring(rawequal(k, k))",
        "falseTypeErrorInvalidAccessErrorInvalidAccessErrortrue");
    /* an algorithm that a key shows can be given back */
    SUBTLE("local k = s.generateKey({name='ECDSA', namedCurve='P-256'}, true, "
           "{'sign'}).privateKey local j = s.exportKey('jwk', k) return "
           "s.importKey('jwk', j, k.algorithm, false, {'sign'}).type",
           "private");
    /* collected: their memory is used again */
    SUBTLE("for i = 1, 2000 do raw('PBKDF2', ('x'):rep(60000), 'deriveBits') "
           "end return 'fine'",
           "fine");
    lua_close(L);
}

static void usages_are_kept(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("local k = raw({name='HMAC', hash='SHA-256'}, 'k', 'verify') "
           "return text(s.sign, 'HMAC', k, 'x')",
           "InvalidAccessError: crypto.subtle.sign: the key's usages do not "
           "permit sign");
    SUBTLE("local k = raw('AES-CBC', ('k'):rep(16), 'encrypt') local alg = "
           "{name='AES-CBC', iv=('i'):rep(16)} return name(s.decrypt, alg, k, "
           "s.encrypt(alg, k, 'x')) .. text(s.encrypt, {name='AES-GCM', "
           "iv='i'}, k, 'x')",
           "InvalidAccessErrorInvalidAccessError: crypto.subtle.encrypt: the "
           "key is for AES-CBC, not for AES-GCM");
    SUBTLE("local h = {name='HMAC', hash='SHA-1'} return name(raw, h, 'k') .. "
           "name(raw, h, 'k', 'encrypt') .. name(raw, h, 'k', 'steal') .. "
           "name(raw, 'HKDF', 'k', 'sign') .. name(raw, 'AES-GCM', "
           "('k'):rep(16), 'sign')",
           "SyntaxErrorSyntaxErrorTypeErrorSyntaxErrorSyntaxError");
    SUBTLE("local alg = {name='ECDSA', namedCurve='P-256', hash='SHA-256'} "
           "local k = s.generateKey(alg, true, {'sign', 'verify'}) local point "
           "= s.exportKey('raw', k.publicKey) return name(s.importKey, 'raw', "
           "point, alg, true, {'sign'}) .. name(s.importKey, 'raw', point, "
           "alg, true, {}) .. name(s.sign, alg, k.publicKey, 'x') .. "
           "name(s.verify, alg, k.privateKey, 'x', 'x') .. "
           "name(s.generateKey, alg, true, {'verify'})",
           "SyntaxErrorfineInvalidAccessErrorInvalidAccessErrorSyntaxError");
    SUBTLE("local j = {kty='oct', k='AAAA', use='enc'} local h = {name='HMAC', "
           "hash='SHA-256'} local function import() return name(s.importKey, "
           "'jwk', j, h, true, {'sign'}) end local out = import() j.use = "
           "'sig' out = out .. import() j.key_ops = {'verify'} out = out .. "
           "import() j.key_ops = {'verify', 'sign'} out = out .. import() "
           "j.ext = false out = out .. import() j.ext = true j.alg = 'HS512' "
           "return out .. import()",
           "DataErrorfineDataErrorfineDataErrorDataError");
    lua_close(L);
}

/* ---- what is refused ------------------------------------------------------ */

static void arguments_are_checked(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("return text(s.digest)",
           "TypeError: crypto.subtle.digest: algorithm must be a string or a "
           "table with a string `name`, got no value");
    SUBTLE("return text(s.digest, s, 'SHA-1', 'x')",
           "TypeError: crypto.subtle.digest: algorithm must be a string or a "
           "table with a string `name`, got table");
    SUBTLE("return text(s.digest, 'SHA-1', 5)",
           "TypeError: crypto.subtle.digest: data must be a string, got "
           "number");
    SUBTLE("return text(s.digest, 'SHA-3', 'x')",
           "NotSupportedError: crypto.subtle.digest: unknown hash \"SHA-3\": "
           "SHA-1, SHA-256, SHA-384, SHA-512 or MD5");
    SUBTLE("return text(s.importKey, 'raw', 'k', 'DES', false, {})",
           "NotSupportedError: crypto.subtle.importKey: unknown algorithm "
           "\"DES\"");
    SUBTLE("return text(s.importKey, 'pem', 'k', 'HKDF', false, {})",
           "NotSupportedError: crypto.subtle.importKey: format must be raw, "
           "spki, pkcs8 or jwk, got \"pem\"");
    SUBTLE("return text(s.importKey, 'raw', 'k', 'HKDF', nil, {})",
           "TypeError: crypto.subtle.importKey: extractable must be a boolean, "
           "got nil");
    SUBTLE("return text(s.importKey, 'raw', 'k', 'HKDF', false, 'sign')",
           "TypeError: crypto.subtle.importKey: usages must be an array of "
           "strings, got string");
    SUBTLE("return text(s.importKey, 'raw', {}, 'HKDF', false, {})",
           "TypeError: crypto.subtle.importKey: keyData must be a string, got "
           "table");
    SUBTLE("return text(s.importKey, 'jwk', 'k', {name='HMAC', "
           "hash='SHA-1'}, false, {'sign'})",
           "TypeError: crypto.subtle.importKey: keyData must be a table, got "
           "string");
    SUBTLE("return text(s.importKey, 'raw', 'k', 'HMAC', false, {'sign'})",
           "TypeError: crypto.subtle.importKey: HMAC wants a `hash` in its "
           "algorithm");
    SUBTLE("return text(s.importKey, 'raw', 'k', {name='HMAC', hash='MD5'}, "
           "false, {'sign'})",
           "NotSupportedError: crypto.subtle.importKey: MD5 is for digest "
           "only");
    SUBTLE("return text(s.sign, 'HMAC', {}, 'x')",
           "TypeError: crypto.subtle.sign: key must be a CryptoKey, got "
           "table");
    SUBTLE("local k = raw('AES-GCM', ('k'):rep(16), 'encrypt') return "
           "text(s.encrypt, 'AES-GCM', k, 'x')",
           "TypeError: crypto.subtle.encrypt: iv must be a string, got nil");
    SUBTLE("local k = raw('AES-GCM', ('k'):rep(16), 'encrypt') return "
           "text(s.encrypt, {name='AES-GCM', iv='', x=1}, k, 'x') .. "
           "name(s.encrypt, {name='AES-GCM', iv=('i'):rep(129)}, k, 'x') .. "
           "name(s.encrypt, {name='AES-GCM', iv='i', tagLength=40}, k, 'x') .. "
           "name(s.encrypt, {name='AES-GCM', iv='i', tagLength='x'}, k, 'x') "
           ".. name(s.encrypt, {name='AES-GCM', iv='i', additionalData=5}, k, "
           "'x')",
           "OperationError: crypto.subtle.encrypt: iv must have 1 to 128 bytes"
           "OperationErrorOperationErrorTypeErrorTypeError");
    SUBTLE("local k = raw('PBKDF2', '', 'deriveBits') local function d(n, "
           "bits) return name(s.deriveBits, {name='PBKDF2', hash='SHA-1', "
           "salt='', iterations=n}, k, bits or 160) end return d(1) .. d(0) .. "
           "d(-1) .. d(100001) .. d(1 << 31) .. d(1.5) .. d(math.huge) .. "
           "d(nil) .. d(1, 0) .. d(1, 7) .. d(1, -8) .. d(1, 1 << 40) .. d(1, "
           "'x')",
           "fineOperationErrorOperationErrorNotSupportedErrorNotSupportedError"
           "TypeErrorTypeErrorOperationErrorOperationErrorOperationError"
           "OperationErrorOperationErrorTypeError");
    SUBTLE("return name(s.generateKey, {name='RSASSA-PKCS1-v1_5', "
           "hash='SHA-256', modulusLength=65536}, true, {'sign'}) .. "
           "name(s.generateKey, {name='RSASSA-PKCS1-v1_5', hash='SHA-256', "
           "modulusLength=512}, true, {'sign'}) .. name(s.generateKey, "
           "{name='RSASSA-PKCS1-v1_5', hash='SHA-256', modulusLength=2048, "
           "publicExponent=('\\xff'):rep(1000)}, true, {'sign'}) .. "
           "name(s.generateKey, {name='AES-GCM', length=1}, true, "
           "{'encrypt'}) .. name(s.generateKey, {name='ECDSA', "
           "namedCurve='secp256k1'}, true, {'sign'}) .. name(s.generateKey, "
           "'HKDF', false, {'deriveBits'})",
           "OperationErrorOperationErrorOperationErrorOperationError"
           "NotSupportedErrorNotSupportedError");
    CHECK_INT(api_state.critical, 0);
    lua_close(L);
}

static void bad_keys_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    /* sizes */
    SUBTLE("local h = {name='HMAC', hash='SHA-1'} return name(raw, h, '', "
           "'sign') .. name(raw, h, ('k'):rep(65537), 'sign') .. name(raw, "
           "'AES-GCM', ('k'):rep(17), 'encrypt') .. name(raw, 'AES-CBC', '', "
           "'encrypt') .. name(s.importKey, 'raw', 'k', 'HKDF', true, "
           "{'deriveBits'})",
           "DataErrorDataErrorDataErrorDataErrorSyntaxError");
    /* every cut and every changed byte of DER: never anything but DataError,
     * unless the change made another key */
    SUBTLE("local alg = {name='ECDSA', namedCurve='P-256'} local k = "
           "s.generateKey(alg, true, {'sign', 'verify'}) "
           "local n, bad = 0, 0 "
           "for _, f in ipairs{'spki', 'pkcs8'} do "
           "local der = s.exportKey(f, f == 'spki' and k.publicKey or "
           "k.privateKey) local use = {f == 'spki' and 'verify' or 'sign'} "
           "for i = 0, #der - 1 do assert(name(s.importKey, f, der:sub(1, i), "
           "alg, true, use) == 'DataError') end "
           "assert(name(s.importKey, f, der .. '\\0', alg, true, use) == "
           "'DataError') "
           "for i = 1, #der do local x = der:sub(1, i - 1) .. "
           "string.char(der:byte(i) ~ 1) .. der:sub(i + 1) local r = "
           "name(s.importKey, f, x, alg, true, use) n = n + 1 "
           "if r == 'DataError' then bad = bad + 1 else assert(r == 'fine') "
           "end end end return tostring(bad >= n - 4)",
           "true");
    /* another curve or kind than is asked for, and curves of their own */
    SUBTLE("local k = s.generateKey({name='ECDSA', namedCurve='P-384'}, true, "
           "{'verify', 'sign'}) local der = s.exportKey('spki', k.publicKey) "
           "local alg = {name='ECDSA', namedCurve='P-256'} return "
           "name(s.importKey, 'spki', der, alg, true, {'verify'}) .. "
           "name(s.importKey, 'raw', s.exportKey('raw', k.publicKey), alg, "
           "true, {'verify'}) .. name(s.importKey, 'jwk', s.exportKey('jwk', "
           "k.publicKey), alg, true, {'verify'}) .. name(s.importKey, 'spki', "
           "der, 'Ed25519', true, {'verify'}) .. name(s.importKey, 'spki', "
           "der, {name='RSASSA-PKCS1-v1_5', hash='SHA-1'}, true, {'verify'})",
           "DataErrorDataErrorDataErrorDataErrorDataError");
    /* SEC 2's secp112r1 named, and P-256 written out with its parameters */
    SUBTLE(
        "local alg = {name='ECDSA', namedCurve='P-256'} return "
        "name(s.importKey, 'spki', "
        "atob('MDIwEAYHKoZIzj0CAQYFK4EEAAYDHgAERsZxUB0eKZRtFhIeqp5VsAuYdFAetvrO"
        "XbIVKg=='), alg, true, {'verify'}) .. "
        "name(s.importKey, 'spki', "
        "atob('MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA"
        "AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////"
        "///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd"
        "NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5"
        "RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA"
        "//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABM97NGAerNGwXl1OuB026J/O"
        "kJWC2wyb+rJwyVm+FnSMu8IzZB+rQWNtVPgmwbZ+Frq/5EjFmtEaVeq6aMoUl2M='), alg, true, {'verify'}) .. "
        "name(s.importKey, 'pkcs8', "
        "atob('MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB"
        "AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA"
        "///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV"
        "AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg"
        "9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A"
        "AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQglJ0wnFQNcTnV"
        "AJQ4AdejC2mLPatepcVZ96xX9uSLCf6hRANCAATPezRgHqzRsF5dTrgdNuifzpCV"
        "gtsMm/qycMlZvhZ0jLvCM2Qfq0FjbVT4JsG2fha6v+RIxZrRGlXqumjKFJdj'), alg, true, {'sign'})",
        "DataErrorDataErrorDataError");
    /* a point that is not on the curve; the private key of another point */
    SUBTLE("local alg = {name='ECDSA', namedCurve='P-256'} local a = "
           "s.exportKey('jwk', s.generateKey(alg, true, {'sign'}).privateKey) "
           "local b = s.exportKey('jwk', s.generateKey(alg, true, {'sign'})"
           ".privateKey) a.d = b.d return name(s.importKey, 'raw', '\\4' .. "
           "('\\1'):rep(64), alg, true, {'verify'}) .. name(s.importKey, 'raw',"
           "'\\0', alg, true, {'verify'}) .. name(s.importKey, 'jwk', a, alg, "
           "true, {'sign'})",
           "DataErrorDataErrorDataError");
    SUBTLE(ED_JWK "return name(pair, ('00'):rep(32), ('00'):rep(32)) .. "
                  "name(pair, '00', '00')",
           "DataErrorDataError");
    /* RSA: too small, too large, even, an exponent of 1 or of 5 bytes */
    SUBTLE("local alg = {name='RSASSA-PKCS1-v1_5', hash='SHA-256'} local "
           "function try(n, e) return name(s.importKey, 'jwk', {kty='RSA', "
           "n=base64url.encode(n), e=base64url.encode(e)}, alg, true, "
           "{'verify'}) end local good = '\\xff' .. ('\\1'):rep(255) return "
           "try(good, '\\3') .. try('\\xff' .. ('\\1'):rep(126), '\\3') .. "
           "try('\\xff' .. ('\\1'):rep(512), '\\3') .. try(good:sub(1, -2) .. "
           "'\\2', '\\3') .. try(good, '\\1') .. try(good, '\\1\\0\\0\\0\\1') "
           ".. try(good, '\\4')",
           "fineDataErrorDataErrorDataErrorDataErrorDataErrorDataError");
    CHECK_INT(api_state.critical, 0);
    lua_close(L);
}

/* "Primes" of two factors each: the equations hold, so the key is taken, and
   harms nobody but its owner: it signs what does not verify, or not at all. */
static void primes_are_not_tested(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE(
        "local jwk = {kty='RSA', e='AQAB', "
        "n='hfihXyXftEjL-XdALVT7npIjH4qRy2A0OsDqeQN9i0enISr0_EaaN0YeM1eK-Z33sK"
        "LdPqILotSlDhrgRwGeedMvBjiB-jFP2FaShSIySl1QJ1q28-Cj2DMNDslStdfJikCtMy7s"
        "IXeU6NPxFQlWzxzdNeiQu1tRvdE-RY3ZUNc', "
        "d='BhAojXvTUf9xa8rf1q1f7d9DQ6wryP6Dnp0Yf32O8vy9LZ0aFUjEtfewajZuDbn-eb"
        "oFNU50JFxnU-oXeF80YtI4raBS9zJ3aU-rWRcPy_4sb84663MlpW2Y_9uYV7kWefTESL5i"
        "A3UBFOh4ZlojGHyx75MN0CPkud3qyIrIobE', "
        "p='zOkXsB5-nkOQd-x6PeNTQfVJFF1isOeAzOHr8xw0WqcTBRh6yJoYW8BrKZ4qeJmtDp"
        "363JguRHvNU_WX1AX2uw', "
        "q='p1-qbsoP6Bk_JTHNOuOAsKMGyJ4gSQRGjBvR00LSJyaw9ERR-gU7bUL6Kkwc7MtoKJ"
        "8vkXYeHi8ImeIZ00XClQ', "
        "dp='kwO5hxaZ6Zq4EBKOMdDjbzM412-Y2yt9cYG185qMxW2Ra9qAXWSRjWKkgBuGhThcv"
        "VwDHDnjGCdqzY4q_Ge6-Q', "
        "dq='G6_GiKciNHmgqW1wjpI9onqFT8BghNORO_IKJpFCJDnRQcbfbKVa7DsNGNwYWM9Y_"
        "oc-nihU2Rdcq9_r97ftdQ', "
        "qi='nuUcUKr1JhyChxwHhup1ugW1qW_J69ZxK0PQTpAULG-WiCZrTasmqwh4OH3YW7h0L"
        "nfHD0GBZr2en1I84P0ecw'} "
        "local alg = {name='RSASSA-PKCS1-v1_5', hash='SHA-256'} "
        "local own = s.importKey('jwk', jwk, alg, true, {'sign'}) "
        "local pub = s.importKey('jwk', {kty='RSA', n=jwk.n, e=jwk.e}, alg, "
        "true, {'verify'}) "
        "local good = 0 for i = 1, 20 do "
        "local ok, sig = pcall(s.sign, alg, own, 'text' .. i) "
        "if not ok then assert(sig.name == 'OperationError') "
        "elseif s.verify(alg, pub, sig, 'text' .. i) then good = good + 1 end "
        "end return tostring(good)",
        "0");
    CHECK_INT(api_state.critical, 0);
    lua_close(L);
}

static void random_is_refused_at_top_level(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("K = s.generateKey({name='ECDSA', namedCurve='P-256'}, false, "
           "{'sign', 'verify'}) return 'made'",
           "made");
    api_state.generation = 0;
    SUBTLE("return text(s.generateKey, 'Ed25519', false, {'sign'})",
           "Error: Disallowed operation called within global scope");
    SUBTLE("return text(s.sign, {name='ECDSA', hash='SHA-256'}, K.privateKey, "
           "'x')",
           "Error: Disallowed operation called within global scope");
    SUBTLE("return #s.digest('SHA-1', 'x') .. #s.sign('HMAC', raw({name='HMAC',"
           " hash='SHA-256'}, 'k', 'sign'), 'x')",
           "2032");
    lua_close(L);
}

static void simple_functions_check_their_arguments(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("return name(crypto.getRandomValues) .. "
           "name(crypto.getRandomValues, -1) .. name(crypto.getRandomValues, "
           "1.5) .. name(crypto.getRandomValues, 65537) .. "
           "#crypto.getRandomValues(0) .. #crypto.getRandomValues(65536)",
           "TypeErrorTypeErrorTypeErrorQuotaExceededError065536");
    SUBTLE("return text(crypto.getRandomValues, 'x')",
           "TypeError: crypto.getRandomValues: argument 1 must be a number of "
           "bytes, got string");
    SUBTLE("return text(crypto.timingSafeEqual, 'a')",
           "TypeError: crypto.timingSafeEqual: argument 2 must be a string, "
           "got no value");
    SUBTLE("return tostring(crypto.timingSafeEqual('', '')) .. "
           "tostring(crypto.timingSafeEqual('a\\0b', 'a\\0c'))",
           "truefalse");
    SUBTLE("local seen = {} for i = 1, 1000 do local id = crypto.randomUUID() "
           "assert(id:match('^%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$')) "
           "assert(not seen[id]) seen[id] = true end return 'fine'",
           "fine");
    api_state.generation = 0;
    SUBTLE("return name(crypto.randomUUID) .. name(crypto.getRandomValues, 1)",
           "ErrorError");
    lua_close(L);
}

static void subtle_is_made_when_asked_for(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("local n = 0 for k in pairs(s) do n = n + 1 end return n .. "
           "tostring(crypto.subtle == s) .. tostring(crypto.other) .. "
           "tostring(getmetatable(crypto)) .. type(crypto.randomUUID)",
           "10truenilfalsefunction");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "generated keys work", generated_keys_work },
    { "keys show no bytes", keys_show_no_bytes },
    { "usages are kept", usages_are_kept },
    { "arguments are checked", arguments_are_checked },
    { "bad keys are refused", bad_keys_are_refused },
    { "primes are not tested", primes_are_not_tested },
    { "random is refused at top level", random_is_refused_at_top_level },
    { "simple functions check their arguments",
      simple_functions_check_their_arguments },
    { "subtle is made when asked for", subtle_is_made_when_asked_for },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
