/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output of wfpctl. Called by main.c and the commands.
 */
#include "admin/show.h"
#include "admin/wfpctl/print.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>

/* What comes from httpd or a database may have several lines. */
static void put_clean(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n' && text[1]) {
            fputs(" / ", out);
        }
        else if (*text != '\n') {
            fputc(apr_iscntrl(*text) ? '?' : *text, out);
        }
    }
    fputc('\n', out);
}

/* Lines of a log or of httpd: each further one is set off, so that none looks
 * like wfpctl's own. */
static void put_lines(FILE *out, apr_pool_t *p, const char *text)
{
    char *state, *line = apr_strtok(apr_pstrdup(p, text), "\n", &state);
    int is_first = 1;

    for (; line; line = apr_strtok(NULL, "\n", &state)) {
        put_clean(out, is_first ? line : apr_pstrcat(p, "    ", line, NULL));
        is_first = 0;
    }
}

void wfp_print_line(const wfp_cmd_t *cmd, const char *fmt, ...)
{
    va_list ap;

    if (cmd->json) {
        return;
    }
    va_start(ap, fmt);
    put_clean(stdout, apr_pvsprintf(cmd->pool, fmt, ap));
    va_end(ap);
}

void wfp_print_json(const wfp_cmd_t *cmd, const wfp_json_t *v)
{
    if (cmd->json && !cmd->is_quiet) {
        puts(wfp_json_text(v, cmd->pool));
    }
}

void wfp_print_failure(const wfp_cmd_t *cmd)
{
    const wfp_result_t *res = &cmd->res;
    const char *code = wfp_code_row(res->code)->code;
    const char *message = res->message ? res->message
                                       : wfp_code_row(res->code)->message;

    if (cmd->json) {
        wfp_json_t *doc = wfp_json_object(cmd->pool);
        wfp_json_t *error = wfp_json_object(cmd->pool);

        wfp_json_set_str(error, "code", code);
        wfp_json_set_str(error, "message", message);
        wfp_json_set(doc, "error", error);
        fprintf(stderr, "%s\n", wfp_json_text(doc, cmd->pool));
        return;
    }
    put_lines(stderr, cmd->pool,
              apr_pstrcat(cmd->pool, "wfpctl: ", message, NULL));
}

const char *wfp_print_time(const wfp_cmd_t *cmd, apr_time_t t)
{
    return wfp_show_time(t, cmd->pool);
}

apr_status_t wfp_print_flush(wfp_cmd_t *cmd)
{
    if (fflush(stdout) || ferror(stdout)) {
        return wfp_result_set(&cmd->res, WFP_INTERNAL, APR_EGENERAL,
                              "the output could not be written");
    }
    return APR_SUCCESS;
}

wfp_json_t *wfp_print_texts(const apr_array_header_t *texts,
                            const wfp_cmd_t *cmd)
{
    wfp_json_t *list = wfp_json_array(cmd->pool);
    int i;

    for (i = 0; texts && i < texts->nelts; i++) {
        wfp_json_add_str(list, APR_ARRAY_IDX(texts, i, const char *));
    }
    return list;
}
