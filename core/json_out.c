/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_out.h"

#include <string.h>

#include "core/utf8.h"

/* Bytes of a number, at most, and some. */
#define NUMBER_MAX 24

void wfp_json_out_init(wfp_json_out_t *out, apr_size_t room, apr_pool_t *p)
{
    out->data = apr_palloc(p, room);
    out->n = 0;
    out->room = room;
    out->pool = p;
    out->parent = NULL;
}

void wfp_json_out_begin(wfp_json_out_t *out, char *bytes, apr_size_t room,
                        apr_pool_t *p)
{
    out->data = bytes;
    out->n = 0;
    out->room = room;
    out->pool = NULL;
    out->parent = p;
}

void wfp_json_out_end(wfp_json_out_t *out)
{
    if (out->parent && out->pool) {
        apr_pool_destroy(out->pool);
    }
}

apr_pool_t *wfp_json_out_pool(wfp_json_out_t *out)
{
    if (!out->pool) {
        apr_pool_create(&out->pool, out->parent);
    }
    return out->pool;
}

void wfp_json_out_grow(wfp_json_out_t *out, apr_size_t n)
{
    apr_size_t room = 2 * out->room + n;
    char *data = apr_palloc(wfp_json_out_pool(out), room);

    memcpy(data, out->data, out->n);
    out->data = data;
    out->room = room;
}

/* The escape of a character that needs one. @return its bytes */
static apr_size_t escape(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", into[] = "\"\\bfnrt";
    const char *at = c ? strchr(from, c) : NULL;

    to[0] = '\\';
    if (at) {
        to[1] = into[at - from];
        return 2;
    }
    memcpy(to + 1, "u00", 3);
    to[4] = hex[c >> 4];
    to[5] = hex[c & 15];
    return 6;
}

/* Eight bytes: is there one among them that does not stand for itself? A borrow
 * may tell of a byte behind such a one, too. */
static int is_special(apr_uint64_t bytes)
{
    static const apr_uint64_t ones = 0x0101010101010101;
    apr_uint64_t control = bytes - ones * 0x20;
    apr_uint64_t quote = (bytes ^ ones * '"') - ones;
    apr_uint64_t slash = (bytes ^ ones * '\\') - ones;
    apr_uint64_t del = (bytes ^ ones * 0x7f) - ones;

    return ((bytes | control | quote | slash | del) & ones * 0x80) != 0;
}

/* Put characters that stand for themselves, from `in` on: eight at a time, the
 * last ones with some that were put already. @return behind them */
static const unsigned char *put_plain(wfp_json_out_t *out,
                                      const unsigned char *in,
                                      const unsigned char *end)
{
    char *to = wfp_json_out_room(out, (apr_size_t)(end - in));
    apr_size_t n = (apr_size_t)(end - in), left;
    apr_uint64_t bytes;

    while (n >= sizeof(bytes) && in < end) {
        left = (apr_size_t)(end - in);
        if (left < sizeof(bytes)) {
            in -= sizeof(bytes) - left;
            to -= sizeof(bytes) - left;
        }
        memcpy(&bytes, in, sizeof(bytes));
        if (is_special(bytes)) {
            break;
        }
        memcpy(to, &bytes, sizeof(bytes));
        to += sizeof(bytes);
        in += sizeof(bytes);
    }
    while (in < end && *in >= 0x20 && *in < 0x7f && *in != '"' && *in != '\\') {
        *to++ = (char)*in++;
    }
    out->n = (apr_size_t)(to - out->data);
    return in;
}

void wfp_json_out_bytes(wfp_json_out_t *out, const char *data, apr_size_t n)
{
    const unsigned char *in = (const unsigned char *)data, *end = in + n;

    if (!data) {
        WFP_JSON_OUT(out, "null");
        return;
    }
    WFP_JSON_OUT(out, "\"");
    while (in < end) {
        apr_size_t run;

        in = put_plain(out, in, end);
        if (in == end) {
            break;
        }
        if (*in < 0x80) {
            out->n += escape(wfp_json_out_room(out, 6), *in++);
            continue;
        }
        run = wfp_utf8_size(in);
        if (run && in + run <= end) {
            wfp_json_out_raw(out, (const char *)in, run);
            in += run;
        }
        else {
            WFP_JSON_OUT(out, WFP_UTF8_REPLACEMENT);
            in++;
        }
    }
    WFP_JSON_OUT(out, "\"");
}

void wfp_json_out_str(wfp_json_out_t *out, const char *text)
{
    wfp_json_out_bytes(out, text, text ? strlen(text) : 0);
}

void wfp_json_out_plain(wfp_json_out_t *out, const char *text)
{
    apr_size_t n = strlen(text);
    char *to = wfp_json_out_room(out, n + 2);

    to[0] = '"';
    memcpy(to + 1, text, n);
    to[n + 1] = '"';
    out->n += n + 2;
}

/* Of any size. @return behind it */
static char *put_number(char *to, apr_int64_t n)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334"
        "3536373839404142434445464748495051525354555657585960616263646566676869"
        "707172737475767778798081828384858687888990919293949596979899";
    char digits[NUMBER_MAX], *at = digits + sizeof(digits);
    apr_uint64_t left = n < 0 ? 0 - (apr_uint64_t)n : (apr_uint64_t)n;
    apr_size_t size;

    for (; left >= 100; left /= 100) {
        at -= 2;
        memcpy(at, pairs + left % 100 * 2, 2);
    }
    at -= 2;
    memcpy(at, pairs + left * 2, 2);
    at += left < 10; /* no zero in front */
    if (n < 0) {
        *--at = '-';
    }
    size = (apr_size_t)(digits + sizeof(digits) - at);
    memcpy(to, at, size);
    return to + size;
}

void wfp_json_out_long(wfp_json_out_t *out, apr_int64_t n)
{
    char *to = wfp_json_out_room(out, NUMBER_MAX);

    out->n = (apr_size_t)(put_number(to, n) - out->data);
}

/* A loop is less to fetch for a processor than a row of pieces. */
void wfp_json_out_numbers(wfp_json_out_t *out, const wfp_json_key_t *keys,
                          apr_size_t count, const apr_int64_t *numbers)
{
    apr_size_t i;

    for (i = 0; i < count; i++) {
        memcpy(wfp_json_out_room(out, sizeof(keys[i].text)), keys[i].text,
               sizeof(keys[i].text));
        out->n += keys[i].n;
        wfp_json_out_int(out, numbers[i]);
    }
}
