/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   +---------+------+--------+-------------------------------+-----+
 *   | numbers | size | head   | texts: 2 bytes, text, NUL     | end |
 *   +---------+------+--------+-------------------------------+-----+
 *
 * Texts are the request's id, method, address, client, then names and values of
 * its headers. None has NULs, and what follows the NUL behind one, a size or the
 * end, begins with a byte whose two highest bits are set; the end fills the last
 * eight bytes. So of any two bytes side by side one is no NUL, even without the
 * highest bit of the second. Words have their two highest bytes set.
 */
#include "core/record_packed.h"

#include <string.h>

/* Set in each word. */
#define HIGH ((apr_uint64_t)0xffff << 48)

/* The word behind the numbers: bytes of the head, and how many headers. */
#define HEADERS_SHIFT 32

#define WORDS      (WFP_RECORD_NUMBERS + 1)
#define SIZE_BYTES 2
#define END_MAX    8
#define END        ((char)0xff) /* each of its bytes */

/* Texts before those of the headers. */
#define OWN_TEXTS (WFP_RECORD_PACKED_TEXTS - 2 * WFP_RECORD_PACKED_HEADERS)

/* In the order of the packed ones. */
static void own_texts(const char *texts[OWN_TEXTS],
                      const wfp_record_plain_t *plain)
{
    texts[0] = plain->id;
    texts[1] = plain->request.method;
    texts[2] = plain->request.url;
    texts[3] = plain->request.client;
}

/* ---- packing ---------------------------------------------------------------- */

static int are_in_range(const apr_int64_t *numbers)
{
    apr_uint64_t all = 0;
    int i;

    for (i = 0; i < WFP_RECORD_NUMBERS; i++) {
        all |= (apr_uint64_t)numbers[i];
    }
    return !(all & HIGH);
}

/* @return bytes of a text with what stands around it */
static apr_size_t plan_text(apr_size_t *size, const char *text)
{
    *size = text ? strlen(text) : 0;
    return SIZE_BYTES + *size + 1;
}

apr_size_t wfp_record_packed_plan(wfp_record_packing_t *packing,
                                  const wfp_record_plain_t *plain)
{
    const wfp_headers_t *headers = plain->request.headers;
    apr_size_t sum = WORDS * sizeof(apr_uint64_t) + plain->head_n;
    apr_size_t *size = packing->sizes;
    const char *own[OWN_TEXTS];
    int i;

    packing->bytes = 0;
    if (!headers || headers->count > WFP_RECORD_PACKED_HEADERS
        || !are_in_range(plain->numbers)) {
        return 0;
    }
    own_texts(own, plain);
    for (i = 0; i < OWN_TEXTS; i++) {
        sum += plan_text(size++, own[i]);
    }
    for (i = 0; i < headers->count; i++) {
        sum += plan_text(size++, headers->list[i].name);
        sum += plan_text(size++, headers->list[i].value);
    }
    sum = APR_ALIGN(sum + 1, END_MAX);
    packing->bytes = sum <= WFP_RECORD_PACKED_MAX ? sum : 0;
    return packing->bytes;
}

/* @return behind it */
static char *put_text(char *to, const char *text, apr_size_t n)
{
    apr_size_t code = text ? n + 1 : 0;

    *to++ = (char)(0xc0 | code >> 7); /* below 64 */
    *to++ = (char)(0x80 | (code & 0x7f));
    if (text) {
        memcpy(to, text, n);
    }
    to[n] = '\0';
    return to + n + 1;
}

void wfp_record_packed_put(char *to, const wfp_record_packing_t *packing,
                           const wfp_record_plain_t *plain)
{
    const wfp_headers_t *headers = plain->request.headers;
    const apr_size_t *size = packing->sizes;
    const char *end = to + packing->bytes;
    apr_uint64_t words[WORDS];
    const char *own[OWN_TEXTS];
    int i;

    for (i = 0; i < WFP_RECORD_NUMBERS; i++) {
        words[i] = (apr_uint64_t)plain->numbers[i] | HIGH;
    }
    words[i] = plain->head_n | HIGH
               | (apr_uint64_t)headers->count << HEADERS_SHIFT;
    memcpy(to, words, sizeof(words));
    to += sizeof(words);
    memcpy(to, plain->head, plain->head_n);
    to += plain->head_n;
    own_texts(own, plain);
    for (i = 0; i < OWN_TEXTS; i++) {
        to = put_text(to, own[i], *size++);
    }
    for (i = 0; i < headers->count; i++) {
        to = put_text(to, headers->list[i].name, *size++);
        to = put_text(to, headers->list[i].value, *size++);
    }
    memset(to, END, (apr_size_t)(end - to));
}

/* ---- unpacking -------------------------------------------------------------- */

/* Bytes that are left. */
typedef struct rest_t {
    const char *at;
    apr_size_t n;
} rest_t;

/* @return 0: there is no text */
static int get_text(const char **text, rest_t *rest)
{
    apr_size_t code;

    if (rest->n < SIZE_BYTES + 1) {
        return 0;
    }
    code = (apr_size_t)(rest->at[0] & 0x3f) << 7
           | (apr_size_t)(rest->at[1] & 0x7f);
    *text = code ? rest->at + SIZE_BYTES : NULL;
    code -= code > 0;
    if (rest->n < SIZE_BYTES + code + 1 || rest->at[SIZE_BYTES + code]) {
        return 0;
    }
    rest->at += SIZE_BYTES + code + 1;
    rest->n -= SIZE_BYTES + code + 1;
    return 1;
}

static int get_header(wfp_header_t *header, rest_t *rest)
{
    return get_text(&header->name, rest) && get_text(&header->value, rest)
           && header->name && header->value;
}

static int is_end(const rest_t *rest)
{
    apr_size_t i;

    for (i = 0; i < rest->n && rest->at[i] == END; i++) {
        continue;
    }
    return i == rest->n && i > 0 && i <= END_MAX;
}

/* @return 0: there is no head, or too many headers are said to come */
static int get_words(wfp_record_unpacked_t *unpacked, rest_t *rest)
{
    wfp_record_plain_t *plain = &unpacked->plain;
    apr_uint64_t words[WORDS], sizes;
    int i;

    if (rest->n < sizeof(words)) {
        return 0;
    }
    memcpy(words, rest->at, sizeof(words));
    for (i = 0; i < WFP_RECORD_NUMBERS; i++) {
        plain->numbers[i] = (apr_int64_t)(words[i] & ~HIGH);
    }
    sizes = words[i] & ~HIGH;
    rest->at += sizeof(words);
    rest->n -= sizeof(words);
    plain->head = rest->at;
    plain->head_n = (apr_size_t)(sizes & 0xffff);
    unpacked->headers.count = (int)(sizes >> HEADERS_SHIFT);
    if (plain->head_n > rest->n
        || unpacked->headers.count > WFP_RECORD_PACKED_HEADERS) {
        return 0;
    }
    rest->at += plain->head_n;
    rest->n -= plain->head_n;
    return 1;
}

int wfp_record_packed_get(wfp_record_unpacked_t *unpacked, const char *data,
                          apr_size_t n)
{
    wfp_record_plain_t *plain = &unpacked->plain;
    wfp_record_request_t *request = &plain->request;
    wfp_headers_t *headers = &unpacked->headers;
    rest_t rest = { data, n };
    int i;

    headers->pool = NULL;
    headers->list = unpacked->list;
    headers->room = WFP_RECORD_PACKED_HEADERS;
    request->headers = headers;
    if (!get_words(unpacked, &rest) || !get_text(&plain->id, &rest)
        || !plain->id || !get_text(&request->method, &rest)
        || !get_text(&request->url, &rest)
        || !get_text(&request->client, &rest)) {
        return 0;
    }
    for (i = 0; i < headers->count; i++) {
        if (!get_header(&headers->list[i], &rest)) {
            return 0;
        }
    }
    return n % END_MAX == 0 && is_end(&rest);
}
