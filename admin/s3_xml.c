/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes XML. A brigade that grows in memory of httpd's own fails only when
 * there is none left, and then httpd is over: what writes into it is not looked
 * at.
 */
#include "admin/s3_xml.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/s3_sign.h"

#define NAMESPACE " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"

static void put(wfp_s3_xml_t *xml, const char *text, apr_size_t n)
{
    (void)apr_brigade_write(xml->bb, NULL, NULL, text, n); /* see above */
}

static void puts_all(wfp_s3_xml_t *xml, const char *a, const char *b,
                     const char *c)
{
    put(xml, a, strlen(a));
    put(xml, b, strlen(b));
    put(xml, c, strlen(c));
}

void wfp_s3_xml_begin(wfp_s3_xml_t *xml, const char *root,
                      apr_bucket_alloc_t *alloc, apr_pool_t *p)
{
    xml->bb = apr_brigade_create(p, alloc);
    xml->pool = p;
    xml->url = 0;
    puts_all(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<", root,
             strcmp(root, "Error") ? NAMESPACE : ">");
}

void wfp_s3_xml_open(wfp_s3_xml_t *xml, const char *name)
{
    puts_all(xml, "<", name, ">");
}

void wfp_s3_xml_close(wfp_s3_xml_t *xml, const char *name)
{
    puts_all(xml, "</", name, ">");
}

/* What stands for a byte in a text; NULL: itself. Control characters are no
 * XML, whatever is written: as S3 does it, so that a key is seen at least. */
static const char *reference(char c, char buf[8])
{
    static const char digits[] = "0123456789abcdef";

    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        break;
    }
    if ((unsigned char)c >= 0x20 && c != 0x7f) {
        return NULL;
    }
    memcpy(buf, "&#x00;", 7);
    buf[3] = digits[(unsigned char)c >> 4];
    buf[4] = digits[c & 15];
    return buf;
}

static void escape(wfp_s3_xml_t *xml, const char *text)
{
    const char *from = text;
    char buf[8];

    for (; *text; text++) {
        const char *other = reference(*text, buf);

        if (other) {
            put(xml, from, (apr_size_t)(text - from));
            put(xml, other, strlen(other));
            from = text + 1;
        }
    }
    put(xml, from, (apr_size_t)(text - from));
}

void wfp_s3_xml_text(wfp_s3_xml_t *xml, const char *name, const char *text)
{
    if (text) {
        wfp_s3_xml_open(xml, name);
        escape(xml, text);
        wfp_s3_xml_close(xml, name);
    }
}

void wfp_s3_xml_key(wfp_s3_xml_t *xml, const char *name, const char *key)
{
    wfp_s3_xml_text(xml, name,
                    key && xml->url
                        ? wfp_s3_sign_encode(key, strlen(key), 1, xml->pool)
                        : key);
}

void wfp_s3_xml_number(wfp_s3_xml_t *xml, const char *name, apr_int64_t n)
{
    wfp_s3_xml_text(xml, name, apr_psprintf(xml->pool, "%" APR_INT64_T_FMT, n));
}

void wfp_s3_xml_bool(wfp_s3_xml_t *xml, const char *name, int is)
{
    wfp_s3_xml_text(xml, name, is ? "true" : "false");
}

void wfp_s3_xml_time(wfp_s3_xml_t *xml, const char *name, apr_time_t t)
{
    apr_time_exp_t x;

    if (apr_time_exp_gmt(&x, t) == APR_SUCCESS) {
        wfp_s3_xml_text(xml, name,
                        apr_psprintf(xml->pool,
                                     "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                     x.tm_year + 1900, x.tm_mon + 1, x.tm_mday,
                                     x.tm_hour, x.tm_min, x.tm_sec,
                                     (int)(x.tm_usec / 1000)));
    }
}

void wfp_s3_xml_etag(wfp_s3_xml_t *xml, const char *etag)
{
    wfp_s3_xml_text(xml, "ETag",
                    apr_pstrcat(xml->pool, "\"", etag, "\"", NULL));
}
