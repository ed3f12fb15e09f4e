/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of SQL as text of JSON. Texts that are no UTF-8 are repaired, blobs
 * are arrays of numbers, as Cloudflare shows them. Called by api_d1_query.c.
 */
#include "admin/d1_json.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_t {
    char *data;
    apr_size_t n;
    apr_size_t size;
    apr_pool_t *pool;
} text_t;

static void add(text_t *t, const char *s, apr_size_t n)
{
    if (t->size - t->n < n) {
        apr_size_t size = 2 * (t->n + n);
        char *data = apr_palloc(t->pool, size);

        if (t->n) {
            memcpy(data, t->data, t->n);
        }
        t->data = data;
        t->size = size;
    }
    if (n) {
        memcpy(t->data + t->n, s, n);
        t->n += n;
    }
}

static void add_word(text_t *t, const char *s)
{
    add(t, s, strlen(s));
}

static void add_int(text_t *t, apr_int64_t n)
{
    char digits[32];

    add(t, digits,
        (apr_size_t)apr_snprintf(digits, sizeof(digits), "%" APR_INT64_T_FMT,
                                 n));
}

/* The shortest text that reads as the same number. JSON has no infinity. */
static void add_real(text_t *t, double d)
{
    char digits[40];
    int precision = 15;

    if (d - d != 0) {
        add_word(t, "null");
        return;
    }
    /* APR's does not know large exponents */
    do {
        (void)snprintf(digits, sizeof(digits), "%.*g", precision, d);
    } while (strtod(digits, NULL) != d && ++precision <= 17);
    add_word(t, digits);
}

/* Bytes of the well-formed character at s; 0: it is none. */
static apr_size_t utf8(const unsigned char *s, apr_size_t n)
{
    unsigned c = s[0], low = 0x80, high = 0xbf;
    apr_size_t size, i;

    if (c < 0x80) {
        return 1;
    }
    size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || size > n) {
        return 0;
    }
    low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
    high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
    for (i = 1; i < size; i++) {
        if (s[i] < low || s[i] > high) {
            return 0;
        }
        low = 0x80;
        high = 0xbf;
    }
    return size;
}

static void add_string(text_t *t, const char *s, apr_size_t n)
{
    char escape[8];
    apr_size_t i, k;

    add(t, "\"", 1);
    for (i = 0; i < n; i += k) {
        unsigned char c = (unsigned char)s[i];

        k = utf8((const unsigned char *)s + i, n - i);
        if (k == 0) {
            add_word(t, "\xef\xbf\xbd");
            k = 1;
        }
        else if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            add(t, escape, 2);
        }
        else if (c < ' ') {
            (void)apr_snprintf(escape, sizeof(escape), "\\u%04x", c);
            add(t, escape, 6);
        }
        else {
            add(t, s + i, k);
        }
    }
    add(t, "\"", 1);
}

static void add_blob(text_t *t, const char *s, apr_size_t n)
{
    apr_size_t i;

    add(t, "[", 1);
    for (i = 0; i < n; i++) {
        if (i) {
            add(t, ",", 1);
        }
        add_int(t, (unsigned char)s[i]);
    }
    add(t, "]", 1);
}

static void add_value(text_t *t, const wfp_sql_value_t *value)
{
    switch (value->kind) {
    case WFP_SQL_INT:
        add_int(t, value->u.i);
        break;
    case WFP_SQL_REAL:
        add_real(t, value->u.d);
        break;
    case WFP_SQL_TEXT:
        add_string(t, value->s, value->u.n);
        break;
    case WFP_SQL_BLOB:
        add_blob(t, value->s, value->u.n);
        break;
    default:
        add_word(t, "null");
    }
}

/* Is there a later column of the same name? It is what an object has then. */
static int is_hidden(const wfp_sql_result_t *result, int i)
{
    int k;

    for (k = i + 1; k < result->columns; k++) {
        if (!strcmp(result->names[i], result->names[k])) {
            return 1;
        }
    }
    return 0;
}

static void add_object(text_t *t, const wfp_sql_result_t *result,
                       const wfp_sql_row_t *row)
{
    const char *comma = "";
    int i;

    add(t, "{", 1);
    for (i = 0; i < result->columns; i++) {
        if (is_hidden(result, i)) {
            continue;
        }
        add_word(t, comma);
        add_string(t, result->names[i], strlen(result->names[i]));
        add(t, ":", 1);
        add_value(t, &row->values[i]);
        comma = ",";
    }
    add(t, "}", 1);
}

static void add_array(text_t *t, const wfp_sql_result_t *result,
                      const wfp_sql_row_t *row)
{
    int i;

    add(t, "[", 1);
    for (i = 0; i < result->columns; i++) {
        add_word(t, i ? "," : "");
        add_value(t, &row->values[i]);
    }
    add(t, "]", 1);
}

static void add_rows(text_t *t, const wfp_sql_result_t *result, int raw)
{
    const wfp_sql_row_t *row;
    int i;

    if (raw) {
        add_word(t, "{\"columns\":[");
        for (i = 0; i < result->columns; i++) {
            add_word(t, i ? "," : "");
            add_string(t, result->names[i], strlen(result->names[i]));
        }
        add_word(t, "],\"rows\":");
    }
    add(t, "[", 1);
    for (row = result->first; row; row = row->next) {
        if (row != result->first) {
            add(t, ",", 1);
        }
        if (raw) {
            add_array(t, result, row);
        }
        else {
            add_object(t, result, row);
        }
    }
    add_word(t, raw ? "]}" : "]");
}

static void add_meta(text_t *t, const wfp_sql_result_t *result)
{
    const struct {
        const char *name;
        apr_int64_t n;
    } rows[] = {
        { ",\"changes\":", result->changes },
        { ",\"last_row_id\":", result->last_rowid },
        { ",\"rows_read\":", result->rows_read },
        { ",\"rows_written\":", result->rows_written },
        { ",\"size_after\":", result->size_after },
    };
    apr_size_t i;

    add_word(t, "{\"served_by\":\"wfp\",\"duration\":");
    add_real(t, (double)result->duration_us / 1000);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add_word(t, rows[i].name);
        add_int(t, rows[i].n);
    }
    add_word(t, result->changed_db ? ",\"changed_db\":true}"
                                   : ",\"changed_db\":false}");
}

const char *wfp_d1_json_answer(apr_size_t *pn, const wfp_sql_answer_t *answer,
                               int raw)
{
    text_t t = { NULL, 0, 0, answer->pool };
    const wfp_sql_result_t *result;

    add_word(&t, "{\"result\":[");
    for (result = answer->first; result; result = result->next) {
        if (result != answer->first) {
            add(&t, ",", 1);
        }
        add_word(&t, "{\"results\":");
        add_rows(&t, result, raw);
        add_word(&t, ",\"success\":true,\"meta\":");
        add_meta(&t, result);
        add(&t, "}", 1);
    }
    add_word(&t, "],\"success\":true,\"errors\":[],\"messages\":[]}");
    *pn = t.n;
    return t.data;
}
