/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the selectors' rules for each element. What an element has in its extra
 * words: the compounds it matches, those that it or an element around it
 * matches, the owners it matches, how many of each counted type are in it.
 * Called by html_page.c.
 */
#include "core/html_match.h"

#include <string.h>

#define WORD_BITS 64

static apr_uint64_t *matched(wfp_html_element_t *element)
{
    return element->extra;
}

static apr_uint64_t *around(const wfp_html_match_t *match,
                            wfp_html_element_t *element)
{
    return element->extra + match->words;
}

static apr_uint64_t *owners(const wfp_html_match_t *match,
                            wfp_html_element_t *element)
{
    return element->extra + 2 * match->words;
}

static apr_uint64_t *counters(const wfp_html_match_t *match,
                              wfp_html_element_t *element)
{
    return element->extra + 2 * match->words + match->owner_words;
}

static void set_bit(apr_uint64_t *words, apr_uint32_t bit)
{
    words[bit / WORD_BITS] |= (apr_uint64_t)1 << bit % WORD_BITS;
}

static int has_bit(const apr_uint64_t *words, apr_uint32_t bit)
{
    return words[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

void wfp_html_match_init(wfp_html_match_t *match,
                         const wfp_html_program_t *program)
{
    memset(match, 0, sizeof(*match));
    match->program = program;
    match->words = (program->compounds + WORD_BITS - 1) / WORD_BITS;
    match->owner_words = (program->owners + WORD_BITS - 1) / WORD_BITS;
}

apr_uint32_t wfp_html_match_extra(const wfp_html_match_t *match)
{
    return 2 * match->words + match->owner_words + match->program->types_count;
}

static int has_steps(const wfp_html_match_t *match)
{
    return match->steps < match->steps_max;
}

/* Names of n bytes are compared: a step each 8, beside the one that looking at
   the rule costs. */
static void count_compared(wfp_html_match_t *match, apr_size_t n)
{
    match->steps += n / WFP_HTML_BYTES_PER_STEP;
}

/* ---- attributes ---------------------------------------------------------------- */

static void take_value(wfp_html_match_t *match, const char *name, apr_size_t n,
                       const char *value, apr_size_t size)
{
    const wfp_html_program_t *p = match->program;
    apr_uint32_t i;

    for (i = 0; i < p->names_count; i++) {
        if (p->names[i].n == n && !match->values[i].s) {
            count_compared(match, n);
            if (wfp_html_attr_same(p->names[i].s, name, n)) {
                match->values[i].s = value;
                match->values[i].n = size;
                return;
            }
        }
    }
}

/* The values of the attributes that selectors name; the first of a name. */
static void read_values(wfp_html_match_t *match, const wfp_html_token_t *tag)
{
    wfp_html_scan_t scan;
    const char *s = tag->raw;

    memset(match->values, 0,
           match->program->names_count * sizeof(match->values[0]));
    if (match->program->names_count == 0) {
        return;
    }
    wfp_html_attr_init(&scan, wfp_html_attr_name_end(s, tag->size));
    while (has_steps(match)
           && wfp_html_attr_scan(&scan, s, tag->size) == WFP_HTML_SCAN_ATTR) {
        const wfp_html_attr_t *attr = &scan.attr;

        take_value(match, s + attr->name, attr->name_end - attr->name,
                   s + attr->value, attr->value_end - attr->value);
        match->steps += match->program->names_count;
    }
}

static int same(const wfp_html_rule_t *rule, const char *s)
{
    return rule->fold ? wfp_html_attr_same(s, rule->text, rule->size)
                      : memcmp(s, rule->text, rule->size) == 0;
}

static int has_word(const wfp_html_rule_t *rule, const wfp_html_text_t *value)
{
    apr_size_t i = 0, begin;

    while (i < value->n) {
        while (i < value->n && wfp_html_attr_is_space(value->s[i])) {
            i++;
        }
        begin = i;
        while (i < value->n && !wfp_html_attr_is_space(value->s[i])) {
            i++;
        }
        if (i - begin == rule->size && same(rule, value->s + begin)) {
            return 1;
        }
    }
    return 0;
}

/* In time of the value's length, and of the rule's text where it must fold. */
static int has_part(wfp_html_match_t *match, const wfp_html_rule_t *rule,
                    const wfp_html_text_t *value)
{
    apr_size_t i;

    for (i = 0; value->n - i >= rule->size && has_steps(match); i++) {
        apr_size_t n = 0;

        while (n < rule->size
               && (rule->fold
                       ? wfp_html_attr_same(value->s + i + n, rule->text + n, 1)
                       : value->s[i + n] == rule->text[n])) {
            n++;
        }
        if (n == rule->size) {
            return 1;
        }
        match->steps += n;
    }
    return 0;
}

static int is_attr(wfp_html_match_t *match, const wfp_html_rule_t *rule)
{
    const wfp_html_text_t *value = &match->values[rule->slot];

    if (!value->s || !rule->op) {
        return value->s != NULL;
    }
    count_compared(match, value->n);
    switch (rule->op) {
    case '=':
        return value->n == rule->size && same(rule, value->s);
    case '|':
        return value->n >= rule->size && same(rule, value->s)
               && (value->n == rule->size || value->s[rule->size] == '-');
    case '~':
        return rule->size && has_word(rule, value);
    case '^':
        return rule->size && value->n >= rule->size && same(rule, value->s);
    case '$':
        return rule->size && value->n >= rule->size
               && same(rule, value->s + value->n - rule->size);
    default:
        return rule->size && value->n >= rule->size
               && has_part(match, rule, value);
    }
}

/* ---- rules ------------------------------------------------------------------------ */

/* What a rule is tried on. */
typedef struct subject_t {
    const wfp_html_token_t *tag;
    wfp_html_element_t *element;
    wfp_html_element_t *parent;
} subject_t;

static int is_nth(const wfp_html_rule_t *rule, apr_uint64_t index)
{
    apr_int64_t rest = (apr_int64_t)index - rule->b;

    if (rule->a == 0) {
        return rest == 0;
    }
    return rest % rule->a == 0 && rest / rule->a >= 0;
}

static int holds(wfp_html_match_t *match, const wfp_html_rule_t *rule,
                 const subject_t *subject)
{
    const wfp_html_token_t *tag = subject->tag;

    switch (rule->kind) {
    case WFP_HTML_RULE_TYPE:
        if (rule->size != tag->text_size) {
            return 0;
        }
        count_compared(match, rule->size);
        return wfp_html_attr_same(rule->text, tag->text, rule->size);
    case WFP_HTML_RULE_ATTR:
        return is_attr(match, rule);
    case WFP_HTML_RULE_NTH:
        return is_nth(rule, subject->parent->children);
    default:
        return is_nth(rule, counters(match, subject->parent)[rule->slot]);
    }
}

/* All of the rules? Those of a NOT are no NOTs themselves. Without steps left
   the answer is no: a rule that was not run to its end has said nothing. */
static int all_hold(wfp_html_match_t *match, const wfp_html_rule_t *rule,
                    apr_size_t count, const subject_t *subject)
{
    const wfp_html_rule_t *end = rule + count;

    while (rule < end && has_steps(match)) {
        match->steps++;
        if (rule->kind == WFP_HTML_RULE_NOT) {
            if (all_hold(match, rule + 1, rule->count, subject)) {
                return 0;
            }
            rule += rule->count;
        }
        else if (!holds(match, rule, subject)) {
            return 0;
        }
        rule++;
    }
    return has_steps(match);
}

/* Does what stands before a compound match the elements around? */
static int fits_around(const wfp_html_match_t *match,
                       const wfp_html_rule_t *compound,
                       const subject_t *subject)
{
    switch (compound->op) {
    case 0:
        return 1;
    case '>':
        return has_bit(matched(subject->parent), compound->slot - 1u);
    default:
        return has_bit(around(match, subject->parent), compound->slot - 1u);
    }
}

static void run(wfp_html_match_t *match, const subject_t *subject)
{
    const wfp_html_program_t *p = match->program;
    apr_uint64_t *bits = matched(subject->element);
    apr_size_t i;

    for (i = 0; i < p->count && has_steps(match); i += 1u + p->rules[i].count) {
        const wfp_html_rule_t *compound = &p->rules[i];

        match->steps++;
        if (fits_around(match, compound, subject)
            && all_hold(match, compound + 1, compound->count, subject)) {
            set_bit(bits, compound->slot);
            if (compound->last) {
                set_bit(owners(match, subject->element), compound->owner);
            }
        }
    }
}

static void count_type(wfp_html_match_t *match, const subject_t *subject)
{
    const wfp_html_program_t *p = match->program;
    const wfp_html_token_t *tag = subject->tag;
    apr_uint32_t i;

    for (i = 0; i < p->types_count; i++) {
        if (p->types[i].n == tag->text_size) {
            count_compared(match, tag->text_size);
            counters(match, subject->parent)[i] += (apr_uint64_t)
                wfp_html_attr_same(p->types[i].s, tag->text, tag->text_size);
        }
    }
}

void wfp_html_match_enter(wfp_html_match_t *match, const wfp_html_open_t *open,
                          const wfp_html_token_t *tag)
{
    subject_t subject = { tag, wfp_html_open_top(open), NULL };
    apr_uint32_t i;

    if (match->program->count == 0) {
        return;
    }
    subject.parent = wfp_html_open_outer(open, subject.element);
    count_type(match, &subject);
    read_values(match, tag);
    run(match, &subject);
    for (i = 0; i < match->words; i++) {
        around(match, subject.element)[i] = around(match, subject.parent)[i]
                                            | matched(subject.element)[i];
    }
    for (i = 0; i < match->program->owners; i++) {
        match->active[i] += (apr_uint32_t)has_bit(owners(match,
                                                         subject.element),
                                                  i);
    }
}

void wfp_html_match_leave(wfp_html_match_t *match, const wfp_html_open_t *open)
{
    wfp_html_element_t *element = wfp_html_open_top(open);
    apr_uint32_t i;

    for (i = 0; i < match->program->owners; i++) {
        match->active[i] -= (apr_uint32_t)has_bit(owners(match, element), i);
    }
}

int wfp_html_match_has(const wfp_html_match_t *match,
                       const wfp_html_element_t *element, apr_uint32_t owner)
{
    const apr_uint64_t *words = element->extra + 2 * match->words;

    return has_bit(words, owner);
}
