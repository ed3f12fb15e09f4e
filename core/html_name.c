/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of elements by the HTML standard: void elements (13.1.2, and those
 * that its parser treats so), elements whose content is text (13.2.6), what
 * breaks out of foreign content (13.2.6.5), integration points and special elements
 * (13.2.4.2). The
 * content of noscript is text, as in a browser that runs scripts.
 */
#include "core/html_name.h"

#include <string.h>

#define NAME_MAX_HERE 15

#define VOID    WFP_HTML_VOID
#define OUT     WFP_HTML_BREAKOUT
#define TABLE   WFP_HTML_TABLE
#define SELECT  WFP_HTML_LEAVES_SELECT
#define SPECIAL WFP_HTML_SPECIAL

/* sorted */
static const wfp_html_name_t names[] = {
    { "address", SPECIAL, 0 },
    { "applet", SPECIAL, 0 },
    { "area", VOID | SPECIAL, 0 },
    { "article", SPECIAL, 0 },
    { "aside", SPECIAL, 0 },
    { "b", OUT, 0 },
    { "base", VOID | SPECIAL, 0 },
    { "basefont", VOID | SPECIAL, 0 },
    { "bgsound", VOID | SPECIAL, 0 },
    { "big", OUT, 0 },
    { "blockquote", OUT | SPECIAL, 0 },
    { "body", OUT | SPECIAL | WFP_HTML_STAYS, 0 },
    { "br", VOID | OUT | SPECIAL, 0 },
    { "button", SPECIAL, 0 },
    { "caption", TABLE | SPECIAL, 0 },
    { "center", OUT | SPECIAL, 0 },
    { "code", OUT, 0 },
    { "col", VOID | SPECIAL, 0 },
    { "colgroup", TABLE | SPECIAL, 0 },
    { "dd", OUT | SPECIAL, 0 },
    { "desc", WFP_HTML_SVG_POINT, 0 },
    { "details", SPECIAL, 0 },
    { "dir", SPECIAL, 0 },
    { "div", OUT | SPECIAL, 0 },
    { "dl", OUT | SPECIAL, 0 },
    { "dt", OUT | SPECIAL, 0 },
    { "em", OUT, 0 },
    { "embed", VOID | OUT | SPECIAL, 0 },
    { "fieldset", SPECIAL, 0 },
    { "figcaption", SPECIAL, 0 },
    { "figure", SPECIAL, 0 },
    { "footer", SPECIAL, 0 },
    { "foreignobject", WFP_HTML_SVG_POINT, 0 },
    { "form", SPECIAL | WFP_HTML_STAYS, 0 },
    { "frame", VOID | SPECIAL, 0 },
    { "frameset", SPECIAL, 0 },
    { "h1", OUT | SPECIAL, 0 },
    { "h2", OUT | SPECIAL, 0 },
    { "h3", OUT | SPECIAL, 0 },
    { "h4", OUT | SPECIAL, 0 },
    { "h5", OUT | SPECIAL, 0 },
    { "h6", OUT | SPECIAL, 0 },
    { "head", OUT | SPECIAL, 0 },
    { "header", SPECIAL, 0 },
    { "hgroup", SPECIAL, 0 },
    { "hr", VOID | OUT | SPECIAL, 0 },
    { "html", SPECIAL | WFP_HTML_STAYS, 0 },
    { "i", OUT, 0 },
    { "iframe", SPECIAL, WFP_HTML_RAWTEXT },
    { "image", VOID, 0 },
    { "img", VOID | OUT | SPECIAL, 0 },
    { "input", VOID | SELECT | SPECIAL, 0 },
    { "keygen", VOID | SELECT | SPECIAL, 0 },
    { "li", OUT | SPECIAL, 0 },
    { "link", VOID | SPECIAL, 0 },
    { "listing", OUT | SPECIAL, 0 },
    { "main", SPECIAL, 0 },
    { "malignmark", WFP_HTML_MATH_GLYPH, 0 },
    { "marquee", SPECIAL, 0 },
    { "menu", OUT | SPECIAL, 0 },
    { "meta", VOID | OUT | SPECIAL, 0 },
    { "mglyph", WFP_HTML_MATH_GLYPH, 0 },
    { "mi", WFP_HTML_MATH_POINT, 0 },
    { "mn", WFP_HTML_MATH_POINT, 0 },
    { "mo", WFP_HTML_MATH_POINT, 0 },
    { "ms", WFP_HTML_MATH_POINT, 0 },
    { "mtext", WFP_HTML_MATH_POINT, 0 },
    { "nav", SPECIAL, 0 },
    { "nobr", OUT, 0 },
    { "noembed", SPECIAL, WFP_HTML_RAWTEXT },
    { "noframes", SPECIAL, WFP_HTML_RAWTEXT },
    { "noscript", SPECIAL, WFP_HTML_RAWTEXT },
    { "object", SPECIAL, 0 },
    { "ol", OUT | SPECIAL, 0 },
    { "p", OUT | SPECIAL, 0 },
    { "param", VOID | SPECIAL, 0 },
    { "plaintext", SPECIAL, WFP_HTML_PLAINTEXT },
    { "pre", OUT | SPECIAL, 0 },
    { "ruby", OUT, 0 },
    { "s", OUT, 0 },
    { "script", SPECIAL, WFP_HTML_SCRIPT },
    { "search", SPECIAL, 0 },
    { "section", SPECIAL, 0 },
    { "select", SELECT | SPECIAL, 0 },
    { "small", OUT, 0 },
    { "source", VOID | SPECIAL, 0 },
    { "span", OUT, 0 },
    { "strike", OUT, 0 },
    { "strong", OUT, 0 },
    { "style", SPECIAL, WFP_HTML_RAWTEXT },
    { "sub", OUT, 0 },
    { "summary", SPECIAL, 0 },
    { "sup", OUT, 0 },
    { "table", OUT | TABLE | SPECIAL, 0 },
    { "tbody", TABLE | SPECIAL, 0 },
    { "td", TABLE | SPECIAL, 0 },
    { "template", TABLE | SPECIAL, 0 },
    { "textarea", SELECT | SPECIAL, WFP_HTML_RCDATA },
    { "tfoot", TABLE | SPECIAL, 0 },
    { "th", TABLE | SPECIAL, 0 },
    { "thead", TABLE | SPECIAL, 0 },
    { "title", WFP_HTML_SVG_POINT | SPECIAL, WFP_HTML_RCDATA },
    { "tr", TABLE | SPECIAL, 0 },
    { "track", VOID | SPECIAL, 0 },
    { "tt", OUT, 0 },
    { "u", OUT, 0 },
    { "ul", OUT | SPECIAL, 0 },
    { "var", OUT, 0 },
    { "wbr", VOID | SPECIAL, 0 },
    { "xmp", SPECIAL, WFP_HTML_RAWTEXT },
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
