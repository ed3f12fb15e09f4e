/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `_headers` and `_redirects`. Called by asset_config.c, which has the texts,
 * and asset_serve.c. Redirects up to the first that has a variable are looked
 * up; the others, and all rules of headers, are tried one after the other.
 */
#include "services/asset_rules.h"

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "services/asset_pattern.h"

typedef struct redirect_t {
    wfp_asset_pattern_t *pattern; /* NULL: its path is looked up */
    const char *to;
    int status;
} redirect_t;

typedef struct header_rule_t {
    wfp_asset_pattern_t *pattern;
    int with_host;
    apr_table_t *set;          /* by name in lower case */
    apr_array_header_t *unset; /* const char * */
} header_rule_t;

struct wfp_asset_rules_t {
    apr_hash_t *static_redirects;  /* path -> redirect_t * */
    apr_array_header_t *redirects; /* redirect_t, with variables */
    apr_array_header_t *headers;   /* header_rule_t */
};

/* A text on its way into rules. */
typedef struct reader_t {
    wfp_asset_rules_t *rules;
    apr_array_header_t *notes;
    apr_pool_t *pool;
    const char *file; /* "_headers" */
    int line;
    int full; /* no further rule is taken */
    int statics, dynamics;
    int has_html;
    apr_hash_t *seen;
    header_rule_t *rule; /* whose lines these are; NULL: nobody's */
} reader_t;

#define RULE_HEADERS_MAX 100

/* Bytes that rules add to an answer, more than a client takes: a Worker that
 * asks for many holds them all. */
#define SET_BYTES_MAX (128 * 1024)

/* More of them would only fill the answer. */
#define NOTES_MAX 20

static void note(reader_t *rd, const char *why)
{
    if (rd->notes && rd->notes->nelts < NOTES_MAX) {
        APR_ARRAY_PUSH(rd->notes, const char *) =
            apr_psprintf(rd->pool, "%s line %d was passed over: %s", rd->file,
                         rd->line, why);
    }
}

static char *trim(char *s)
{
    char *end;

    while (apr_isspace(*s)) {
        s++;
    }
    end = s + strlen(s);
    while (end > s && apr_isspace(end[-1])) {
        end--;
    }
    *end = '\0';
    return s;
}

static void each_line(reader_t *rd, const char *text,
                      void (*fn)(reader_t *rd, char *line))
{
    while (text && *text && !rd->full) {
        apr_size_t n = strcspn(text, "\n");
        char *line;

        rd->line++;
        line = trim(apr_pstrmemdup(rd->pool, text, n));
        if (strlen(line) > WFP_ASSET_LINE_MAX) {
            note(rd, "it has more than 2000 bytes");
        }
        else if (*line && *line != '#') {
            fn(rd, line);
        }
        text += n + (text[n] == '\n');
    }
}

static int has_host(const char *url)
{
    return !strncmp(url, "https://", 8) && url[8] && url[8] != '/';
}

/* ---- redirects ------------------------------------------------------------- */

static int is_status(int status)
{
    return status == 200 || (status >= 301 && status <= 303) || status == 307
           || status == 308;
}

static int ends_with(const char *text, const char *end)
{
    apr_size_t n = strlen(text), m = strlen(end);

    return n >= m && !strcmp(text + n - m, end);
}

/* A rule that html_handling answers with a redirect back to it. */
static int goes_round(const reader_t *rd, const char *from, const char *to)
{
    int to_index = ends_with(to, "/index") || ends_with(to, "/index.html");

    return *to == '/' && to_index
           && (ends_with(from, "/*") || (rd->has_html && ends_with(from, "/")));
}

/* Why is it no rule? NULL: it is one */
static const char *check_redirect(const reader_t *rd, const char *from,
                                  const char *to, int status)
{
    if (!is_status(status)) {
        return "a status is 200, 301, 302, 303, 307 or 308";
    }
    if (*from != '/') {
        return "the source is a path";
    }
    if (*to != '/' && !has_host(to)) {
        return "the target is a path or begins with https://";
    }
    if (status == 200 && has_host(to)) {
        return "a target of status 200 is a path";
    }
    if (goes_round(rd, from, to)) {
        return "it would lead back to itself";
    }
    if (apr_hash_get(rd->seen, from, APR_HASH_KEY_STRING)) {
        return "there is a rule for that path";
    }
    return NULL;
}

static void keep_redirect(reader_t *rd, const char *from,
                          const redirect_t *rule)
{
    redirect_t *one;

    if (rd->dynamics == 0 && !wfp_asset_pattern_is_dynamic(rule->pattern)) {
        if (++rd->statics > WFP_ASSET_STATIC_RULES) {
            note(rd, "there are more than 2000 rules without variables");
            return;
        }
        one = apr_pmemdup(rd->pool, rule, sizeof(*rule));
        one->pattern = NULL;
        apr_hash_set(rd->rules->static_redirects, from, APR_HASH_KEY_STRING,
                     one);
        return;
    }
    if (++rd->dynamics > WFP_ASSET_DYNAMIC_RULES) {
        note(rd, "there are more than 100 rules with variables; nor was what "
                 "follows taken");
        rd->full = 1;
        return;
    }
    APR_ARRAY_PUSH(rd->rules->redirects, redirect_t) = *rule;
}

/* FROM TO [STATUS] [# ...] */
static void read_redirect(reader_t *rd, char *line)
{
    redirect_t rule = { NULL, NULL, 302 };
    char *words[4], *state, *word;
    const char *why;
    int n = 0;

    for (word = apr_strtok(line, " \t\r\f\v", &state); word && n < 4;
         word = apr_strtok(NULL, " \t\r\f\v", &state)) {
        if (n >= 2 && *word == '#') {
            break;
        }
        words[n++] = word;
    }
    if (n < 2 || n > 3) {
        note(rd, "a rule is a source, a target and perhaps a status");
        return;
    }
    rule.to = words[1];
    if (n == 3) {
        char *end;
        apr_int64_t status = apr_strtoi64(words[2], &end, 10);

        rule.status = *end || status < 0 || status > 999 ? 0 : (int)status;
    }
    words[0][strcspn(words[0], "?#")] = '\0';
    why = check_redirect(rd, words[0], rule.to, rule.status);
    rule.pattern = why ? NULL : wfp_asset_pattern_read(words[0], 0, rd->pool);
    if (!rule.pattern) {
        note(rd, why ? why : "it has a name twice, or too many variables");
        return;
    }
    apr_hash_set(rd->seen, words[0], APR_HASH_KEY_STRING, words[0]);
    keep_redirect(rd, words[0], &rule);
}

/* A path that begins with two slashes would be read as a host. */
static const char *one_slash(const char *to, apr_pool_t *p)
{
    apr_size_t path = strcspn(to, "?#"), i;
    char *copy, *at;

    if (*to != '/') {
        return to;
    }
    copy = at = apr_palloc(p, strlen(to) + 1);
    for (i = 0; to[i]; i++) {
        if (i < path && i > 0 && (to[i] == '/' || to[i] == '\\')
            && at[-1] == '/') {
            continue;
        }
        *at++ = to[i];
    }
    *at = '\0';
    return copy;
}

int wfp_asset_rules_redirect(wfp_asset_redirect_t *to,
                             const wfp_asset_rules_t *rules,
                             const wfp_asset_place_t *place, int *pbudget,
                             apr_pool_t *p)
{
    apr_size_t n = strlen(place->path);
    const redirect_t *rule = apr_hash_get(rules->static_redirects, place->path,
                                          (apr_ssize_t)n);
    wfp_asset_match_t match = { 0 };
    int i;

    for (i = 0; !rule && i < rules->redirects->nelts; i++) {
        const redirect_t *one = &APR_ARRAY_IDX(rules->redirects, i, redirect_t);

        if (wfp_asset_pattern_match(&match, one->pattern, place->path, n,
                                    pbudget)) {
            rule = one;
        }
    }
    if (!rule) {
        return 0;
    }
    to->status = rule->status;
    to->to = rule->pattern
                 ? one_slash(wfp_asset_pattern_fill(rule->to, rule->pattern,
                                                    &match, pbudget, p),
                             p)
                 : rule->to;
    return 1;
}

/* ---- headers --------------------------------------------------------------- */

static int is_place(const char *line)
{
    const char *colon = strstr(line, "://");

    return *line == '/'
           || (colon && (apr_size_t)(colon - line) == strcspn(line, " \t:"));
}

static void begin_rule(reader_t *rd, const char *line)
{
    wfp_asset_pattern_t *pattern;
    header_rule_t *rule;

    rd->rule = NULL;
    if (rd->rules->headers->nelts == WFP_ASSET_HEADER_RULES) {
        note(rd, "there are more than 100 rules; nor was what follows taken");
        rd->full = 1;
        return;
    }
    if (*line != '/' && !has_host(line)) {
        note(rd, "a place is a path or begins with https://");
        return;
    }
    pattern = wfp_asset_pattern_read(line, 0, rd->pool);
    if (!pattern) {
        note(rd, "it has a name twice, or too many variables");
        return;
    }
    rule = apr_array_push(rd->rules->headers);
    rule->pattern = pattern;
    rule->with_host = *line != '/';
    rule->set = apr_table_make(rd->pool, 4);
    rule->unset = apr_array_make(rd->pool, 1, sizeof(const char *));
    rd->rule = rule;
}

static void add_unset(reader_t *rd, const char *name)
{
    if (!wfp_headers_is_name(name, strlen(name))
        || rd->rule->unset->nelts == RULE_HEADERS_MAX) {
        note(rd, "that is no header's name, or one too many");
        return;
    }
    APR_ARRAY_PUSH(rd->rule->unset, const char *) = name;
}

static void add_set(reader_t *rd, char *name, char *value)
{
    name = trim(name);
    value = trim(value);
    if (!wfp_headers_is_name(name, strlen(name))) {
        note(rd, "that is no header's name");
    }
    else if (!*value || !wfp_headers_is_value(value, strlen(value))) {
        note(rd, "the header has no value");
    }
    else if (apr_table_elts(rd->rule->set)->nelts == RULE_HEADERS_MAX) {
        note(rd, "the rule has more than 100 headers");
    }
    else {
        apr_table_merge(rd->rule->set, name, value);
    }
}

static void read_header(reader_t *rd, char *line)
{
    char *colon = strchr(line, ':');

    if (is_place(line)) {
        begin_rule(rd, line);
        return;
    }
    if (!rd->rule) {
        note(rd, "it belongs to no place");
    }
    else if (!colon && !strncmp(line, "! ", 2)) {
        add_unset(rd, trim(line + 2));
    }
    else if (!colon) {
        note(rd, "a header is a name, a colon and a value");
    }
    else {
        *colon = '\0';
        add_set(rd, line, colon + 1);
    }
}

typedef struct apply_t {
    wfp_headers_t *headers;
    const header_rule_t *rule;
    const wfp_asset_match_t *match;
    apr_table_t *done; /* set by a rule before */
    int *pbudget;
    int room; /* bytes */
    apr_pool_t *pool;
} apply_t;

static int apply_set(void *baton, const char *name, const char *value)
{
    apply_t *to = baton;
    const char *text = wfp_asset_pattern_fill(value, to->rule->pattern,
                                              to->match, to->pbudget, to->pool);

    *to->pbudget -= to->headers->count + (int)strlen(text);
    if (*to->pbudget <= 0) {
        return 0;
    }
    if (apr_table_get(to->done, name)) {
        const char *before = wfp_headers_get(to->headers, name);

        text = before ? apr_pstrcat(to->pool, before, ", ", text, NULL) : text;
    }
    to->room -= (int)strlen(text);
    if (to->room <= 0) {
        return 0;
    }
    wfp_headers_set(to->headers, name, text);
    apr_table_setn(to->done, name, "");
    return 1;
}

static void apply_unset(wfp_headers_t *headers, const header_rule_t *rule,
                        int *pbudget)
{
    int i;

    for (i = 0; i < rule->unset->nelts; i++) {
        *pbudget -= 1 + headers->count;
        if (*pbudget <= 0) {
            return;
        }
        (void)wfp_headers_unset(headers,
                                APR_ARRAY_IDX(rule->unset, i, const char *));
    }
}

void wfp_asset_rules_headers(wfp_headers_t *headers,
                             const wfp_asset_rules_t *rules,
                             const wfp_asset_place_t *place, int *pbudget,
                             apr_pool_t *p)
{
    apply_t to = {
        .headers = headers, .pbudget = pbudget, .room = SET_BYTES_MAX, .pool = p
    };
    wfp_asset_match_t match;
    const char *whole = NULL;
    int i;

    for (i = 0; i < rules->headers->nelts; i++) {
        const header_rule_t *rule = &APR_ARRAY_IDX(rules->headers, i,
                                                   header_rule_t);
        const char *at = place->path;

        if (rule->with_host) {
            whole = whole ? whole
                          : apr_pstrcat(p, "https://", place->host, at, NULL);
            at = whole;
        }
        if (!wfp_asset_pattern_match(&match, rule->pattern, at, strlen(at),
                                     pbudget)) {
            continue;
        }
        to.done = to.done ? to.done : apr_table_make(p, 4);
        to.rule = rule;
        to.match = &match;
        apply_unset(headers, rule, pbudget);
        apr_table_do(apply_set, &to, rule->set, NULL);
    }
}

wfp_asset_rules_t *wfp_asset_rules_read(const char *headers,
                                        const char *redirects, int has_html,
                                        apr_array_header_t *notes,
                                        apr_pool_t *p)
{
    wfp_asset_rules_t *rules = apr_palloc(p, sizeof(*rules));
    reader_t rd = { .rules = rules, .notes = notes, .pool = p };

    rules->static_redirects = apr_hash_make(p);
    rules->redirects = apr_array_make(p, 4, sizeof(redirect_t));
    /* a rule that lines are added to must not move */
    rules->headers = apr_array_make(p, WFP_ASSET_HEADER_RULES,
                                    sizeof(header_rule_t));
    rd.file = "_headers";
    each_line(&rd, headers, read_header);
    rd.file = "_redirects";
    rd.line = rd.full = 0;
    rd.has_html = has_html;
    rd.seen = apr_hash_make(p);
    each_line(&rd, redirects, read_redirect);
    return rules;
}
