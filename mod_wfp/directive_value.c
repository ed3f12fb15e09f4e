/* SPDX-License-Identifier: Apache-2.0 */
/* Values and places of directives; asked by directive_server.c and
 * directive_scope.c. */
#include "mod_wfp/directive_value.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <errno.h>
#include <http_core.h>
#include <string.h>

#define MB (APR_INT64_C(1) << 20)

/* ---- where a directive may stand ---------------------------------------- */

const char *wfp_directive_value_in_server(cmd_parms *cmd, int main_only)
{
    const char *err = ap_check_cmd_context(cmd, NOT_IN_DIR_CONTEXT);

    if (!err && main_only && cmd->server->is_virtual) {
        err = apr_pstrcat(cmd->pool, cmd->cmd->name,
                          " is for the whole server: put it outside "
                          "<VirtualHost>",
                          NULL);
    }
    return err;
}

/* By a regular expression: <LocationMatch>, or <Location ~>. */
static int is_match(const ap_directive_t *section, apr_pool_t *p)
{
    const char *args = section->args ? section->args : "";

    return !strcasecmp(section->directive, "<LocationMatch")
           || (!strcasecmp(section->directive, "<Location")
               && !strcmp(ap_getword_conf(p, &args), "~"));
}

static int is_proxy(const ap_directive_t *section)
{
    return !strcasecmp(section->directive, "<Proxy")
           || !strcasecmp(section->directive, "<ProxyMatch");
}

/* a whole server or vhost, or a plain <Location> */
const char *wfp_directive_value_in_scope(cmd_parms *cmd)
{
    const ap_directive_t *parent;
    const char *err = ap_check_cmd_context(cmd, NOT_IN_DIRECTORY | NOT_IN_FILES
                                                    | NOT_IN_HTACCESS
                                                    | NOT_IN_LIMIT);

    for (parent = cmd->directive->parent; !err && parent;
         parent = parent->parent) {
        if (is_match(parent, cmd->temp_pool)) {
            err = apr_pstrcat(
                cmd->pool, cmd->cmd->name,
                " cannot stand in <LocationMatch>: use a plain <Location>",
                NULL);
        }
        else if (is_proxy(parent)) {
            err = apr_pstrcat(cmd->pool, cmd->cmd->name, " cannot stand in ",
                              parent->directive, ">: use a <Location>", NULL);
        }
    }
    return err;
}

/* ---- values -------------------------------------------------------------- */

const char *wfp_directive_value_count(apr_int64_t *n, const char *arg)
{
    char *end;

    errno = 0;
    *n = apr_strtoi64(arg, &end, 10);
    return end == arg || *end || errno ? "is not a whole number" : NULL;
}

static const char *parse_size(apr_int64_t *n, const char *arg)
{
    char *end;
    int shift = 0;

    errno = 0;
    *n = apr_strtoi64(arg, &end, 10);
    if (end == arg || errno || *n < 0) {
        return "is not a size such as 512K, 64M or 1G";
    }
    switch (apr_toupper(*end)) {
    case 'K':
        shift = 10;
        break;
    case 'M':
        shift = 20;
        break;
    case 'G':
        shift = 30;
        break;
    }
    if (shift) {
        end++;
    }
    if (*end || *n > (APR_INT64_MAX >> shift)) {
        return "is not a size such as 512K, 64M or 1G";
    }
    *n *= APR_INT64_C(1) << shift;
    return NULL;
}

/* httpd looks at the first letter only. */
static int is_time_unit(const char *unit)
{
    static const char *const units[] = { "", "ms", "s", "min", "h" };
    int i;

    for (i = 0; i < 5 && strcasecmp(unit, units[i]); i++) {
    }
    return i < 5;
}

const char *wfp_directive_value_time(apr_int64_t *n, const char *arg)
{
    apr_interval_time_t time;
    apr_size_t digits = strspn(arg, "0123456789");

    if (digits == 0 || !is_time_unit(arg + digits)
        || ap_timeout_parameter_parse(arg, &time, "s") != APR_SUCCESS
        || time < 0) {
        return "is not a time such as 250ms, 5s or 1min";
    }
    *n = time;
    return NULL;
}

const char *wfp_directive_value_age(apr_int64_t *n, const char *arg)
{
    char *end;
    apr_int64_t unit;

    errno = 0;
    *n = apr_strtoi64(arg, &end, 10);
    unit = !strcasecmp(end, "h") ? 3600 : !strcasecmp(end, "d") ? 86400 : 0;
    if (!unit) {
        return wfp_directive_value_time(n, arg);
    }
    if (end == arg || errno || *n < 0
        || *n > APR_INT64_MAX / apr_time_from_sec(unit)) {
        return "is not a time such as 12h or 7d";
    }
    *n *= apr_time_from_sec(unit);
    return NULL;
}

const char *wfp_directive_value_text(wfp_directive_kind_e kind, apr_int64_t n,
                                     apr_pool_t *p)
{
    switch (kind) {
    case WFP_DIRECTIVE_SIZE:
        return n % (MB << 10)
                   ? apr_psprintf(p, "%" APR_INT64_T_FMT "M", n / MB)
                   : apr_psprintf(p, "%" APR_INT64_T_FMT "G", n / (MB << 10));
    case WFP_DIRECTIVE_TIME:
        return n % apr_time_from_sec(60)
                   ? apr_psprintf(p, "%" APR_INT64_T_FMT "ms", n / 1000)
                   : apr_psprintf(p, "%" APR_INT64_T_FMT "min",
                                  n / apr_time_from_sec(60));
    default:
        return apr_psprintf(p, "%" APR_INT64_T_FMT, n);
    }
}

const char *wfp_directive_value_number(apr_int64_t *n, const char *arg,
                                       wfp_directive_kind_e kind)
{
    switch (kind) {
    case WFP_DIRECTIVE_SIZE:
        return parse_size(n, arg);
    case WFP_DIRECTIVE_TIME:
        return wfp_directive_value_time(n, arg);
    default:
        return wfp_directive_value_count(n, arg);
    }
}

/* "NAME: 'ARG' WHY" */
const char *wfp_directive_value_refuse(cmd_parms *cmd, const char *arg,
                                       const char *why)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, arg, why);
}
