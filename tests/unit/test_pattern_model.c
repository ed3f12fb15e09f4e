/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher against a plain one: patterns are made as lists of items, written
 * as text for ours and walked as they are by the model, which tries everything
 * in the manual's order. Which characters a class has is listed here by hand.
 * And what must hold between find, match, gmatch and gsub. */
#include <apr_strings.h>

#include "lua_runtime/pattern.h"
#include "tests/unit/lib_state.h"
#include "wfp_test.h"

#define ITEMS_MAX 8
#define TEXT_MAX  160

static const char alphabet[] = "abA1 ()";

typedef struct set_t {
    const char *text;
    const char *members; /* of the alphabet */
    int has_nul;         /* for the frontier's ends */
} set_t;

static const set_t sets[] = {
    { ".", "abA1 ()", 1 },  { "a", "a", 0 },
    { "b", "b", 0 },        { "A", "A", 0 },
    { "%a", "abA", 0 },     { "%d", "1", 0 },
    { "%s", " ", 0 },       { "%w", "abA1", 0 },
    { "%l", "ab", 0 },      { "%u", "A", 0 },
    { "%p", "()", 0 },      { "%A", "1 ()", 1 },
    { "%S", "abA1()", 1 },  { "%(", "(", 0 },
    { "%)", ")", 0 },       { "%x", "abA1", 0 },
    { "[ab]", "ab", 0 },    { "[^a]", "bA1 ()", 1 },
    { "[a-z1]", "ab1", 0 }, { "[^%s%d]", "abA()", 1 },
    { "[%a)]", "abA)", 0 }, { "[^%w]", " ()", 1 },
    { "[%(-%)]", "()", 0 }, { "[^%]]", "abA1 ()", 1 },
    { "[]a]", "a", 0 },     { "[a-]", "a", 0 },
    { "[%-b-b]", "b", 0 },  { "[^b-a]", "abA1 ()", 1 },
    { "[ -1]", "1 ()", 0 },
};

/* kinds: c(lass) ( ) p(osition) r(eference) b(alance) f(rontier) $ */
typedef struct item_t {
    char kind;
    char rep; /* of a class: * + - ? or none */
    const set_t *set;
    int capture;
} item_t;

typedef struct capture_t {
    int start;
    int len; /* WFP_CAPTURE_POSITION: none */
} capture_t;

typedef struct model_t {
    item_t items[ITEMS_MAX * 2];
    int n;
    int captures;
    char pattern[TEXT_MAX];
    const char *s;
    int len;
    capture_t found[ITEMS_MAX];
} model_t;

static apr_uint32_t seed = 20261124;

/* xorshift32 */
static int below(int n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return (int)(seed % (apr_uint32_t)n);
}

static int has(const set_t *set, const model_t *m, int at)
{
    if (at < 0 || at >= m->len) {
        return set->has_nul;
    }
    return strchr(set->members, m->s[at]) != NULL;
}

static int walk(model_t *m, int i, int s);

/* A class with what stands behind it. */
static int walk_class(model_t *m, int i, int s)
{
    const item_t *item = &m->items[i];
    int most = 0, least = item->rep == '+' || !item->rep, k, end;

    while (s + most < m->len && has(item->set, m, s + most)
           && !(most == 1 && (item->rep == '?' || !item->rep))) {
        most++;
    }
    if (item->rep == '-') {
        for (k = 0; k <= most; k++) {
            end = walk(m, i + 1, s + k);
            if (end >= 0) {
                return end;
            }
        }
        return -1;
    }
    for (k = most; k >= least; k--) {
        end = walk(m, i + 1, s + k);
        if (end >= 0) {
            return end;
        }
    }
    return -1;
}

static int walk_balance(model_t *m, int i, int s)
{
    int open = 0, at;

    for (at = s; at < m->len; at++) {
        open += m->s[at] == '(' ? 1 : m->s[at] == ')' ? -1 : 0;
        if (open <= 0) {
            break;
        }
    }
    return at > s && at < m->len ? walk(m, i + 1, at + 1) : -1;
}

static int walk_end(model_t *m, int i, int s)
{
    capture_t *found = &m->found[m->items[i].capture];
    int before = found->len, end;

    found->len = s - found->start;
    end = walk(m, i + 1, s);
    if (end < 0) {
        found->len = before;
    }
    return end;
}

static int walk(model_t *m, int i, int s)
{
    const item_t *item = &m->items[i];
    capture_t *found = &m->found[item->capture];

    if (i == m->n) {
        return s;
    }
    switch (item->kind) {
    case '(':
    case 'p':
        found->start = s;
        found->len = WFP_CAPTURE_POSITION;
        return walk(m, i + 1, s);
    case ')':
        return walk_end(m, i, s);
    case 'r':
        return s + found->len <= m->len
                       && !memcmp(m->s + s, m->s + found->start,
                                  (size_t)found->len)
                   ? walk(m, i + 1, s + found->len)
                   : -1;
    case 'b':
        return walk_balance(m, i, s);
    case 'f':
        return !has(item->set, m, s - 1) && has(item->set, m, s)
                   ? walk(m, i + 1, s)
                   : -1;
    case '$':
        return s == m->len ? s : -1;
    default:
        return walk_class(m, i, s);
    }
}

static item_t *add(model_t *m, char kind, const char *text)
{
    item_t *item = &m->items[m->n++];

    memset(item, 0, sizeof(*item));
    item->kind = kind;
    apr_cpystrn(m->pattern + strlen(m->pattern), text,
                sizeof(m->pattern) - strlen(m->pattern));
    return item;
}

static void add_class(model_t *m)
{
    static const char *const reps[] = { "", "", "*", "+", "-", "?" };
    const set_t *set = &sets[below(sizeof(sets) / sizeof(sets[0]))];
    const char *rep = reps[below(6)];
    item_t *item = add(m, 'c', set->text);

    item->set = set;
    item->rep = rep[0];
    apr_cpystrn(m->pattern + strlen(m->pattern), rep, 2);
}

static void add_frontier(model_t *m)
{
    const set_t *set;

    do {
        set = &sets[below(sizeof(sets) / sizeof(sets[0]))];
    } while (set->text[0] != '[');
    add(m, 'f', "%f")->set = set;
    apr_cpystrn(m->pattern + strlen(m->pattern), set->text, TEXT_MAX / 4);
}

/* "()" is a position, however it came about. */
static void end_capture(model_t *m, int open)
{
    item_t *last = &m->items[m->n - 1];

    add(m, ')', ")")->capture = open;
    if (last->kind == '(') {
        last->kind = 'p';
        m->n--;
    }
}

/* Something that is no class; open: number of the open capture, or -1. */
static int add_other(model_t *m, int open)
{
    switch (below(5)) {
    case 0:
        if (open < 0) {
            add(m, '(', "(")->capture = m->captures;
            return m->captures++;
        }
        end_capture(m, open);
        return -1;
    case 1:
        add(m, 'p', "()")->capture = m->captures++;
        return open;
    case 2:
        add(m, 'b', "%b()");
        return open;
    case 3:
        /* the newest may be open or a position: the first is closed then */
        if (m->captures > 0 && open != 0 && m->items[0].kind == '(') {
            add(m, 'r', "%1")->capture = 0;
        }
        return open;
    default:
        add_frontier(m);
        return open;
    }
}

static void make_pattern(model_t *m)
{
    int items = below(ITEMS_MAX - 2) + 1, open = -1;

    memset(m, 0, sizeof(*m));
    if (below(4) == 0) {
        add(m, '(', "(")->capture = m->captures;
        open = m->captures++;
    }
    while (items-- > 0) {
        if (below(10) < 6) {
            add_class(m);
        }
        else {
            open = add_other(m, open);
        }
    }
    if (open >= 0) {
        end_capture(m, open);
    }
    if (below(6) == 0) {
        add(m, '$', "$");
    }
}

/* One match of ours, protected. */
typedef struct try_t {
    const model_t *model;
    int at;
    int end;
    wfp_pattern_t m;
} try_t;

static int run_try(lua_State *L)
{
    try_t *one = lua_touserdata(L, 1);
    const model_t *m = one->model;
    const char *end;

    wfp_pattern_init(&one->m, L, m->s, (size_t)m->len, m->pattern,
                     strlen(m->pattern));
    end = wfp_pattern_match(&one->m, m->s + one->at, m->pattern);
    one->end = end ? (int)(end - m->s) : -1;
    return 0;
}

static void compare(wfp_test_t *t, lua_State *L, model_t *m, int at)
{
    try_t one = { .model = m, .at = at };
    int end = walk(m, 0, at), i, is_same;

    lua_settop(L, 0);
    lua_pushcfunction(L, run_try);
    lua_pushlightuserdata(L, &one);
    CHECK_INT(lua_pcall(L, 1, 0, 0), LUA_OK);
    is_same = one.end == end && (end < 0 || one.m.level == m->captures);
    for (i = 0; is_same && end >= 0 && i < m->captures; i++) {
        is_same = one.m.captures[i].start == m->s + m->found[i].start
                  && one.m.captures[i].len == m->found[i].len;
    }
    if (!is_same) {
        printf("# \"%s\" ~ %s at %d: %d, model %d\n", m->s, m->pattern, at,
               one.end, end);
    }
    CHECK(is_same);
}

static void pattern_does_as_the_model(wfp_test_t *t)
{
    lua_State *L = lib_state_new();
    model_t m;
    char s[16];
    int i, k, at;

    for (i = 0; i < 20000; i++) {
        make_pattern(&m);
        m.len = below(12);
        for (k = 0; k < m.len; k++) {
            s[k] = alphabet[below(sizeof(alphabet) - 1)];
        }
        s[m.len] = '\0';
        m.s = s;
        for (at = 0; at <= m.len; at++) {
            compare(t, L, &m, at);
        }
    }
    lua_close(L);
}

/* What holds for every text and pattern. */
static const char laws[] =
    "local parts = { 'a', 'b', '.', '%a', '%d', '%s', '[ab]', '[^a]', '%w*',\n"
    "  'a*', 'b-', '%a+', '.?', '(a)', '()', '(%a-)', '%b()', '%f[%a]', '%(',\n"
    "  '[%(%)]', '%u', '(.)%1' }\n"
    "local letters = 'abA1 ()'\n"
    "local function some(n, f)\n"
    "  local t = {}\n"
    "  for i = 1, math.random(0, n) do t[i] = f() end\n"
    "  return table.concat(t)\n"
    "end\n"
    "local function letter()\n"
    "  local i = math.random(#letters)\n"
    "  return letters:sub(i, i)\n"
    "end\n"
    "math.randomseed(7)\n"
    "for _ = 1, 4000 do\n"
    "  local has_ref = false\n"
    "  local p = some(4, function()\n"
    "    local part = parts[math.random(#parts - (has_ref and 1 or 0))]\n"
    "    if part:find('(', 1, true) and not part:find('%', 1, true) then\n"
    "      has_ref = true\n"
    "    end\n"
    "    return has_ref and part:gsub('%%1', 'a') or part\n"
    "  end)\n"
    "  local s = some(12, letter)\n"
    "  local what = s .. ' ~ ' .. p\n"
    "  local r, n = s:gsub(p, '%0')\n"
    "  assert(r == s, what)\n"
    "  assert(s:gsub(p, {}) == s and s:gsub(p, function() end) == s, what)\n"
    "  local k, last = 0, 0\n"
    "  for at in s:gmatch('()' .. p:gsub('%%1', '%%2')) do\n"
    "    k = k + 1\n"
    "    assert(at > last or k == 1, what)\n"
    "    last = at\n"
    "  end\n"
    "  assert(k == n, what)\n"
    "  for max = 0, 3 do\n"
    "    assert(select(2, s:gsub(p, '', max)) == math.min(n, max), what)\n"
    "  end\n"
    "  for init = 1, #s + 1 do\n"
    "    local b, e = s:find(p, init)\n"
    "    local first\n"
    "    for at = init, #s + 1 do\n"
    "      if s:find('^' .. p, at) then first = at break end\n"
    "    end\n"
    "    assert(b == first, what)\n"
    "    if b then\n"
    "      local all = s:match('^(' .. p:gsub('%%1', '%%2') .. ')', b)\n"
    "      assert(p == '' or all == s:sub(b, e), what)\n"
    "      assert(init > #s or s:match(p, init - #s - 1)\n"
    "             == s:match(p, init), what)\n"
    "      local it = s:gmatch(p, init)()\n"
    "      assert(it == s:match(p, init), what)\n"
    "    end\n"
    "  end\n"
    "  local plain = some(3, letter)\n"
    "  local quoted = plain:gsub('%W', '%%%0')\n"
    "  local b, e = s:find(plain, 1, true)\n"
    "  local b2, e2 = s:find(quoted)\n"
    "  assert(b == b2 and e == e2, what)\n"
    "  assert(select(2, s:gsub(quoted, '%%')) == select(2, s:gsub(quoted, '')))\n"
    "end\n"
    "return 'held'\n";

static void find_match_gmatch_gsub_agree(wfp_test_t *t)
{
    lua_State *L = lib_state_new();

    CHECK_STR(lib_state_run(L, laws), "held");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "pattern_does_as_the_model", pattern_does_as_the_model },
    { "find_match_gmatch_gsub_agree", find_match_gmatch_gsub_agree },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
