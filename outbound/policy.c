/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of where a subrequest may go. Configuration fills a policy, the
 * pipeline asks by name, the client asks by address at connect time. Knows
 * nothing of curl, requests or look-ups.
 */
#include "outbound/policy.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>
#include <strings.h>

#include "outbound/address.h"

#define HOST_MAX 255

typedef enum {
    TARGET_ANY,
    TARGET_NET,
    TARGET_HOST,
    TARGET_UNDER
} target_e;

typedef struct wfp_rule_t {
    target_e kind;
    wfp_address_t net; /* TARGET_NET */
    int bits;
    const char *host; /* TARGET_HOST; TARGET_UNDER: "example.org" */
    int port;         /* 0: any */
} wfp_rule_t;

struct wfp_policy_t {
    apr_array_header_t *allow; /* wfp_rule_t */
    apr_array_header_t *deny;
    const wfp_policy_t *also; /* which must say yes as well; NULL: none */
};

/* What is asked about. */
typedef struct wfp_ask_t {
    const char *host;          /* without brackets, zone and last dot */
    const wfp_address_t *addr; /* NULL: not known yet */
    wfp_address_t v4;          /* to which addr leads */
    int embedded;              /* v4 is set */
    int is_public;             /* addr, as it was given */
    int is_local;              /* host is a name of no public zone */
    int port;
} wfp_ask_t;

/* Room for the parts of a question. */
typedef struct wfp_question_t {
    char name[HOST_MAX + 1];
    wfp_address_t addr;
    wfp_address_t plain; /* the IPv4 address that a mapped one is */
} wfp_question_t;

static const char why_denied[] = "the target is denied";
static const char why_port[] = "the port is not allowed";
static const char why_private[] = "the address is not public";
static const char why_local[] = "the host name is not public";
static const char why_host[] = "the host name is not legal";

/* Names that the public DNS does not have (RFC 6761, RFC 6762, RFC 8375, what
 * ICANN keeps for private use, what routers and clouds have made of it). What
 * they resolve to is this host's or this network's own affair. */
static const char *const local_zones[] = {
    "localhost", "local",     "internal", "localdomain", "intranet", "private",
    "corp",      "home.arpa", "home",     "lan",         NULL,
};

wfp_policy_t *wfp_policy_make(apr_pool_t *p)
{
    wfp_policy_t *policy = apr_palloc(p, sizeof(*policy));

    policy->allow = apr_array_make(p, 4, sizeof(wfp_rule_t));
    policy->deny = apr_array_make(p, 4, sizeof(wfp_rule_t));
    policy->also = NULL;
    return policy;
}

wfp_policy_t *wfp_policy_merge(const wfp_policy_t *base,
                               const wfp_policy_t *add, apr_pool_t *p)
{
    wfp_policy_t *policy = wfp_policy_make(p);

    if (base) {
        apr_array_cat(policy->allow, base->allow);
        apr_array_cat(policy->deny, base->deny);
    }
    if (add) {
        apr_array_cat(policy->allow, add->allow);
        apr_array_cat(policy->deny, add->deny);
    }
    return policy;
}

const wfp_policy_t *wfp_policy_both(const wfp_policy_t *a,
                                    const wfp_policy_t *b, apr_pool_t *p)
{
    wfp_policy_t *policy = wfp_policy_merge(a, NULL, p);

    /* a may be two already */
    policy->also = a && a->also ? wfp_policy_both(a->also, b, p)
                   : b          ? b
                                : wfp_policy_make(p);
    return policy;
}

/* 1 to n digits and nothing else, between low and high; -1 when not. */
static int number(const char *s, int low, int high)
{
    apr_int64_t value;
    char *end;

    if (!apr_isdigit(*s) || strlen(s) > 5) {
        return -1;
    }
    value = apr_strtoi64(s, &end, 10);
    return *end == '\0' && value >= low && value <= high ? (int)value : -1;
}

/* "10.0.0.0/8", "::1", "10.1.2.3": text is cut at the slash. */
static int parse_net(wfp_rule_t *rule, char *text, const char *bits)
{
    if (!wfp_address_parse(&rule->net, text)) {
        return 0;
    }
    rule->kind = TARGET_NET;
    rule->bits = wfp_address_bits(rule->net.family);
    if (bits) {
        rule->bits = number(bits, 0, rule->bits);
    }
    return rule->bits >= 0;
}

static int is_host(const char *s)
{
    const char *c;
    int digits = 1;

    if (!*s || strlen(s) > HOST_MAX || *s == '.' || *s == '-') {
        return 0;
    }
    for (c = s; *c; c++) {
        if (!apr_isalnum(*c) && *c != '-' && *c != '_' && *c != '.') {
            return 0;
        }
        if (*c == '.' && c[1] == '.') {
            return 0;
        }
        digits = digits && (apr_isdigit(*c) || *c == '.');
    }
    return !digits; /* a short or wrong IPv4 address is no name */
}

static int parse_host(wfp_rule_t *rule, char *text)
{
    apr_size_t n = strlen(text);

    rule->kind = TARGET_HOST;
    if (text[0] == '*' && text[1] == '.') {
        rule->kind = TARGET_UNDER;
        text += 2;
        n -= 2;
    }
    if (n > 1 && text[n - 1] == '.') {
        text[n - 1] = '\0';
    }
    rule->host = text;
    return is_host(text);
}

/* [v6], [v6]/n, each with :port; text begins after the bracket. */
static int parse_bracket(wfp_rule_t *rule, char *text)
{
    char *end = strchr(text, ']'), *bits = NULL, *port;

    if (!end || !strchr(text, ':')) {
        return 0;
    }
    *end++ = '\0';
    port = strchr(end, ':');
    if (port) {
        *port++ = '\0';
    }
    if (*end == '/') {
        bits = end + 1;
    }
    else if (*end) {
        return 0;
    }
    rule->port = port ? number(port, 1, 65535) : 0;
    return rule->port >= 0 && parse_net(rule, text, bits);
}

static int parse_target(wfp_rule_t *rule, char *text)
{
    char *colon = strchr(text, ':'), *slash;

    memset(rule, 0, sizeof(*rule));
    if (*text == '[') {
        return parse_bracket(rule, text + 1);
    }
    if (colon && !strchr(colon + 1, ':')) {
        *colon = '\0';
        rule->port = number(colon + 1, 1, 65535);
        if (rule->port < 0) {
            return 0;
        }
        if (colon == text) {
            rule->kind = TARGET_ANY;
            return 1;
        }
    }
    slash = strchr(text, '/');
    if (slash) {
        *slash = '\0';
        return parse_net(rule, text, slash + 1);
    }
    return parse_net(rule, text, NULL) || parse_host(rule, text);
}

apr_status_t wfp_policy_add(wfp_policy_t *policy, int allow, const char *target,
                            wfp_result_t *res)
{
    apr_array_header_t *list = allow ? policy->allow : policy->deny;
    wfp_rule_t rule;

    if (!parse_target(&rule, apr_pstrdup(list->pool, target))) {
        return wfp_result_set(
            res, WFP_INVALID, APR_EINVAL,
            "'%.200s' is no target: CIDR, CIDR:port, [v6]/n:port, host, "
            "*.host, host:port or :port",
            target);
    }
    APR_ARRAY_PUSH(list, wfp_rule_t) = rule;
    return APR_SUCCESS;
}

static int port_is_usual(int port)
{
    return port == 80 || port == 443 || (port >= 1024 && port <= 65535);
}

static int host_under(const char *host, const char *domain)
{
    apr_size_t n = strlen(host), d = strlen(domain);

    return n > d + 1 && host[n - d - 1] == '.'
           && !strcasecmp(host + n - d, domain);
}

/* Is it a name of no public zone? One without a dot is completed by the
 * resolver's search list. */
static int is_local_name(const char *host)
{
    const char *const *zone;

    if (strchr(host, ':')) {
        return 0; /* an IPv6 address */
    }
    for (zone = local_zones; *zone; zone++) {
        if (!strcasecmp(host, *zone) || host_under(host, *zone)) {
            return 1;
        }
    }
    return !strchr(host, '.');
}

/* Does the rule's target fit, whatever the port? An unknown address fits no
 * network. embedded: also the IPv4 address to which a NAT64 or 6to4 address
 * leads counts (for what is denied, never for what is allowed). */
static int target_fits(const wfp_rule_t *rule, const wfp_ask_t *ask,
                       int embedded)
{
    switch (rule->kind) {
    case TARGET_ANY:
        return 1;
    case TARGET_HOST:
        return !strcasecmp(ask->host, rule->host);
    case TARGET_UNDER:
        return host_under(ask->host, rule->host);
    case TARGET_NET:
        break;
    }
    if (!ask->addr) {
        return 0;
    }
    return wfp_address_in(ask->addr, &rule->net, rule->bits)
           || (embedded && ask->embedded
               && wfp_address_in(&ask->v4, &rule->net, rule->bits));
}

static int is_denied(const wfp_policy_t *policy, const wfp_ask_t *ask)
{
    int i;

    for (i = 0; policy && i < policy->deny->nelts; i++) {
        const wfp_rule_t *rule = &APR_ARRAY_IDX(policy->deny, i, wfp_rule_t);

        if ((rule->port == 0 || rule->port == ask->port)
            && target_fits(rule, ask, 1)) {
            return 1;
        }
    }
    return 0;
}

/* What the allow rules say, as bits: the port, the address itself, both in one
 * rule. */
#define ALLOW_PORT 1
#define ALLOW_ADDR 2
#define ALLOW_BOTH 4

static int allowed(const wfp_policy_t *policy, const wfp_ask_t *ask)
{
    int i, says = port_is_usual(ask->port) ? ALLOW_PORT : 0;

    for (i = 0; policy && i < policy->allow->nelts; i++) {
        const wfp_rule_t *rule = &APR_ARRAY_IDX(policy->allow, i, wfp_rule_t);

        if (rule->port != 0 && rule->port != ask->port) {
            continue;
        }
        /* a network may fit once the address is known */
        if (!target_fits(rule, ask, 0)
            && !(rule->kind == TARGET_NET && !ask->addr)) {
            continue;
        }
        if (rule->port != 0) {
            says |= ALLOW_PORT;
        }
        if (rule->kind != TARGET_ANY) {
            says |= ALLOW_ADDR | (rule->port != 0 ? ALLOW_BOTH : 0);
        }
    }
    return says;
}

static int decide(const wfp_policy_t *policy, const wfp_ask_t *ask,
                  const char **why)
{
    int says = allowed(policy, ask);

    *why = NULL;
    if (is_denied(policy, ask)) {
        *why = why_denied;
    }
    else if (!(says & ALLOW_PORT)) {
        *why = why_port;
    }
    else if (ask->addr && !(says & ALLOW_ADDR) && !ask->is_public) {
        *why = why_private;
    }
    else if (!(says & ALLOW_ADDR) && ask->is_local) {
        *why = why_local;
    }
    return *why == NULL;
}

/* Copy host without brackets, zone and last dot. */
static int plain_host(char *out, const char *host)
{
    apr_size_t n = strlen(host);

    if (*host == '[') {
        host++;
        n = strcspn(host, "]%");
    }
    if (n > 1 && host[n - 1] == '.') {
        n--;
    }
    if (n == 0 || n > HOST_MAX) {
        return 0;
    }
    memcpy(out, host, n);
    out[n] = '\0';
    /* an empty label: rules and resolvers might read it differently */
    return *out != '.' && out[n - 1] != '.' && !strstr(out, "..");
}

/* Fill in what is asked about an address. @return 0: no legal question */
static int make_ask(wfp_ask_t *ask, wfp_question_t *q, const char *host,
                    int family, const void *bytes)
{
    if (!plain_host(q->name, host)
        || (family != AF_INET && family != AF_INET6)) {
        return 0;
    }
    wfp_address_set(&q->addr, family, bytes);
    ask->host = q->name;
    ask->is_local = !wfp_address_parse(&q->plain, q->name)
                    && is_local_name(q->name);
    /* a mapped address is the IPv4 address, for allow rules too */
    ask->addr = wfp_address_mapped(&q->plain, &q->addr) ? &q->plain : &q->addr;
    ask->embedded = wfp_address_embedded(&ask->v4, &q->addr);
    ask->is_public = wfp_address_is_public(&q->addr);
    return 1;
}

/* One policy's answer, whatever comes behind it. */
static int is_name_ok(const wfp_policy_t *policy, const char *host, int port,
                      const char **why)
{
    char name[HOST_MAX + 1];
    wfp_address_t addr;
    wfp_ask_t ask = { .host = name, .port = port };
    wfp_question_t q;

    *why = why_host;
    if (!plain_host(name, host)) {
        return 0;
    }
    if (wfp_address_parse(&addr, name)) {
        return make_ask(&ask, &q, host, addr.family, addr.bytes)
               && decide(policy, &ask, why);
    }
    ask.is_local = is_local_name(name);
    return decide(policy, &ask, why);
}

int wfp_policy_name_ok(const wfp_policy_t *policy, const char *host, int port,
                       const char **why)
{
    int ok;

    do {
        ok = is_name_ok(policy, host, port, why);
        policy = policy ? policy->also : NULL;
    } while (ok && policy);
    return ok;
}

int wfp_policy_address_ok(const wfp_policy_t *policy, const char *host,
                          int family, const void *bytes, int port,
                          const char **why)
{
    wfp_ask_t ask = { .port = port };
    wfp_question_t q;
    int ok;

    if (!make_ask(&ask, &q, host, family, bytes)) {
        *why = why_host;
        return 0;
    }
    do {
        ok = decide(policy, &ask, why);
        policy = policy ? policy->also : NULL;
    } while (ok && policy);
    return ok;
}

int wfp_policy_names(const wfp_policy_t *policy, const char *host, int family,
                     const void *bytes, int port, int with_port)
{
    int wanted = with_port ? ALLOW_BOTH : ALLOW_ADDR;
    wfp_ask_t ask = { .port = port };
    wfp_question_t q;

    if (!make_ask(&ask, &q, host, family, bytes)
        || !(allowed(policy, &ask) & wanted)) {
        return 0;
    }
    return !policy || !policy->also
           || wfp_policy_names(policy->also, host, family, bytes, port,
                               with_port);
}
