/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HTML_FIXTURE_H
#define WFP_HTML_FIXTURE_H

/**
 * @file
 * Pages for tests: what was read, as a line of text. T(...) a text node,
 * S(name a=v /) a start tag, E(name) an end tag, C(...) a comment, D(...) a
 * doctype, M(...) bytes without meaning; "!" failed.
 */

#include <apr_strings.h>

#include "core/html_page.h"
#include "tests/unit/wfp_test.h"

typedef struct html_dump_t {
    char *s;
    apr_size_t n;
    apr_size_t room;
    int in_text;
    int in_comment;
    char *raw; /* all tokens' bytes */
    apr_size_t raw_n;
    int wrong; /* a token that is not where it says */
} html_dump_t;

static inline void *html_alloc(void *baton, void *old, apr_size_t bytes)
{
    return apr_palloc(baton, bytes);
}

static const wfp_html_page_limits_t html_limits = { 4096, 256, 1000000 };

static inline void html_add(html_dump_t *d, const char *s, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n && d->n + 3 < d->room; i++) {
        if (s[i] == '\0') {
            d->s[d->n++] = '\\';
            d->s[d->n++] = '0';
        }
        else {
            d->s[d->n++] = s[i];
        }
    }
    d->s[d->n] = '\0';
}

static inline void html_add_text(html_dump_t *d, const char *s)
{
    html_add(d, s, strlen(s));
}

static inline void html_add_tag(html_dump_t *d, const wfp_html_token_t *token)
{
    wfp_html_scan_t scan;
    const char *s = token->raw;

    html_add_text(d, token->kind == WFP_HTML_START_TAG ? "S(" : "E(");
    html_add(d, token->text, token->text_size);
    wfp_html_attr_init(&scan, wfp_html_attr_name_end(s, token->size));
    while (wfp_html_attr_scan(&scan, s, token->size) == WFP_HTML_SCAN_ATTR) {
        html_add_text(d, " ");
        html_add(d, s + scan.attr.name, scan.attr.name_end - scan.attr.name);
        if (scan.attr.end > scan.attr.name_end) {
            html_add_text(d, "=");
            html_add(d, s + scan.attr.value,
                     scan.attr.value_end - scan.attr.value);
        }
    }
    if (scan.at != token->size || scan.self_closing != token->self_closing) {
        d->wrong |= token->kind == WFP_HTML_START_TAG;
    }
    html_add_text(d, token->self_closing ? " /)" : ")");
}

static inline void html_add_token(html_dump_t *d, const wfp_html_token_t *token)
{
    if (token->offset != d->raw_n) {
        d->wrong = 1;
    }
    if (token->text < token->raw
        || token->text + token->text_size > token->raw + token->size) {
        d->wrong = 1;
    }
    memcpy(d->raw + d->raw_n, token->raw, token->size);
    d->raw_n += token->size;
    switch (token->kind) {
    case WFP_HTML_TEXT:
        html_add_text(d, d->in_text ? "" : "T(");
        html_add(d, token->text, token->text_size);
        html_add_text(d, token->last ? ")" : "");
        d->in_text = !token->last;
        break;
    case WFP_HTML_COMMENT:
        html_add_text(d, d->in_comment ? "" : token->partial ? "P(" : "C(");
        html_add(d, token->text, token->text_size);
        html_add_text(d, token->last ? ")" : "");
        d->in_comment = !token->last;
        break;
    case WFP_HTML_DOCTYPE:
        html_add_text(d, "D(");
        html_add(d, token->text, token->text_size);
        html_add_text(d, ")");
        break;
    case WFP_HTML_MARKUP:
        html_add_text(d, "M(");
        html_add(d, token->raw, token->size);
        html_add_text(d, ")");
        break;
    default:
        html_add_tag(d, token);
    }
}

/** What a page is read as, fed in pieces that end at the given places
 *  (ascending, the last one is n), `step` bytes each when there are none. */
static inline const char *html_read(html_dump_t *d, const char *s, apr_size_t n,
                                    apr_size_t split, apr_size_t step,
                                    apr_pool_t *p)
{
    wfp_html_memory_t memory = { html_alloc, p };
    wfp_html_program_t program;
    wfp_html_page_t page;
    apr_size_t at = 0;

    memset(d, 0, sizeof(*d));
    d->room = 4 * n + 4096;
    d->s = apr_pcalloc(p, d->room);
    d->raw = apr_palloc(p, n + 1);
    wfp_html_selector_init(&program, &memory);
    wfp_html_page_init(&page, &program, &html_limits, &memory);
    for (;;) {
        wfp_html_page_e said = wfp_html_page_next(&page);
        apr_size_t end = at < split ? split : at + step;

        if (said == WFP_HTML_PAGE_TOKEN) {
            html_add_token(d, &page.token);
            continue;
        }
        if (said != WFP_HTML_PAGE_MORE) {
            html_add_text(d, said == WFP_HTML_PAGE_END ? "" : "!");
            return d->s;
        }
        if (at == n) {
            wfp_html_page_end(&page);
            continue;
        }
        end = end < n ? end : n;
        wfp_html_page_feed(&page, s + at, end - at);
        at = end;
    }
}

typedef struct html_row_t {
    const char *in;
    apr_size_t n;
    const char *out;
} html_row_t;

#define ROW(in, out)                                                           \
    {                                                                          \
        in, sizeof(in) - 1, out                                                \
    }
#define ROW_END                                                                \
    {                                                                          \
        NULL, 0, NULL                                                          \
    }

static inline int html_is_failed(const char *out)
{
    return *out && out[strlen(out) - 1] == '!';
}

/** One row, read as a whole, at each split, and byte by byte. */
static inline void html_check_row(wfp_test_t *t, const html_row_t *row)
{
    apr_size_t split;

    for (split = 0; split <= row->n; split++) {
        apr_pool_t *p;
        html_dump_t d;
        const char *got;
        int good;

        apr_pool_create(&p, t->pool);
        got = html_read(&d, row->in, row->n, split,
                        split == row->n ? 1 : row->n + 1, p);
        if (split == 0) {
            CHECK_STR(got, row->out);
            got = html_read(&d, row->in, row->n, 0, 1, p);
        }
        good = strcmp(got, row->out) == 0 && !d.wrong
               && (html_is_failed(row->out)
                   || (d.raw_n == row->n
                       && memcmp(d.raw, row->in, row->n) == 0));
        if (!good) {
            printf("# %s split at %d: %s\n", row->in, (int)split, got);
        }
        CHECK(good);
        apr_pool_destroy(p);
    }
}

static inline void html_check(wfp_test_t *t, const html_row_t *rows)
{
    for (; rows->in; rows++) {
        html_check_row(t, rows);
    }
}

#endif
