/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of docs/worker-api/url.md that says where URL differs from the
 * WHATWG standard: its column "here" is what comes out.
 */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

#define PAGE TOP_SRCDIR "/docs/worker-api/url.md"

static char *read_page(wfp_test_t *t)
{
    apr_size_t n = 100000;
    char *text = apr_pcalloc(t->pool, n + 1);
    apr_file_t *file;

    CHECK_INT(apr_file_open(&file, PAGE, APR_READ, 0, t->pool), APR_SUCCESS);
    CHECK_INT(apr_file_read_full(file, text, n, &n), APR_EOF);
    CHECK_INT(apr_file_close(file), APR_SUCCESS);
    text = strstr(text, "## Where it differs from WHATWG");
    CHECK(text != NULL);
    return text;
}

/* The texts of a row's cells, "" where a cell has no code. */
static void read_row(const char *cell[4], const char *row, apr_pool_t *p)
{
    int i;

    for (i = 0; i < 4; i++) {
        const char *end = strstr(row + 1, "|"), *code = strchr(row, '`');

        cell[i] = "";
        if (code && code < end) {
            code++;
            cell[i] = apr_pstrmemdup(p, code,
                                     (apr_size_t)(strchr(code, '`') - code));
        }
        row = end;
    }
}

static char *unescape(const char *s, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, s), *to = out;

    for (; *s; s++) {
        *to = *s;
        if (s[0] == '\\' && (s[1] == 't' || s[1] == 'n')) {
            *to = *++s == 't' ? '\t' : '\n';
        }
        to++;
    }
    *to = '\0';
    return out;
}

static void table_is_true(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    char *text = read_page(t), *last, *line;
    int rows = 0, differ = 0;

    for (line = apr_strtok(text, "\n", &last); line;
         line = apr_strtok(NULL, "\n", &last)) {
        const char *cell[4], *got;

        if (strncmp(line, "| `", 3) != 0) {
            continue;
        }
        read_row(cell, line, t->pool);
        lua_pushstring(L, unescape(cell[0], t->pool));
        lua_setglobal(L, "text");
        lua_pushstring(L, *cell[1] ? cell[1] : NULL);
        lua_setglobal(L, "base");
        got = api_state_run(L, "local ok, url = pcall(URL.new, text, base) "
                               "return ok and url.href or '-'");
        if (strcmp(got, cell[3]) != 0) {
            printf("# %s\n", line);
        }
        CHECK_STR(got, cell[3]);
        rows++;
        differ += strcmp(cell[2], cell[3]) != 0;
        CHECK((strcmp(cell[2], cell[3]) == 0)
              == (strstr(line, "(the same)") != NULL));
    }
    CHECK(rows > 20 && differ > 20);
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "url: the page's table of differences", table_is_true },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
