/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of elements by the HTML standard: void elements (13.1.2, and those
 * that its parser treats so), elements whose content is text (13.2.6), what
 * breaks out of foreign content (13.2.6.5), integration points (13.2.5). The
 * content of noscript is text, as in a browser that runs scripts.
 */
#include "core/html_name.h"

#include <string.h>

#define NAME_MAX_HERE 15

#define VOID   WFP_HTML_VOID
#define OUT    WFP_HTML_BREAKOUT
#define TABLE  WFP_HTML_TABLE
#define SELECT WFP_HTML_LEAVES_SELECT

/* sorted */
static const wfp_html_name_t names[] = {
    { "area", VOID, 0 },
    { "b", OUT, 0 },
    { "base", VOID, 0 },
    { "basefont", VOID, 0 },
    { "bgsound", VOID, 0 },
    { "big", OUT, 0 },
    { "blockquote", OUT, 0 },
    { "body", OUT, 0 },
    { "br", VOID | OUT, 0 },
    { "caption", TABLE, 0 },
    { "center", OUT, 0 },
    { "code", OUT, 0 },
    { "col", VOID, 0 },
    { "colgroup", TABLE, 0 },
    { "dd", OUT, 0 },
    { "desc", WFP_HTML_SVG_POINT, 0 },
    { "div", OUT, 0 },
    { "dl", OUT, 0 },
    { "dt", OUT, 0 },
    { "em", OUT, 0 },
    { "embed", VOID | OUT, 0 },
    { "foreignobject", WFP_HTML_SVG_POINT, 0 },
    { "frame", VOID, 0 },
    { "h1", OUT, 0 },
    { "h2", OUT, 0 },
    { "h3", OUT, 0 },
    { "h4", OUT, 0 },
    { "h5", OUT, 0 },
    { "h6", OUT, 0 },
    { "head", OUT, 0 },
    { "hr", VOID | OUT, 0 },
    { "i", OUT, 0 },
    { "iframe", 0, WFP_HTML_RAWTEXT },
    { "image", VOID, 0 },
    { "img", VOID | OUT, 0 },
    { "input", VOID | SELECT, 0 },
    { "keygen", VOID | SELECT, 0 },
    { "li", OUT, 0 },
    { "link", VOID, 0 },
    { "listing", OUT, 0 },
    { "malignmark", WFP_HTML_MATH_GLYPH, 0 },
    { "menu", OUT, 0 },
    { "meta", VOID | OUT, 0 },
    { "mglyph", WFP_HTML_MATH_GLYPH, 0 },
    { "mi", WFP_HTML_MATH_POINT, 0 },
    { "mn", WFP_HTML_MATH_POINT, 0 },
    { "mo", WFP_HTML_MATH_POINT, 0 },
    { "ms", WFP_HTML_MATH_POINT, 0 },
    { "mtext", WFP_HTML_MATH_POINT, 0 },
    { "nobr", OUT, 0 },
    { "noembed", 0, WFP_HTML_RAWTEXT },
    { "noframes", 0, WFP_HTML_RAWTEXT },
    { "noscript", 0, WFP_HTML_RAWTEXT },
    { "ol", OUT, 0 },
    { "p", OUT, 0 },
    { "param", VOID, 0 },
    { "plaintext", 0, WFP_HTML_PLAINTEXT },
    { "pre", OUT, 0 },
    { "ruby", OUT, 0 },
    { "s", OUT, 0 },
    { "script", 0, WFP_HTML_SCRIPT },
    { "select", SELECT, 0 },
    { "small", OUT, 0 },
    { "source", VOID, 0 },
    { "span", OUT, 0 },
    { "strike", OUT, 0 },
    { "strong", OUT, 0 },
    { "style", 0, WFP_HTML_RAWTEXT },
    { "sub", OUT, 0 },
    { "sup", OUT, 0 },
    { "table", OUT | TABLE, 0 },
    { "tbody", TABLE, 0 },
    { "td", TABLE, 0 },
    { "template", TABLE, 0 },
    { "textarea", SELECT, WFP_HTML_RCDATA },
    { "tfoot", TABLE, 0 },
    { "th", TABLE, 0 },
    { "thead", TABLE, 0 },
    { "title", WFP_HTML_SVG_POINT, WFP_HTML_RCDATA },
    { "tr", TABLE, 0 },
    { "track", VOID, 0 },
    { "tt", OUT, 0 },
    { "u", OUT, 0 },
    { "ul", OUT, 0 },
    { "var", OUT, 0 },
    { "wbr", VOID, 0 },
    { "xmp", 0, WFP_HTML_RAWTEXT },
};

const wfp_html_name_t *wfp_html_name_find(const char *name, apr_size_t n)
{
    apr_size_t low = 0, high = sizeof(names) / sizeof(names[0]), i;
    char lower[NAME_MAX_HERE + 1];

    if (n == 0 || n > NAME_MAX_HERE) {
        return NULL;
    }
    for (i = 0; i < n; i++) {
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20)
                                                    : name[i];
    }
    lower[n] = '\0';
    if (strlen(lower) != n) {
        return NULL;
    }
    while (low < high) {
        apr_size_t middle = (low + high) / 2;
        int order = strcmp(lower, names[middle].text);

        if (order == 0) {
            return &names[middle];
        }
        if (order < 0) {
            high = middle;
        }
        else {
            low = middle + 1;
        }
    }
    return NULL;
}
