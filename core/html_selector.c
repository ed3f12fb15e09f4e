/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads selectors into rules. Called when a rewriter is told one (to refuse it
 * at once) and when it begins to work. Its errors name the part that it does
 * not know.
 */
#include "core/html_selector.h"

#include <string.h>

#include "core/html_reader.h"

#define RULES_MAX  8192
#define FIRST_ROOM 16

/* What is being read. */
typedef struct reading_t {
    wfp_html_reader_t in;
    wfp_html_program_t *program;
    int in_not;
    int typed; /* rule of the compound's type, -1: none */
} reading_t;

void wfp_html_selector_init(wfp_html_program_t *program,
                            const wfp_html_memory_t *memory)
{
    memset(program, 0, sizeof(*program));
    program->memory = memory;
}

static apr_status_t add(wfp_html_rule_t **prule, reading_t *r,
                        wfp_html_rule_e kind)
{
    wfp_html_program_t *p = r->program;

    if (p->count == RULES_MAX) {
        return wfp_html_reader_wrong(&r->in, "too many selectors", r->in.at);
    }
    if (p->count == p->room) {
        apr_size_t room = p->room ? 2 * p->room : FIRST_ROOM;
        wfp_html_rule_t *rules = p->memory->alloc(p->memory->baton, p->rules,
                                                  room * sizeof(*rules));

        if (p->count) {
            memcpy(rules, p->rules, p->count * sizeof(*rules));
        }
        p->rules = rules;
        p->room = room;
    }
    *prule = &p->rules[p->count++];
    memset(*prule, 0, sizeof(**prule));
    (*prule)->kind = (apr_byte_t)kind;
    return APR_SUCCESS;
}

/* ---- texts ------------------------------------------------------------------ */

/* The place of a text in a table, which it is added to. */
static apr_status_t find_slot(apr_uint16_t *pslot, reading_t *r,
                              wfp_html_text_t *table, apr_uint32_t *pcount,
                              apr_uint32_t max, wfp_html_text_t text)
{
    apr_uint32_t i;

    for (i = 0; i < *pcount; i++) {
        if (table[i].n == text.n && memcmp(table[i].s, text.s, text.n) == 0) {
            *pslot = (apr_uint16_t)i;
            return APR_SUCCESS;
        }
    }
    if (i == max) {
        return wfp_html_reader_wrong(&r->in, "too many different names",
                                     r->in.at);
    }
    table[(*pcount)++] = text;
    *pslot = (apr_uint16_t)i;
    return APR_SUCCESS;
}

static apr_status_t add_attr(wfp_html_rule_t **prule, reading_t *r,
                             wfp_html_text_t name, char op)
{
    wfp_html_program_t *p = r->program;
    apr_status_t rv = add(prule, r, WFP_HTML_RULE_ATTR);

    if (rv == APR_SUCCESS) {
        (*prule)->op = (apr_byte_t)op;
        rv = find_slot(&(*prule)->slot, r, p->names, &p->names_count,
                       WFP_HTML_NAMES_MAX, name);
    }
    return rv;
}

/* ---- simple selectors --------------------------------------------------------- */

/* ".class" and "#id" */
static apr_status_t read_short(reading_t *r)
{
    static const wfp_html_text_t class_name = { "class", 5 };
    static const wfp_html_text_t id_name = { "id", 2 };
    int is_class = r->in.s[r->in.at++] == '.';
    wfp_html_rule_t *rule;
    wfp_html_text_t text;
    apr_status_t rv = wfp_html_reader_name(&text, &r->in, WFP_HTML_READ_NAME);

    if (rv == APR_SUCCESS) {
        rv = add_attr(&rule, r, is_class ? class_name : id_name,
                      is_class ? '~' : '=');
    }
    if (rv == APR_SUCCESS) {
        rule->text = text.s;
        rule->size = text.n;
    }
    return rv;
}

/* The operator of an attribute selector; 0: "]" follows. */
static apr_status_t take_operator(char *pop, reading_t *r)
{
    apr_size_t begin = r->in.at;
    int c = wfp_html_reader_peek(&r->in);

    *pop = 0;
    if (c == ']') {
        return APR_SUCCESS;
    }
    if (c > 0 && strchr("~^$*|", c)) {
        *pop = (char)c;
        r->in.at++;
        if (wfp_html_reader_peek(&r->in) != '=') {
            return wfp_html_reader_wrong(&r->in, "unsupported operator", begin);
        }
    }
    else if (c == '=') {
        *pop = '=';
    }
    else {
        return wfp_html_reader_wrong(&r->in, "unsupported operator", begin);
    }
    r->in.at++;
    return APR_SUCCESS;
}

/* "i" or "s" behind a value */
static apr_status_t take_flag(wfp_html_rule_t *rule, reading_t *r)
{
    int c = wfp_html_reader_peek(&r->in) | 0x20;

    if (wfp_html_reader_peek(&r->in) == ']') {
        return APR_SUCCESS;
    }
    if (c != 'i' && c != 's') {
        return wfp_html_reader_wrong(&r->in, "unsupported flag", r->in.at);
    }
    rule->fold = c == 'i';
    r->in.at++;
    (void)wfp_html_reader_skip_space(&r->in);
    return APR_SUCCESS;
}

static apr_status_t read_value(wfp_html_rule_t *rule, reading_t *r)
{
    wfp_html_text_t value;
    apr_status_t rv;
    int c;

    (void)wfp_html_reader_skip_space(&r->in);
    c = wfp_html_reader_peek(&r->in);
    rv = c == '"' || c == '\''
             ? wfp_html_reader_string(&value, &r->in)
             : wfp_html_reader_name(&value, &r->in, WFP_HTML_READ_VALUE);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rule->text = value.s;
    rule->size = value.n;
    (void)wfp_html_reader_skip_space(&r->in);
    return take_flag(rule, r);
}

/* "[...]" */
static apr_status_t read_attr(reading_t *r)
{
    apr_size_t begin = r->in.at++;
    wfp_html_rule_t *rule;
    wfp_html_text_t name;
    apr_status_t rv;
    char op;

    (void)wfp_html_reader_skip_space(&r->in);
    rv = wfp_html_reader_name(&name, &r->in, WFP_HTML_READ_LOWER);
    (void)wfp_html_reader_skip_space(&r->in);
    if (rv == APR_SUCCESS) {
        rv = take_operator(&op, r);
    }
    if (rv == APR_SUCCESS) {
        rv = add_attr(&rule, r, name, op);
    }
    if (rv == APR_SUCCESS && op) {
        rv = read_value(rule, r);
    }
    if (rv == APR_SUCCESS && wfp_html_reader_peek(&r->in) != ']') {
        rv = wfp_html_reader_wrong(&r->in, "\"]\" is missing", begin);
    }
    r->in.at++;
    return rv;
}

/* A rule that counts; only types that a selector names are counted. */
static apr_status_t add_nth(wfp_html_rule_t **prule, reading_t *r, int of_type,
                            apr_size_t begin)
{
    wfp_html_program_t *p = r->program;
    wfp_html_text_t type;
    apr_status_t rv;

    if (of_type && r->typed < 0) {
        return wfp_html_reader_wrong(
            &r->in, "of-type needs the element's name before it", begin);
    }
    rv = add(prule, r, of_type ? WFP_HTML_RULE_NTH_TYPE : WFP_HTML_RULE_NTH);
    if (rv == APR_SUCCESS && of_type) {
        type.s = p->rules[r->typed].text;
        type.n = p->rules[r->typed].size;
        rv = find_slot(&(*prule)->slot, r, p->types, &p->types_count,
                       WFP_HTML_TYPES_MAX, type);
    }
    return rv;
}

static apr_status_t read_compound_rules(reading_t *r);

/* ":not(" is read */
static apr_status_t read_not(reading_t *r, apr_size_t begin)
{
    int typed = r->typed;
    apr_status_t rv = APR_SUCCESS;

    if (r->in_not) {
        return wfp_html_reader_wrong(&r->in, "unsupported inside :not()",
                                     begin);
    }
    r->in_not = 1;
    do {
        apr_size_t first = r->program->count;
        wfp_html_rule_t *rule;

        (void)wfp_html_reader_skip_space(&r->in);
        rv = add(&rule, r, WFP_HTML_RULE_NOT);
        if (rv == APR_SUCCESS) {
            rv = read_compound_rules(r);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        r->program->rules[first].count = (apr_uint16_t)(r->program->count
                                                        - first - 1);
        (void)wfp_html_reader_skip_space(&r->in);
    } while (wfp_html_reader_peek(&r->in) == ',' && r->in.at++ < r->in.n);
    r->in_not = 0;
    r->typed = typed;
    if (wfp_html_reader_peek(&r->in) != ')') {
        return wfp_html_reader_wrong(&r->in, "unsupported inside :not()",
                                     r->in.at);
    }
    r->in.at++;
    return APR_SUCCESS;
}

/* ":..." */
static apr_status_t read_pseudo(reading_t *r)
{
    apr_size_t begin = r->in.at++;
    wfp_html_rule_t *rule;
    apr_status_t rv;
    int of_type;

    if (wfp_html_reader_word(&r->in, "not(")) {
        return read_not(r, begin);
    }
    if (wfp_html_reader_word(&r->in, "nth-child(")
        || wfp_html_reader_word(&r->in, "nth-of-type(")) {
        of_type = (r->in.s[r->in.at - 2] | 0x20) == 'e';
        rv = add_nth(&rule, r, of_type, begin);
        return rv == APR_SUCCESS ? wfp_html_reader_nth(rule, &r->in) : rv;
    }
    if (wfp_html_reader_word(&r->in, "first-child")
        || wfp_html_reader_word(&r->in, "first-of-type")) {
        of_type = (r->in.s[r->in.at - 1] | 0x20) == 'e';
        if (!wfp_html_reader_is_name_byte(wfp_html_reader_peek(&r->in))
            && wfp_html_reader_peek(&r->in) != '(') {
            rv = add_nth(&rule, r, of_type, begin);
            if (rv == APR_SUCCESS) {
                rule->b = 1;
            }
            return rv;
        }
    }
    while (wfp_html_reader_peek(&r->in) == ':'
           || (wfp_html_reader_peek(&r->in) >= 0
               && wfp_html_reader_is_name_byte(wfp_html_reader_peek(&r->in)))) {
        r->in.at++;
    }
    return wfp_html_reader_wrong(&r->in, "unsupported", begin);
}

/* ---- compounds ------------------------------------------------------------------ */

static apr_status_t read_type(reading_t *r)
{
    apr_size_t begin = r->in.at;
    wfp_html_rule_t *rule;
    wfp_html_text_t text;
    apr_status_t rv = wfp_html_reader_name(&text, &r->in, WFP_HTML_READ_LOWER);

    if (rv == APR_SUCCESS && wfp_html_reader_peek(&r->in) == '|') {
        r->in.at++;
        rv = wfp_html_reader_wrong(&r->in, "unsupported", begin);
    }
    if (rv == APR_SUCCESS) {
        rv = add(&rule, r, WFP_HTML_RULE_TYPE);
    }
    if (rv == APR_SUCCESS) {
        rule->text = text.s;
        rule->size = text.n;
        r->typed = (int)(r->program->count - 1);
    }
    return rv;
}

/* One after the other, at least one. */
static apr_status_t read_compound_rules(reading_t *r)
{
    apr_size_t begin = r->in.at;
    apr_status_t rv = APR_SUCCESS;
    int c = wfp_html_reader_peek(&r->in);

    r->typed = -1;
    if (c == '*') {
        r->in.at++;
    }
    else if (c == '\\' || (c >= 0 && wfp_html_reader_is_name_byte(c))) {
        rv = read_type(r);
    }
    while (rv == APR_SUCCESS) {
        switch (wfp_html_reader_peek(&r->in)) {
        case '.':
        case '#':
            rv = read_short(r);
            break;
        case '[':
            rv = read_attr(r);
            break;
        case ':':
            rv = read_pseudo(r);
            break;
        default:
            return r->in.at > begin ? APR_SUCCESS
                   : r->in.at < r->in.n
                       ? wfp_html_reader_wrong(&r->in, "unsupported", begin)
                       : wfp_html_reader_wrong(&r->in, "a selector is missing",
                                               begin);
        }
    }
    return rv;
}

/* One compound with what stands before it. */
static apr_status_t read_compound(apr_size_t *pindex, reading_t *r, char op)
{
    wfp_html_program_t *p = r->program;
    wfp_html_rule_t *rule;
    apr_status_t rv;

    if (p->compounds == WFP_HTML_COMPOUNDS_MAX) {
        return wfp_html_reader_wrong(&r->in, "too many selectors", r->in.at);
    }
    rv = add(&rule, r, WFP_HTML_RULE_COMPOUND);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rule->op = (apr_byte_t)op;
    rule->slot = (apr_uint16_t)p->compounds++;
    *pindex = p->count - 1;
    rv = read_compound_rules(r);
    p->rules[*pindex].count = (apr_uint16_t)(p->count - 1 - *pindex);
    return rv;
}

/* Up to "," or the end. */
static apr_status_t read_complex(reading_t *r, apr_uint32_t owner)
{
    apr_size_t index = 0;
    apr_status_t rv;
    char op = 0;

    (void)wfp_html_reader_skip_space(&r->in);
    for (;;) {
        int space;

        rv = read_compound(&index, r, op);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        space = wfp_html_reader_skip_space(&r->in);
        if (wfp_html_reader_peek(&r->in) < 0
            || wfp_html_reader_peek(&r->in) == ',') {
            break;
        }
        op = ' ';
        if (wfp_html_reader_peek(&r->in) == '>') {
            op = '>';
            r->in.at++;
            (void)wfp_html_reader_skip_space(&r->in);
        }
        else if (!space) {
            return wfp_html_reader_wrong(&r->in, "unsupported", r->in.at);
        }
    }
    r->program->rules[index].last = 1;
    r->program->rules[index].owner = owner;
    return APR_SUCCESS;
}

apr_status_t wfp_html_selector_parse(wfp_html_program_t *program,
                                     const char *text, apr_size_t n,
                                     apr_uint32_t owner,
                                     wfp_html_fault_t *fault)
{
    reading_t r = { { text, n, 0, NULL, fault }, program, 0, -1 };
    apr_status_t rv;

    r.in.out = program->memory->alloc(program->memory->baton, NULL, 2 * n + 8);
    for (;;) {
        rv = read_complex(&r, owner);
        if (rv != APR_SUCCESS || wfp_html_reader_peek(&r.in) < 0) {
            break;
        }
        r.in.at++;
    }
    if (rv == APR_SUCCESS && owner >= program->owners) {
        program->owners = owner + 1;
    }
    return rv;
}
