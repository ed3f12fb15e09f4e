/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_REWRITER_FIXTURE_H
#define WFP_REWRITER_FIXTURE_H

/**
 * @file
 * Rewriting a page by a script's handlers. Included by one file of a program.
 */

#include "tests/unit/runtime_fixture.h"

#define PAGE(text) "local page = [==[" text "]==]\n"

static const char before[] =
    "return { fetch = function(request, env, ctx)\n"
    "local log = {}\n"
    "local function note(...)\n"
    "  local t = {...}\n"
    "  for i = 1, select('#', ...) do t[i] = tostring(t[i]) end\n"
    "  log[#log + 1] = table.concat(t, ' ')\n"
    "end\n"
    "local rw = HTMLRewriter.new()\n";

static const char whole[] =
    "\nlocal out = rw:transform(Response.new(page)):text()\n"
    "if #log > 0 then out = out .. '|' .. table.concat(log, ';') end\n"
    "return Response.new(out)\nend }";

static const char bytewise[] =
    "\nlocal at = 0\n"
    "local function byte() at = at + 1\n"
    "  if at <= #page then return page:sub(at, at) end end\n"
    "return rw:transform(Response.new(byte))\nend }";

static const char *answer(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 200;
    out = fixture_once(t, text, &limits);
    return out.body ? out.body
                    : apr_psprintf(t->pool, "%s: %s",
                                   wfp_code_row(out.res.code)->code,
                                   out.res.message);
}

/* Rewrite a page, given whole. */
static const char *rewrite(wfp_test_t *t, const char *code)
{
    return answer(t, apr_pstrcat(t->pool, before, code, whole, NULL));
}

/* The same, and given byte by byte. */
static void check(wfp_test_t *t, const char *code, const char *want)
{
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before, code, bytewise, NULL)),
              want);
    CHECK_STR(rewrite(t, code), want);
}

#endif
