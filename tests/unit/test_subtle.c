/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.subtle: known answers of the standards, each named, and what is
 * refused. */
#include "subtle_fixture.h"

/* ---- digests and what is made of them --------------------------------- */

static void digests_are_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    /* RFC 1321, A.5 */
    SUBTLE("return to(s.digest('MD5', 'abc'))",
           "900150983cd24fb0d6963f7d28e17f72");
    /* FIPS 180-4's examples */
    SUBTLE("return to(s.digest('SHA-1', 'abc'))",
           "a9993e364706816aba3e25717850c26c9cd0d89d");
    SUBTLE("return to(s.digest('SHA-256', 'abc'))",
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    SUBTLE("return to(s.digest({name='sha-384'}, 'abc'))",
           "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
           "8086072ba1e7cc2358baeca134c825a7");
    SUBTLE("return to(s.digest('sha-512', 'abc'))",
           "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
           "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    SUBTLE("return to(s.digest('SHA-256', ('a'):rep(1000000)))",
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    SUBTLE("return to(s.digest('SHA-1', ''))",
           "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    lua_close(L);
}

static void hmac_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define HMAC                                                                   \
    "local function mac(hash, key, data) local k = raw({name='HMAC', "         \
    "hash=hash}, key, 'sign', 'verify') local m = s.sign('hmac', k, data) "    \
    "assert(s.verify('HMAC', k, m, data)) "                                    \
    "assert(not s.verify('HMAC', k, m:sub(1, -2), data)) "                     \
    "assert(not s.verify('HMAC', k, m, data .. ' ')) return to(m) end "
    /* RFC 2202, 3, case 2; RFC 4231, 4.2, 4.3, 4.7 */
    SUBTLE(HMAC "return mac('SHA-1', 'Jefe', 'what do ya want for nothing?')",
           "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    SUBTLE(HMAC "return mac('SHA-256', ('\\x0b'):rep(20), 'Hi There')",
           "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    SUBTLE(HMAC "return mac({name='SHA-256'}, 'Jefe', 'what do ya want for "
                "nothing?')",
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    SUBTLE(HMAC "return mac('SHA-384', 'Jefe', 'what do ya want for nothing?')",
           "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
           "8e2240ca5e69e2c78b3239ecfab21649");
    SUBTLE(HMAC "return mac('SHA-512', 'Jefe', 'what do ya want for nothing?')",
           "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
           "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    SUBTLE(HMAC "return mac('SHA-256', ('\\xaa'):rep(131), 'Test Using Larger "
                "Than Block-Size Key - Hash Key First')",
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    lua_close(L);
}

static void hkdf_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    /* RFC 5869, A.1, A.3, A.4 */
    SUBTLE("local k = raw('HKDF', ('\\x0b'):rep(22), 'deriveBits') "
           "return to(s.deriveBits({name='HKDF', hash='SHA-256', "
           "salt=from('000102030405060708090a0b0c'), "
           "info=from('f0f1f2f3f4f5f6f7f8f9')}, k, 336))",
           "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
           "34007208d5b887185865");
    SUBTLE("local k = raw('HKDF', ('\\x0b'):rep(22), 'deriveBits') "
           "return to(s.deriveBits({name='HKDF', hash='SHA-256', salt='', "
           "info=''}, k, 336))",
           "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
           "9d201395faa4b61a96c8");
    SUBTLE("local k = raw('HKDF', ('\\x0b'):rep(11), 'deriveBits') "
           "return to(s.deriveBits({name='HKDF', hash='SHA-1', "
           "salt=from('000102030405060708090a0b0c'), "
           "info=from('f0f1f2f3f4f5f6f7f8f9')}, k, 336))",
           "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2"
           "c22e422478d305f3f896");
    SUBTLE("local k = raw('HKDF', 'k', 'deriveBits') local function f(n, i) "
           "return s.deriveBits({name='HKDF', hash='SHA-256', salt='', "
           "info=('i'):rep(i)}, k, n) end return #f(255 * 256, 1024) .. "
           "name(f, 255 * 256 + 8, 0) .. name(f, 256, 1025)",
           "8160OperationErrorOperationError");
    lua_close(L);
}

static void pbkdf2_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define PBKDF2                                                                 \
    "local function derive(hash, password, salt, n, bits) return "             \
    "to(s.deriveBits({name='PBKDF2', hash=hash, salt=salt, iterations=n}, "    \
    "raw('PBKDF2', password, 'deriveBits'), bits)) end "
    /* RFC 6070, 2 */
    SUBTLE(PBKDF2 "return derive('SHA-1', 'password', 'salt', 1, 160)",
           "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    SUBTLE(PBKDF2 "return derive('SHA-1', 'password', 'salt', 2, 160)",
           "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    SUBTLE(PBKDF2 "return derive('SHA-1', 'password', 'salt', 4096, 160)",
           "4b007901b765489abead49d926f721d065a429c1");
    SUBTLE(PBKDF2 "return derive('SHA-1', 'passwordPASSWORDpassword', "
                  "'saltSALTsaltSALTsaltSALTsaltSALTsalt', 4096, 200)",
           "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    SUBTLE(PBKDF2 "return derive('SHA-1', 'pass\\0word', 'sa\\0lt', 4096, 128)",
           "56fa6aa75548099dcc37d7f03425e0c3");
    /* RFC 7914, 11 */
    SUBTLE(PBKDF2 "return derive('SHA-256', 'passwd', 'salt', 1, 512)",
           "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
           "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    lua_close(L);
}

/* ---- ciphers ----------------------------------------------------------- */

static void gcm_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define GCM                                                                    \
    "local function gcm(key, iv, text, aad) local k = raw('AES-GCM', "         \
    "from(key), 'encrypt', 'decrypt') local alg = {name='AES-GCM', "           \
    "iv=from(iv), additionalData=aad and from(aad)} local c = s.encrypt(alg, " \
    "k, from(text)) assert(to(s.decrypt(alg, k, c)) == text) return to(c) end "
    /* test cases 1, 2, 4, 13, 14 of the GCM specification given to NIST */
    SUBTLE(GCM "return gcm(('00'):rep(16), ('00'):rep(12), '')",
           "58e2fccefa7e3061367f1d57a4e7455a");
    SUBTLE(GCM "return gcm(('00'):rep(16), ('00'):rep(12), ('00'):rep(16))",
           "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
    SUBTLE(GCM
           "return gcm('feffe9928665731c6d6a8f9467308308', "
           "'cafebabefacedbaddecaf888', 'd9313225f88406e5a55909c5aff5269a"
           "86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
           "b16aedf5aa0de657ba637b39', "
           "'feedfacedeadbeeffeedfacedeadbeefabaddad2')",
           "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
           "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
           "5bc94fbc3221a5db94fae95ae7121a47");
    SUBTLE(GCM "return gcm(('00'):rep(32), ('00'):rep(12), '')",
           "530f8afbc74536b9a963b4f1c4cb738b");
    SUBTLE(GCM "return gcm(('00'):rep(32), ('00'):rep(12), ('00'):rep(16))",
           "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    lua_close(L);
}

static void gcm_finds_every_change(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("local k = raw('AES-GCM', ('k'):rep(32), 'encrypt', 'decrypt') "
           "local alg = {name='AES-GCM', iv=('i'):rep(12), additionalData='a'} "
           "local c, n = s.encrypt(alg, k, 'some text'), 0 "
           "for i = 1, #c do for bit = 0, 7 do "
           "local x = c:sub(1, i - 1) .. string.char(c:byte(i) ~ 1 << bit) .. "
           "c:sub(i + 1) "
           "assert(name(s.decrypt, alg, k, x) == 'OperationError') n = n + 1 "
           "end end "
           "for i = 0, #c - 1 do assert(name(s.decrypt, alg, k, c:sub(1, i)) "
           "== 'OperationError') end "
           "alg.additionalData = 'b' return n .. name(s.decrypt, alg, k, c)",
           "200OperationError");
    SUBTLE("local k = raw('AES-GCM', ('k'):rep(16), 'encrypt', 'decrypt') "
           "local out = {} for _, bits in ipairs{32, 64, 96, 104, 112, 120, "
           "128} do local alg = {name='aes-gcm', iv='i', tagLength=bits} "
           "local c = s.encrypt(alg, k, '') out[#out + 1] = #c "
           "assert(s.decrypt(alg, k, c) == '') end "
           "return table.concat(out, ' ')",
           "4 8 12 13 14 15 16");
    lua_close(L);
}

static void cbc_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    /* SP 800-38A, F.2.1, F.2.3, F.2.5: the first block, before the padding's */
#define CBC                                                                    \
    "local function cbc(key) local k = raw('AES-CBC', from(key), 'encrypt', "  \
    "'decrypt') local alg = {name='AES-CBC', "                                 \
    "iv=from('000102030405060708090a0b0c0d0e0f')} local text = "               \
    "from('6bc1bee22e409f96e93d7e117393172a') local c = s.encrypt(alg, k, "    \
    "text) assert(#c == 32 and s.decrypt(alg, k, c) == text) "                 \
    "return to(c:sub(1, 16)) end "
    SUBTLE(CBC "return cbc('2b7e151628aed2a6abf7158809cf4f3c')",
           "7649abac8119b246cee98e9b12e9197d");
    SUBTLE(CBC "return cbc('8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b')",
           "4f021db243bc633d7178183a9fa071e8");
    SUBTLE(CBC "return cbc('603deb1015ca71be2b73aef0857d77811f352c073b6108d7"
               "2d9810a30914dff4')",
           "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
    SUBTLE("local k = raw('AES-CBC', ('k'):rep(16), 'encrypt', 'decrypt') "
           "local alg = {name='AES-CBC', iv=('i'):rep(16)} "
           "for n = 0, 40 do local x = ('x'):rep(n) "
           "assert(s.decrypt(alg, k, s.encrypt(alg, k, x)) == x) end "
           "local c = s.encrypt(alg, k, 'x') "
           "return name(s.decrypt, alg, k, '') .. name(s.decrypt, alg, k, "
           "c .. 'x') .. name(s.decrypt, alg, k, c:sub(1, 15) .. "
           "string.char(c:byte(16) ~ 1))",
           "OperationErrorOperationErrorOperationError");
    lua_close(L);
}

/* ---- signatures --------------------------------------------------------- */

static void ed25519_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    /* RFC 8032, 7.1, tests 1 and 2 */
    SUBTLE(ED_JWK
           "local own, pub = pair('9d61b19deffd5a60ba844af492ec2cc44449c5697b32"
           "6919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3da"
           "a62325af021a68f707511a') local sig = s.sign('Ed25519', own, '') "
           "assert(s.verify('Ed25519', pub, sig, '') == true) "
           "assert(s.verify('Ed25519', pub, sig, ' ') == false) "
           "return to(sig)",
           "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
           "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    SUBTLE(ED_JWK
           "local own, pub = pair('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35ab"
           "a624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2e"
           "c4968cc0cd55f12af4660c') local sig = s.sign('Ed25519', own, 'r') "
           "assert(s.verify('Ed25519', pub, sig, 'r')) return to(sig)",
           "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
           "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    /* RFC 8410, 10.1 and 10.3: a public and a private key in DER */
    SUBTLE("local own = s.importKey('pkcs8', atob('MC4CAQAwBQYDK2VwBCIEINTuctv5"
           "E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC'), 'Ed25519', true, {'sign'}) "
           "local pub = s.importKey('spki', atob('MCowBQYDK2VwAyEAGb9ECWmEzf6FQ"
           "brBZ9w7lshQhqowtrbLDFw4rXAxZuE='), 'Ed25519', true, {'verify'}) "
           "return tostring(s.verify('Ed25519', pub, s.sign('Ed25519', own, "
           "'text'), 'text')) .. btoa(s.exportKey('spki', pub)) .. "
           "#s.exportKey('pkcs8', own) .. #s.exportKey('raw', pub)",
           "trueMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
           "4832");
    lua_close(L);
}

static void ecdsa_is_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define ECDSA                                                                  \
    "local function verify(curve, hash, x, y, r, ss) local pub = "             \
    "s.importKey('raw', '\\4' .. from(x .. y), {name='ECDSA', "                \
    "namedCurve=curve}, true, {'verify'}) local alg = {name='ecdsa', "         \
    "hash=hash} local sig = from(r .. ss) return tostring(s.verify(alg, pub, " \
    "sig, 'sample')) .. tostring(s.verify(alg, pub, sig, 'Sample')) .. "       \
    "tostring(s.verify(alg, pub, sig .. 'x', 'sample')) end "
    /* RFC 6979, A.2.5, A.2.6, A.2.7 */
    SUBTLE(ECDSA
           "return verify('P-256', 'SHA-256', "
           "'60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',"
           "'7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',"
           "'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',"
           "'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8'"
           ")",
           "truefalsefalse");
    SUBTLE(ECDSA "return verify('P-384', 'SHA-384', "
                 "'ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e"
                 "06aae5286b300c64def8f0ea9055866064a254515480bc13',"
                 "'8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9"
                 "f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720',"
                 "'94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa7"
                 "3d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46',"
                 "'99ef4aeb15f178cea1fe40db2603138f130e740a19624526"
                 "203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8')",
           "truefalsefalse");
    SUBTLE(
        ECDSA
        "return verify('P-521', 'SHA-512', "
        "'01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd37"
        "1123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4',"
        "'00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28"
        "a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5',"
        "'00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f17"
        "4e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa',"
        "'00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af28"
        "2623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a')",
        "truefalsefalse");
    /* zeros, and more than the order, are no signatures */
    SUBTLE("local k = s.generateKey({name='ECDSA', namedCurve='P-256'}, false, "
           "{'sign', 'verify'}).publicKey local alg = {name='ECDSA', "
           "hash='SHA-256'} return tostring(s.verify(alg, k, ('\\0'):rep(64), "
           "'')) .. tostring(s.verify(alg, k, ('\\xff'):rep(64), '')) .. "
           "tostring(s.verify(alg, k, '', ''))",
           "falsefalsefalse");
    lua_close(L);
}

#define PAYLOAD                                                                \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"   \
    "NvbS9pc19yb290Ijp0cnVlfQ"

#define RSA_PUBLIC                                                             \
    "local jwk = {kty='RSA', e='AQAB', n='ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"  \
    "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd"  \
    "2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"  \
    "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3q"  \
    "Co5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kz"  \
    "k2PAcDTW9gb54h4FRWyuXpoQ'} "                                              \
    "local alg = {name='RSASSA-PKCS1-v1_5', hash='SHA-256'} "                  \
    "local pub = s.importKey('jwk', jwk, alg, true, {'verify'}) "

/* RFC 7515, A.1, A.2, A.3 */
static void web_signatures_are_right(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE("local k = s.importKey('jwk', {kty='oct', alg='HS256', k='AyM1SysPpb"
           "yDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
           "Zr1Z9CAow'}, {name='HMAC', hash='SHA-256'}, true, {'sign'}) return "
           "base64url.encode(s.sign('HMAC', k, 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJ"
           "IUzI1NiJ9." PAYLOAD "'))",
           "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    SUBTLE(RSA_PUBLIC
           "local sig = base64url.decode('cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0"
           "XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
           "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIAR"
           "NPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEs"
           "qtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AX"
           "LIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw') local text = "
           "'eyJhbGciOiJSUzI1NiJ9." PAYLOAD "' return tostring(s.verify(alg, "
           "pub, sig, text)) .. tostring(s.verify(alg, pub, sig, text .. 'x')) "
           ".. tostring(s.verify(alg, pub, sig:sub(2), text))",
           "truefalsefalse");
    SUBTLE("local k = s.importKey('jwk', {kty='EC', crv='P-256', "
           "x='f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', "
           "y='x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'}, {name='ECDSA', "
           "namedCurve='P-256'}, true, {'verify'}) return "
           "tostring(s.verify({name='ECDSA', hash='SHA-256'}, k, "
           "base64url.decode('DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTj"
           "Dxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'), "
           "'eyJhbGciOiJFUzI1NiJ9." PAYLOAD "'))",
           "true");
    lua_close(L);
}

#define RSA_PRIVATE                                                            \
    RSA_PUBLIC                                                                 \
    "jwk.d = 'Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97"       \
    "IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVE"       \
    "n2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRL"       \
    "I9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYo"       \
    "FaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnc"       \
    "zT0QU91p1DhOVRuOopznQ' "                                                  \
    "jwk.p = '4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUd"       \
    "iYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yL"       \
    "c1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc' "                       \
    "jwk.q = 'uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZx"       \
    "aewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglf"       \
    "IsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc' "                       \
    "jwk.dp = 'BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3"       \
    "QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7"       \
    "cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0' "                      \
    "jwk.dq = 'h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsW"       \
    "a7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v"       \
    "4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU' "                      \
    "jwk.qi = 'IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2"       \
    "oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJR"       \
    "eOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U' "                      \
    "local own = s.importKey('jwk', jwk, alg, true, {'sign'}) "

/* RSASSA-PKCS1-v1_5 knows one signature only: that of RFC 7515, A.2 */
static void rsa_signs_as_the_standard_does(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    SUBTLE(RSA_PRIVATE "local sig = s.sign('RSASSA-PKCS1-v1_5', own, "
                       "'eyJhbGciOiJSUzI1NiJ9." PAYLOAD "') "
                       "return base64url.encode(sig):sub(1, 43)",
           "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2V");
    SUBTLE(RSA_PRIVATE
           "local der, text = s.exportKey('pkcs8', own), 'text' "
           "local again = s.importKey('pkcs8', der, alg, true, {'sign'}) "
           "local spki = s.exportKey('spki', pub) "
           "local pub2 = s.importKey('spki', spki, alg, true, {'verify'}) "
           "local back = s.exportKey('jwk', again) "
           "for k, v in pairs(jwk) do assert(back[k] == v, k) end "
           "assert(s.exportKey('spki', pub2) == spki) "
           "local a = again.algorithm return back.alg .. a.modulusLength .. "
           "a.hash.name .. to(a.publicExponent) .. tostring(s.verify(alg, "
           "pub2, s.sign(alg, again, text), text)) .. back.key_ops[1]",
           "RS2562048SHA-256010001truesign");
    /* every part is looked at */
    SUBTLE(RSA_PRIVATE
           "local n = 0 for _, k in ipairs{'n', 'e', 'd', 'p', 'q', 'dp', "
           "'dq', 'qi'} do local v = jwk[k] for _, bad in ipairs{v:sub(2), "
           "'B' .. v:sub(2), v:sub(1, -5) .. 'AAAA', v .. v, '', 'A', '*'} do "
           "jwk[k] = bad if bad ~= v then assert(name(s.importKey, 'jwk', jwk, "
           "alg, true, {'sign'}) == 'DataError', k .. bad) n = n + 1 end end "
           "jwk[k] = nil if k ~= 'd' then assert(name(s.importKey, 'jwk', jwk, "
           "alg, true, {'sign'}) == 'DataError') end jwk[k] = v end "
           "jwk.oth = {} return n .. name(s.importKey, 'jwk', jwk, alg, true, "
           "{'sign'})",
           "55DataError");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "digests are right", digests_are_right },
    { "hmac is right", hmac_is_right },
    { "hkdf is right", hkdf_is_right },
    { "pbkdf2 is right", pbkdf2_is_right },
    { "gcm is right", gcm_is_right },
    { "gcm finds every change", gcm_finds_every_change },
    { "cbc is right", cbc_is_right },
    { "ed25519 is right", ed25519_is_right },
    { "ecdsa is right", ecdsa_is_right },
    { "web signatures are right", web_signatures_are_right },
    { "rsa signs as the standard does", rsa_signs_as_the_standard_does },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
