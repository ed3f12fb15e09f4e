/* SPDX-License-Identifier: Apache-2.0 */
/* GraphQL's grammar, as far as dashboards use it. Called by api_graphql.c. */
#include "admin/graphql.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define DIGITS "0123456789"

typedef struct reader_t {
    const char *text;
    const char *at;          /* what comes next */
    const wfp_json_t *given; /* variables of the request */
    wfp_json_t *declared;    /* variable -> true */
    wfp_json_t *variables;   /* those that have a value */
    int fields;
    wfp_result_t *res;
    apr_pool_t *p;
} reader_t;

static apr_status_t refuse(reader_t *r, const char *why)
{
    const char *c;
    int line = 1;

    for (c = r->text; c < r->at; c++) {
        line += *c == '\n';
    }
    return wfp_result_set(r->res, WFP_INVALID, APR_EINVAL, "line %d: %s", line,
                          why);
}

/* ---- words ------------------------------------------------------------------------ */

/* Blanks, commas and comments mean nothing. @return what comes next */
static char peek(reader_t *r)
{
    for (;;) {
        r->at += strspn(r->at, " \t\r\n,");
        if (strncmp(r->at, "\xEF\xBB\xBF", 3) == 0) {
            r->at += 3;
        }
        else if (*r->at == '#') {
            r->at += strcspn(r->at, "\r\n");
        }
        else {
            return *r->at;
        }
    }
}

static int take(reader_t *r, char c)
{
    int is_there = peek(r) == c;

    r->at += is_there;
    return is_there;
}

static apr_status_t expect(reader_t *r, char c)
{
    return take(r, c) ? APR_SUCCESS
                      : refuse(r, apr_psprintf(r->p, "'%c' expected", c));
}

/* @return NULL: there is none */
static const char *take_name(reader_t *r)
{
    const char *begin, *c;

    (void)peek(r);
    begin = c = r->at;
    if (!apr_isdigit(*c)) {
        while (apr_isalnum(*c) || *c == '_') {
            c++;
        }
    }
    r->at = c;
    return c > begin ? apr_pstrmemdup(r->p, begin, (apr_size_t)(c - begin))
                     : NULL;
}

/* ---- values ----------------------------------------------------------------------- */

static apr_status_t read_value(wfp_json_t **pv, reader_t *r, int depth);

/* What GraphQL writes as JSON does. */
static apr_status_t read_scalar(wfp_json_t **pv, reader_t *r, apr_size_t n)
{
    wfp_result_t why;

    wfp_result_init(&why, r->p);
    if (wfp_json_parse(pv, r->at, n, &why, r->p) != APR_SUCCESS) {
        return refuse(r, "a value that is none");
    }
    r->at += n;
    return APR_SUCCESS;
}

static apr_status_t read_text(wfp_json_t **pv, reader_t *r)
{
    const char *c = r->at + 1;

    if (strncmp(r->at, "\"\"\"", 3) == 0) {
        return refuse(r, "texts in three quotes are not supported");
    }
    while (*c && *c != '"' && *c != '\n') {
        c += *c == '\\' && c[1] ? 2 : 1;
    }
    return *c == '"' ? read_scalar(pv, r, (apr_size_t)(c + 1 - r->at))
                     : refuse(r, "a text without end");
}

/* true, false, null, or an enum's */
static apr_status_t read_word(wfp_json_t **pv, reader_t *r)
{
    const char *name = take_name(r), *text;
    wfp_result_t why;

    if (!name) {
        return refuse(r, "a value expected");
    }
    text = !strcmp(name, "true") || !strcmp(name, "false")
                   || !strcmp(name, "null")
               ? name
               : apr_pstrcat(r->p, "\"", name, "\"", NULL);
    wfp_result_init(&why, r->p);
    return wfp_json_parse(pv, text, strlen(text), &why, r->p);
}

/* @return *pv NULL: it has no value */
static apr_status_t read_variable(wfp_json_t **pv, reader_t *r)
{
    const char *name = take_name(r);

    if (!name || !wfp_json_get(r->declared, name, r->p)) {
        return refuse(r, apr_psprintf(r->p, "variable $%.80s is not declared",
                                      name ? name : ""));
    }
    *pv = wfp_json_get(r->variables, name, r->p);
    return APR_SUCCESS;
}

static apr_status_t read_list(wfp_json_t **pv, reader_t *r, int depth)
{
    wfp_json_t *list = wfp_json_array(r->p), *one;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && !take(r, ']')) {
        rv = read_value(&one, r, depth + 1);
        if (rv == APR_SUCCESS) {
            wfp_json_add(list, one ? one : wfp_json_null(r->p));
        }
    }
    *pv = list;
    return rv;
}

/* "name: value" up to the end's character, as members. */
static apr_status_t read_members(wfp_json_t **pobj, reader_t *r, char end,
                                 int depth)
{
    wfp_json_t *obj = wfp_json_object(r->p), *one;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && !take(r, end)) {
        const char *name = take_name(r);

        if (!name) {
            return refuse(r, "a name expected");
        }
        if (wfp_json_get(obj, name, r->p)) {
            return refuse(r, apr_psprintf(r->p, "%.80s is there twice", name));
        }
        rv = expect(r, ':');
        if (rv == APR_SUCCESS) {
            rv = read_value(&one, r, depth + 1);
        }
        if (rv == APR_SUCCESS && one) {
            wfp_json_set(obj, name, one);
        }
    }
    *pobj = obj;
    return rv;
}

static apr_status_t read_value(wfp_json_t **pv, reader_t *r, int depth)
{
    char c = peek(r);

    if (depth > WFP_GRAPHQL_DEPTH_MAX) {
        return refuse(r, "values nest too deep");
    }
    if (c == '"') {
        return read_text(pv, r);
    }
    if (c == '-' || apr_isdigit(c)) {
        return read_scalar(pv, r, strspn(r->at, DIGITS "+-.eE"));
    }
    if (take(r, '$')) {
        return read_variable(pv, r);
    }
    if (take(r, '[')) {
        return read_list(pv, r, depth);
    }
    return take(r, '{') ? read_members(pv, r, '}', depth) : read_word(pv, r);
}

/* ---- variables -------------------------------------------------------------------- */

/* [Type!]! @return *pis_needed: it may not be null */
static apr_status_t read_type(int *pis_needed, reader_t *r)
{
    int lists = 0;
    apr_status_t rv = APR_SUCCESS;

    while (take(r, '[')) {
        lists++;
    }
    if (!take_name(r)) {
        return refuse(r, "a type expected");
    }
    *pis_needed = take(r, '!');
    while (rv == APR_SUCCESS && lists-- > 0) {
        rv = expect(r, ']');
        *pis_needed = take(r, '!');
    }
    return rv;
}

static apr_status_t read_declaration(reader_t *r)
{
    const char *name;
    wfp_json_t *value, *otherwise = NULL;
    int is_needed = 0;
    apr_status_t rv = expect(r, '$');

    name = rv == APR_SUCCESS ? take_name(r) : NULL;
    if (!name) {
        return refuse(r, "a variable expected");
    }
    rv = expect(r, ':');
    if (rv == APR_SUCCESS) {
        rv = read_type(&is_needed, r);
    }
    if (rv == APR_SUCCESS && take(r, '=')) {
        rv = read_value(&otherwise, r, 0);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    value = wfp_json_get(r->given, name, r->p);
    value = value ? value : otherwise;
    if (is_needed && (!value || wfp_json_is_null(value))) {
        return refuse(r, apr_psprintf(r->p, "variable $%.80s needs a value",
                                      name));
    }
    wfp_json_set_bool(r->declared, name, 1);
    if (value) {
        wfp_json_set(r->variables, name, value);
    }
    return APR_SUCCESS;
}

/* ---- fields ----------------------------------------------------------------------- */

static apr_status_t read_fields(const apr_array_header_t **pfields, reader_t *r,
                                int depth);

static int has_label(const apr_array_header_t *fields, const char *label)
{
    int i;

    for (i = 0; i < fields->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(fields, i, wfp_graphql_field_t).label,
                    label)) {
            return 1;
        }
    }
    return 0;
}

static apr_status_t read_field(wfp_graphql_field_t *field, reader_t *r,
                               int depth)
{
    apr_status_t rv = APR_SUCCESS;

    if (++r->fields > WFP_GRAPHQL_FIELDS_MAX) {
        return refuse(r, "too many fields");
    }
    field->fields = NULL;
    field->args = NULL;
    field->name = field->label = take_name(r);
    if (field->name && take(r, ':')) {
        field->name = take_name(r);
    }
    if (!field->name) {
        return refuse(r, *r->at == '.' ? "fragments are not supported"
                                       : "a field expected");
    }
    if (take(r, '(')) {
        rv = read_members(&field->args, r, ')', 0);
    }
    if (rv == APR_SUCCESS && peek(r) == '@') {
        return refuse(r, "directives are not supported");
    }
    if (rv == APR_SUCCESS && take(r, '{')) {
        rv = read_fields(&field->fields, r, depth + 1);
    }
    return rv;
}

/* Behind the bracket, to the end of it. */
static apr_status_t read_fields(const apr_array_header_t **pfields, reader_t *r,
                                int depth)
{
    apr_array_header_t *fields = apr_array_make(r->p, 4,
                                                sizeof(wfp_graphql_field_t));
    apr_status_t rv = APR_SUCCESS;

    if (depth > WFP_GRAPHQL_DEPTH_MAX) {
        return refuse(r, "fields nest too deep");
    }
    do {
        wfp_graphql_field_t field;

        rv = read_field(&field, r, depth);
        if (rv == APR_SUCCESS && has_label(fields, field.label)) {
            rv = refuse(r, apr_psprintf(r->p, "%.80s is asked for twice",
                                        field.label));
        }
        if (rv == APR_SUCCESS) {
            APR_ARRAY_PUSH(fields, wfp_graphql_field_t) = field;
        }
    } while (rv == APR_SUCCESS && !take(r, '}'));
    *pfields = fields;
    return rv;
}

/* ---- the document ----------------------------------------------------------------- */

/* "query Name($a: Type = 1)"; all of it may be left out. */
static apr_status_t read_head(reader_t *r)
{
    const char *kind = take_name(r);
    apr_status_t rv = APR_SUCCESS;

    if (kind && strcmp(kind, "query") != 0) {
        return refuse(r, apr_psprintf(r->p, "%.80s is not supported", kind));
    }
    if (!kind) {
        return APR_SUCCESS;
    }
    (void)take_name(r);
    if (take(r, '(')) {
        do {
            rv = read_declaration(r);
        } while (rv == APR_SUCCESS && !take(r, ')'));
    }
    return rv;
}

apr_status_t wfp_graphql_read(const apr_array_header_t **pfields,
                              const char *text, const wfp_json_t *variables,
                              wfp_result_t *res, apr_pool_t *p)
{
    reader_t r = { .text = text,
                   .at = text,
                   .given = variables,
                   .declared = wfp_json_object(p),
                   .variables = wfp_json_object(p),
                   .res = res,
                   .p = p };
    apr_status_t rv = read_head(&r);

    if (rv == APR_SUCCESS) {
        rv = expect(&r, '{');
    }
    if (rv == APR_SUCCESS) {
        rv = read_fields(pfields, &r, 1);
    }
    if (rv == APR_SUCCESS && peek(&r)) {
        rv = refuse(&r, "one query expected, and nothing behind it");
    }
    return rv;
}
