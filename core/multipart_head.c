/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of parts and the Content-Type of a multipart body: fields, parameters,
 * quoted texts and the ways in which browsers and others write file names.
 * Called by multipart.c with texts that it has collected; knows nothing of
 * pieces.
 */
#include "core/multipart_head.h"

#include <string.h>
#include <strings.h>

static char *skip_blanks(char *s)
{
    while (*s == ' ' || *s == '\t') {
        s++;
    }
    return s;
}

static apr_size_t token_size(const char *s)
{
    apr_size_t n = 0;

    while (s[n] && wfp_headers_is_name(s + n, 1)) {
        n++;
    }
    return n;
}

/* After the opening quote. Returns what follows the closing one, NULL: there is
 * none; *pend is where the decoded text ends. */
static char *unquote(char **pend, char *s)
{
    char *to = s;

    for (; *s != '"'; s++) {
        if (s[0] == '\\' && (s[1] == '"' || s[1] == '\\')) {
            s++;
        }
        if (!*s) {
            return NULL;
        }
        *to++ = *s;
    }
    *pend = to;
    return s + 1;
}

/* The next parameter from *pat on: 1; 0 at the end; -1: it is none. */
static int next_parameter(char **pname, char **pvalue, char **pat)
{
    char *at = skip_blanks(*pat), *end;

    while (*at == ';') {
        at = skip_blanks(at + 1);
    }
    if (!*at) {
        return 0;
    }
    *pname = at;
    at += token_size(at);
    if (at == *pname || *at != '=') {
        return -1;
    }
    *at++ = '\0';
    if (*at == '"') {
        *pvalue = ++at;
        at = unquote(&end, at);
    }
    else {
        *pvalue = at;
        end = at += token_size(at);
        at = end == *pvalue ? NULL : at;
    }
    if (!at) {
        return -1;
    }
    at = skip_blanks(at);
    if (*at && *at != ';') {
        return -1;
    }
    *pat = *at ? at + 1 : at;
    *end = '\0';
    return 1;
}

/* Go behind "TYPE" and its blanks to the parameters; NULL: another type. */
static char *skip_type(char *s, const char *type)
{
    apr_size_t n = strlen(type);

    s = skip_blanks(s);
    if (strncasecmp(s, type, n) != 0) {
        return NULL;
    }
    s = skip_blanks(s + n);
    return !*s || *s == ';' ? s : NULL;
}

int wfp_multipart_is_type(const char *content_type, const char *type)
{
    /* it is only looked at */
    return content_type && skip_type((char *)content_type, type) != NULL;
}

/* Undo the three escapes that browsers write in names and file names. */
static void undo_escapes(char *s)
{
    char *to = s;

    for (; *s; s++, to++) {
        *to = *s;
        if (s[0] != '%') {
            continue;
        }
        if (s[1] == '2' && s[2] == '2') {
            *to = '"';
            s += 2;
        }
        else if (s[1] == '0' && (s[2] == 'A' || s[2] == 'D')) {
            *to = s[2] == 'A' ? '\n' : '\r';
            s += 2;
        }
    }
    *to = '\0';
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at;

    at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* The byte that two hex digits tell, 0: they are none, or NUL. */
static char hex_byte(const char *s)
{
    int high = hex_value(s[0]), low = high < 0 ? -1 : hex_value(s[1]);

    return low < 0 ? '\0' : (char)(high << 4 | low);
}

/* Decode the value of filename* where it stands; NULL: it is none. */
static char *decode_extended(char *s)
{
    char *start, *to;

    if (strncasecmp(s, "UTF-8'", 6) != 0 || !(s = strchr(s + 6, '\''))) {
        return NULL;
    }
    start = to = ++s;
    while (*s) {
        char c = *s++;

        if (c == '%') {
            c = hex_byte(s);
            if (!c) {
                return NULL;
            }
            s += 2;
        }
        *to++ = c;
    }
    *to = '\0';
    return start;
}

/* Keep a parameter's value unless there was one before. */
static int keep(const char **pvalue, const char *value)
{
    if (*pvalue || !value) {
        return 0;
    }
    *pvalue = value;
    return 1;
}

static const char *read_disposition(wfp_multipart_part_t *part, char *s)
{
    const char *plain = NULL, *extended = NULL;
    char *name, *value;
    int got;

    if (part->name) {
        return "a part with two Content-Dispositions";
    }
    s = skip_type(s, "form-data");
    if (!s) {
        return "a part that is not form-data";
    }
    while ((got = next_parameter(&name, &value, &s)) > 0) {
        int good = 1;

        if (!strcasecmp(name, "name")) {
            undo_escapes(value);
            good = keep(&part->name, value);
        }
        else if (!strcasecmp(name, "filename")) {
            undo_escapes(value);
            good = keep(&plain, value);
        }
        else if (!strcasecmp(name, "filename*")) {
            good = keep(&extended, decode_extended(value));
        }
        if (!good) {
            return "a bad parameter in a Content-Disposition";
        }
    }
    if (got < 0 || !part->name) {
        return got < 0 ? "a malformed Content-Disposition"
                       : "a part without a name";
    }
    part->filename = extended ? extended : plain;
    return NULL;
}

/* A field of the head, its texts NUL-terminated. */
static const char *read_field(wfp_multipart_part_t *part, const char *name,
                              char *value)
{
    wfp_header_t *field = &part->fields[part->count];

    if (!strcasecmp(name, "content-disposition")) {
        return read_disposition(part, value);
    }
    if (!strcasecmp(name, "content-type")) {
        if (part->type) {
            return "a part with two Content-Types";
        }
        part->type = value;
    }
    else if (!strcasecmp(name, "content-transfer-encoding")
             && strcasecmp(value, "7bit") != 0 && strcasecmp(value, "8bit") != 0
             && strcasecmp(value, "binary") != 0) {
        return "a part with a transfer encoding";
    }
    if (part->count == WFP_MULTIPART_FIELDS_MAX) {
        return "too many fields in the head of a part";
    }
    field->name = name;
    field->value = value;
    part->count++;
    return NULL;
}

const char *wfp_multipart_head_read(wfp_multipart_part_t *part, char *text)
{
    const char *wrong = NULL;

    memset(part, 0, sizeof(*part));
    while (*text && !wrong) {
        char *name = text, *end = strstr(text, "\r\n"), *value;

        text = end + 2;
        *end = '\0';
        value = name + token_size(name);
        if (value == name || *value != ':') {
            return "a malformed line in the head of a part";
        }
        *value = '\0';
        value = skip_blanks(value + 1);
        while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
            *--end = '\0';
        }
        wrong = read_field(part, name, value);
    }
    if (!wrong && !part->name) {
        return "a part without a Content-Disposition";
    }
    return wrong;
}

static int is_boundary(const char *s)
{
    apr_size_t i, n = strlen(s);

    for (i = 0; i < n; i++) {
        if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz"
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ",
                    s[i])) {
            return 0;
        }
    }
    return n > 0 && n <= WFP_MULTIPART_BOUNDARY_MAX && s[n - 1] != ' ';
}

const char *wfp_multipart_head_boundary(const char **pboundary, char *text)
{
    const char *boundary = NULL;
    char *name, *value, *at = skip_type(text, "multipart/form-data");
    int got;

    if (!at) {
        return "the Content-Type is not multipart/form-data";
    }
    while ((got = next_parameter(&name, &value, &at)) > 0) {
        if (!strcasecmp(name, "boundary") && !keep(&boundary, value)) {
            return "the Content-Type has two boundaries";
        }
    }
    if (got < 0) {
        return "the Content-Type is malformed";
    }
    if (!boundary || !is_boundary(boundary)) {
        return "the Content-Type has no good boundary";
    }
    *pboundary = boundary;
    return NULL;
}
