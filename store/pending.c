/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of statements that wait. PostgreSQL's driver waits for an answer to
 * each statement, and every mutation waits for the one that has the row of
 * change numbers: so what nobody asks back is sent with what comes next, as
 * "EXECUTE label('...')" of statements that are prepared. Called by dbd.c. It
 * must not know what is in them.
 */
#include "store/pending.h"

#include <apr_lib.h>
#include <apr_tables.h>
#include <string.h>

/* values of a call that are copied into a text; larger ones go as they are */
#define CALL_MAX 32768
/* what may come together; also the memory that a connection keeps, twice */
#define LONG 65536

struct wfp_pending_t {
    apr_array_header_t *text; /* of char */
    int sent;
};

wfp_pending_t *wfp_pending_make(apr_pool_t *p)
{
    wfp_pending_t *pending = apr_pcalloc(p, sizeof(*pending));

    pending->text = apr_array_make(p, 4096, sizeof(char));
    return pending;
}

static void add_char(wfp_pending_t *pending, char c)
{
    APR_ARRAY_PUSH(pending->text, char) = c;
}

static void add(wfp_pending_t *pending, const char *text)
{
    for (; *text; text++) {
        add_char(pending, *text);
    }
}

/* As E'...', which means the same whatever the server's settings are. The
 * client's encoding is UTF-8, where no byte of a longer character is one of
 * these two. */
static void add_quoted(wfp_pending_t *pending, const char *text)
{
    add(pending, "E'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            add_char(pending, *text);
        }
        add_char(pending, *text);
    }
    add_char(pending, '\'');
}

/* How many parameters a statement has, as the driver counts them. */
static int count_parameters(const char *text)
{
    int n = 0;

    for (; *text; text++) {
        if (text[0] == '%') {
            n += apr_isalpha(text[1]) != 0;
            text += text[1] == '%';
        }
    }
    return n;
}

void wfp_pending_begin(wfp_pending_t *pending, const char *text)
{
    pending->sent = 0;
    apr_array_clear(pending->text);
    wfp_pending_text(pending, text);
}

void wfp_pending_text(wfp_pending_t *pending, const char *text)
{
    add(pending, text);
    add_char(pending, ';');
}

int wfp_pending_call(wfp_pending_t *pending, const wfp_sql_t *sql,
                     const char **args)
{
    int i, n = count_parameters(sql->text);
    apr_size_t size = 0;

    for (i = 0; i < n; i++) {
        size += strlen(args[i]);
    }
    if (size > CALL_MAX) {
        return 0;
    }
    add(pending, "EXECUTE ");
    add(pending, sql->label);
    for (i = 0; i < n; i++) {
        add_char(pending, i ? ',' : '(');
        add_quoted(pending, args[i]);
    }
    add(pending, n ? ");" : ";");
    return 1;
}

int wfp_pending_waits(const wfp_pending_t *pending)
{
    return pending->text->nelts > 0;
}

int wfp_pending_is_long(const wfp_pending_t *pending)
{
    return pending->text->nelts > LONG;
}

int wfp_pending_was_sent(const wfp_pending_t *pending)
{
    return pending->sent;
}

const char *wfp_pending_take(wfp_pending_t *pending)
{
    add_char(pending, '\0');
    apr_array_clear(pending->text);
    pending->sent = 1;
    return pending->text->elts;
}
