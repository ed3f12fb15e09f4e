/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths to files. Called by asset_serve.c. What each kind of html_handling does
 * with a path is a table: the rows of the path's ending are tried in order, then
 * those of any path. A row names a file by the path less some bytes and a text
 * behind it. It serves that file, or redirects to another path; this only when
 * that path would serve the very file, so that nobody is sent in circles.
 */
#include "services/asset_path.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "services/assets.h"

typedef enum {
    E_INDEX = 0, /* ".../index" */
    E_INDEX_HTML,
    E_SLASH,
    E_HTML,
    E_ROOT, /* "/", "/index" and "/index.html", where they differ */
    E_ROOT_INDEX,
    E_ROOT_INDEX_HTML,
    E_ANY
} ending_e;

typedef struct row_t {
    ending_e ending;
    int cut;         /* bytes of the path's end that go */
    const char *add; /* what comes there: the file */
    int to_cut;      /* -1: serve the file; else where to redirect to */
    const char *to_add;
} row_t;

#define SERVE -1, ""

static const row_t rows_auto[] = {
    { E_INDEX, 0, "", SERVE },
    { E_INDEX, 0, ".html", 5, "" },
    { E_INDEX, 6, ".html", 6, "" },
    { E_INDEX_HTML, 0, "", 10, "" },
    { E_INDEX_HTML, 11, ".html", 11, "" },
    { E_SLASH, 0, "index.html", SERVE },
    { E_SLASH, 1, ".html", 1, "" },
    { E_HTML, 0, "", 5, "" },
    { E_HTML, 5, "/index.html", 5, "/" },
    { E_ANY, 0, "", SERVE },
    { E_ANY, 0, ".html", SERVE },
    { E_ANY, 0, "/index.html", 0, "/" },
    { 0, 0, NULL, 0, NULL },
};

static const row_t rows_force[] = {
    { E_INDEX, 0, "", SERVE },
    { E_INDEX, 0, ".html", 5, "" },
    { E_INDEX, 6, ".html", 5, "" },
    { E_INDEX_HTML, 0, "", 10, "" },
    { E_INDEX_HTML, 11, ".html", 10, "" },
    { E_SLASH, 0, "index.html", SERVE },
    { E_SLASH, 1, ".html", SERVE },
    { E_HTML, 0, "", 5, "/" },
    { E_HTML, 0, "", SERVE },
    { E_HTML, 5, "/index.html", 5, "/" },
    { E_ANY, 0, "", SERVE },
    { E_ANY, 0, ".html", 0, "/" },
    { E_ANY, 0, "/index.html", 0, "/" },
    { 0, 0, NULL, 0, NULL },
};

static const row_t rows_drop[] = {
    { E_ROOT_INDEX, 0, "", SERVE },
    { E_ROOT_INDEX, 0, ".html", 5, "" },
    { E_INDEX, 0, "", SERVE },
    { E_INDEX, 6, ".html", 6, "" },
    { E_INDEX, 0, ".html", 6, "" },
    { E_ROOT_INDEX_HTML, 0, "", 10, "" },
    { E_INDEX_HTML, 0, "", 11, "" },
    { E_INDEX_HTML, 0, "", SERVE },
    { E_INDEX_HTML, 11, ".html", 11, "" },
    { E_ROOT, 0, "index.html", SERVE },
    { E_SLASH, 1, ".html", 1, "" },
    { E_SLASH, 1, "/index.html", 1, "" },
    { E_HTML, 0, "", 5, "" },
    { E_HTML, 5, "/index.html", 5, "" },
    { E_ANY, 0, "", SERVE },
    { E_ANY, 0, ".html", SERVE },
    { E_ANY, 0, "/index.html", SERVE },
    { 0, 0, NULL, 0, NULL },
};

static const row_t rows_none[] = {
    { E_ANY, 0, "", SERVE },
    { 0, 0, NULL, 0, NULL },
};

static const row_t *const tables[] = {
    [WFP_HTML_AUTO] = rows_auto,
    [WFP_HTML_FORCE] = rows_force,
    [WFP_HTML_DROP] = rows_drop,
    [WFP_HTML_NONE] = rows_none,
};

typedef struct look_t {
    const wfp_asset_index_t *index;
    wfp_html_e html;
    apr_pool_t *pool;
} look_t;

static int ends_with(const char *path, apr_size_t n, const char *end)
{
    apr_size_t m = strlen(end);

    return n >= m && !memcmp(path + n - m, end, m);
}

static ending_e ending_of(const char *path, apr_size_t n, wfp_html_e html)
{
    int is_drop = html == WFP_HTML_DROP;

    if (ends_with(path, n, "/index")) {
        return is_drop && n == 6 ? E_ROOT_INDEX : E_INDEX;
    }
    if (ends_with(path, n, "/index.html")) {
        return is_drop && n == 11 ? E_ROOT_INDEX_HTML : E_INDEX_HTML;
    }
    if (ends_with(path, n, "/")) {
        return is_drop && n == 1 ? E_ROOT : E_SLASH;
    }
    return ends_with(path, n, ".html") ? E_HTML : E_ANY;
}

static const char *cut_and_add(const char *path, apr_size_t n, int cut,
                               const char *add, apr_pool_t *p)
{
    apr_size_t left = n - (apr_size_t)cut, more = strlen(add);
    char *text;

    if (more == 0 && cut == 0) {
        return path;
    }
    text = apr_palloc(p, left + more + 1);
    memcpy(text, path, left);
    memcpy(text + left, add, more + 1);
    return text;
}

static int exists(wfp_asset_t *asset, const look_t *look, const char *path)
{
    return wfp_asset_index_find(asset, look->index, path, strlen(path));
}

static int resolve(wfp_asset_way_t *way, const look_t *look, const char *path,
                   int redirects);

/* Would that path serve this very file? */
static int serves(const look_t *look, const char *path,
                  const wfp_asset_t *asset)
{
    wfp_asset_way_t way;
    wfp_asset_t other;

    return !exists(&other, look, path) && resolve(&way, look, path, 0)
           && way.asset.path == asset->path;
}

static int try_row(wfp_asset_way_t *way, const look_t *look, const char *path,
                   const row_t *row, int redirects)
{
    apr_size_t n = strlen(path);
    const char *to;

    if ((row->to_cut >= 0 && !redirects)
        || !exists(&way->asset, look,
                   cut_and_add(path, n, row->cut, row->add, look->pool))) {
        return 0;
    }
    if (row->to_cut < 0) {
        way->status = 200;
        return 1;
    }
    to = cut_and_add(path, n, row->to_cut, row->to_add, look->pool);
    if (!serves(look, to, &way->asset)) {
        return 0;
    }
    way->status = 307;
    way->location = to;
    return 1;
}

/* @param redirects  0: only what is served at the path itself */
static int resolve(wfp_asset_way_t *way, const look_t *look, const char *path,
                   int redirects)
{
    ending_e ending = ending_of(path, strlen(path), look->html);
    const row_t *row;

    way->status = 0;
    way->location = NULL;
    for (row = tables[look->html]; row->add; row++) {
        if ((row->ending == ending || row->ending == E_ANY)
            && try_row(way, look, path, row, redirects)) {
            return 1;
        }
    }
    return 0;
}

/* The nearest 404.html up the tree. The path is a client's or a tenant's, as long
 * as he likes; where no file can be is not looked. */
static int find_page(wfp_asset_way_t *way, const look_t *look, const char *path)
{
    static const char page[] = "/404.html";
    apr_size_t n = strlen(path);
    char *at;

    n = n < WFP_ASSET_PATH_MAX ? n : WFP_ASSET_PATH_MAX;
    at = apr_palloc(look->pool, n + sizeof(page));
    memcpy(at, path, n);
    while (n-- > 0) {
        if (at[n] != '/') {
            continue;
        }
        memcpy(at + n, page, sizeof(page));
        if (exists(&way->asset, look, at)) {
            way->status = 404;
            return 1;
        }
    }
    return 0;
}

static void find_miss(wfp_asset_way_t *way, const look_t *look,
                      const char *path, wfp_miss_e miss)
{
    way->status = 0;
    if (miss == WFP_MISS_APP && exists(&way->asset, look, "/index.html")) {
        way->status = 200;
    }
    else if (miss == WFP_MISS_PAGE) {
        (void)find_page(way, look, path);
    }
}

void wfp_asset_path_find(wfp_asset_way_t *way, const wfp_asset_index_t *index,
                         const char *path, wfp_html_e html, wfp_miss_e miss,
                         apr_pool_t *p)
{
    look_t look = { index, html, p };
    const char *decoded = wfp_asset_path_decode(path, p), *encoded;

    way->status = 0;
    if (!decoded) {
        return;
    }
    if (!resolve(way, &look, decoded, 1)) {
        find_miss(way, &look, decoded, miss);
    }
    if (way->status == 0) {
        return;
    }
    /* one address a file: a path that is encoded otherwise is sent there */
    encoded = wfp_asset_path_encode(way->location ? way->location : decoded, p);
    if (way->location || strcmp(encoded, path) != 0) {
        way->status = 307;
        way->location = encoded;
    }
}

/* ---- encoding -------------------------------------------------------------- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, apr_tolower(c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* n bytes of a segment to `to`, decoded, with a NUL. @return how many; -1: they
 * are badly encoded, or no UTF-8 */
static apr_ssize_t decode_segment(char *to, const char *s, apr_size_t n)
{
    apr_size_t i, done = 0;

    for (i = 0; i < n; i++) {
        int high, low;

        if (s[i] != '%') {
            to[done++] = s[i];
            continue;
        }
        high = i + 2 < n ? hex_value(s[i + 1]) : -1;
        low = high >= 0 ? hex_value(s[i + 2]) : -1;
        if (low < 0) {
            return -1;
        }
        to[done++] = (char)(high * 16 + low);
        i += 2;
    }
    to[done] = '\0';
    return strlen(to) < done || wfp_json_is_utf8(to) ? (apr_ssize_t)done : -1;
}

const char *wfp_asset_path_decode(const char *path, apr_pool_t *p)
{
    char *out = apr_palloc(p, strlen(path) + 1), *to = out, *from;

    for (;;) {
        apr_size_t n = strcspn(path, "/");
        apr_ssize_t done = decode_segment(to, path, n);

        if (done < 0) {
            memcpy(to, path, n);
            done = (apr_ssize_t)n;
        }
        else if (strlen(to) < (apr_size_t)done) {
            return NULL;
        }
        to += done;
        path += n;
        if (!*path) {
            break;
        }
        *to++ = *path++;
    }
    *to = '\0';
    for (from = to = out; *from; from++) {
        if (*from != '/' || to == out || to[-1] != '/') {
            *to++ = *from;
        }
    }
    *to = '\0';
    return out;
}

const char *wfp_asset_path_encode(const char *path, apr_pool_t *p)
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = apr_palloc(p, 3 * strlen(path) + 1), *to = out;

    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;

        if (apr_isalnum(c) || strchr("/-_.!~*'()", c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    *to = '\0';
    return out;
}
