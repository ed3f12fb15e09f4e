/* SPDX-License-Identifier: Apache-2.0 */
/* HTMLRewriter as a script sees it: what goes out for what handlers ask. */
#include "tests/unit/rewriter_fixture.h"

static void untouched_pages_are_the_same(wfp_test_t *t)
{
    static const char text[] =
        "<!DOCTYPE html>\n<HTML  lang = 'en' >\n<p Class=a  id=\"x\"/ >\xff"
        "<!-- c --><br/><script>if (a<b) '</p>'</script></P >&amp; </>"
        "<svg><![CDATA[<x>]]></svg><?php ?><textarea><b></textarea><a b=\"";

    check(t, apr_psprintf(t->pool, PAGE("%s"), text), text);
    check(t,
          apr_psprintf(t->pool,
                       PAGE("%s") "local function f() end\n"
                                  "rw:on('*', {element=f, text=f, comments=f})"
                                  ":onDocument{doctype=f, comments=f, text=f, "
                                  "['end']=f}",
                       text),
          text);
}

static void content_goes_around_elements(wfp_test_t *t)
{
    check(t,
          PAGE("a<p>b</p>c") "rw:on('p', {element=function(e)\n"
                             "e:before('1'):before('2'):after('3'):after('4')\n"
                             "e:prepend('5'):prepend('6'):append('7')"
                             ":append('8') end})",
          "a12<p>65b78</p>43c");
    check(t,
          PAGE("a<br>c") "rw:on('br', {element=function(e)\n"
                         "e:before('1'):after('2'):prepend('3'):append('4')"
                         ":setInnerContent('5') end})",
          "a1<br>2c");
    check(t,
          PAGE("<p>b</p>") "rw:on('p', {element=function(e)\n"
                           "e:before('<&>'):after('<&>', {html=true})"
                           ":append('<i>', {html=false}) end})",
          "&lt;&amp;&gt;<p>b&lt;i&gt;</p><&>");
    check(t,
          PAGE("<p>b<i>c</i></p>d") "rw:on('p', {element=function(e)\n"
                                    "e:setInnerContent('x') end})",
          "<p>x</p>d");
    check(t,
          PAGE("<p>b<i>c</i></p>d") "rw:on('p', {element=function(e)\n"
                                    "e:replace('x'):before('1'):after('2') "
                                    "end})",
          "1x2d");
    check(t,
          PAGE("<p>b<i>c</i></p>d") "rw:on('p', {element=function(e)\n"
                                    "e:append('0'):remove():before('1')"
                                    ":after('2') end})",
          "12d");
    check(t,
          PAGE("<p>b<i>c</i></p>d") "rw:on('p', {element=function(e)\n"
                                    "e:removeAndKeepContent():prepend('1')"
                                    ":append('2') end})",
          "1b<i>c</i>2d");
    check(t,
          PAGE("<p>b</p>d") "rw:on('p', {element=function(e)\n"
                            "e:setInnerContent('x'):removeAndKeepContent() "
                            "end})",
          "xd");
    check(t,
          PAGE("<p>b</p>d") "rw:on('p', {element=function(e)\n"
                            "e:append('0'):setInnerContent('x'):append('1')"
                            ":prepend('2') end})",
          "<p>2x1</p>d");
    check(t, PAGE("a<p>b") "rw:on('p', {element=function(e) e:before(7) end})",
          "a7<p>b");
}

static void elements_without_end_tag_end_with_what_is_around(wfp_test_t *t)
{
    check(t,
          PAGE("<ul><li>a<li>b</ul>c") "local n = 0\n"
                                       "rw:on('li', {element=function(e)\n"
                                       "n = n + 1 e:append('[' .. n .. ']')"
                                       ":after('(' .. n .. ')') end})",
          "<ul><li>a<li>b[2](2)[1](1)</ul>c");
    check(t,
          PAGE("<body>a") "rw:on('body', {element=function(e)\n"
                          "e:append('x'):after('y') end})",
          "<body>axy");
    check(t,
          PAGE("<div><p>a</div>b") "rw:on('p', {element=function(e)\n"
                                   "e:remove() end})",
          "<div></div>b");
    check(t,
          PAGE("<svg><g>a<p>b") "rw:on('g', {element=function(e)\n"
                                "e:append('x') end})",
          "<svg><g>ax<p>b");
}

static void removed_content_takes_all_with_it(wfp_test_t *t)
{
    check(t,
          PAGE("a<div>b<p>c</p>d</div>e") "rw:on('div', {element=function(e)\n"
                                          "e:remove() end})"
                                          ":on('p', {element=function(e)\n"
                                          "e:before('x'):append('y')"
                                          ":after('z') end,\n"
                                          "text=function(c) c:after('w') end})",
          "ae");
    /* handlers are called all the same */
    CHECK_STR(rewrite(t, PAGE("<a>1<b>2</b></a>3") "rw:on('a', {element="
                                                   "function(e) e:remove() "
                                                   "end})\n"
                                                   ":on('*', {text=function(c)"
                                                   " note(c.text, "
                                                   "c.lastInTextNode) end})"),
              "3|1 true;2 true");
}

static void attributes_are_read(wfp_test_t *t)
{
    CHECK_STR(
        rewrite(
            t,
            PAGE(
                "<a B=1 c d='e &amp;' b=2 f=\"\"/>") "rw:on('a', {element=function(e)\n"
                                                     "note(e:getAttribute('b'), e:getAttribute('C'),"
                                                     " e:getAttribute('d'), e:getAttribute('x'),"
                                                     " e:hasAttribute('F'), e:hasAttribute('g'))\n"
                                                     "for n, v in e:attributes() do note(n, v) end\n"
                                                     "note(e.tagName, e.namespaceURI, e.removed)\n"
                                                     "e:remove() note(e.removed) end})"),
        "|1  e &amp; nil true false;b 1;c ;d e &amp;;b 2;f ;"
        "a http://www.w3.org/1999/xhtml false;true");
    CHECK_STR(
        rewrite(t,
                PAGE(
                    "<svg><G/><math>") "rw:on('g,math', {element=function(e)\n"
                                       "note(e.tagName, e.namespaceURI) end})"),
        "<svg><G/><math>|g http://www.w3.org/2000/svg;"
        "math http://www.w3.org/2000/svg");
}

#define SET(tag, code)                                                         \
    PAGE(tag "x") "rw:on('a', {element=function(e) " code " end})"

static void attributes_are_set(wfp_test_t *t)
{
    check(t, SET("<a>", "e:setAttribute('b', 'c')"), "<a b=\"c\">x");
    check(t, SET("<a >", "e:setAttribute('b', 'c')"), "<a b=\"c\" >x");
    check(t, SET("<a/>", "e:setAttribute('b', 'c')"), "<a b=\"c\"/>x");
    check(t, SET("<a d=e/>", "e:setAttribute('b', 'c')"), "<a d=e/ b=\"c\">x");
    check(t, SET("<a b=1 b=2 d>", "e:setAttribute('b', 'c')"),
          "<a b=\"c\" b=2 d>x");
    check(t, SET("<a b d>", "e:setAttribute('B', 'c')"), "<a B=\"c\" d>x");
    check(t, SET("<a b='1'd>", "e:setAttribute('b', 'c')"), "<a b=\"c\"d>x");
    check(t, SET("<a b = 1 d>", "e:setAttribute('b', 'c')"), "<a b=\"c\" d>x");
    check(t, SET("<a b=>", "e:setAttribute('b', 'c')"), "<a b=\"c\">x");
    check(t, SET("<a d = >", "e:setAttribute('b', 'c')"),
          "<a d =\"\" b=\"c\" >x");
    check(t, SET("<a>", "e:setAttribute('b', '\"<>&\\'')"),
          "<a b=\"&quot;<>&'\">x");
    check(t,
          SET("<a>", "e:setAttribute('b', 1):setAttribute('c', '')"
                     ":setAttribute('b', 2)"),
          "<a b=\"2\" c=\"\">x");
    check(t,
          SET("<a>", "e:setAttribute('b', 'c') "
                     "e:setAttribute('d', e:getAttribute('b'))"),
          "<a b=\"c\" d=\"c\">x");
}

static void attributes_are_removed(wfp_test_t *t)
{
    check(t, SET("<a b=1>", "e:removeAttribute('b')"), "<a>x");
    check(t, SET("<a b=1 c>", "e:removeAttribute('b')"), "<a c>x");
    check(t, SET("<a c b=1>", "e:removeAttribute('b')"), "<a c>x");
    check(t, SET("<a b=1 c b B='3'>", "e:removeAttribute('b')"), "<a c>x");
    check(t, SET("<a b='1'c=2>", "e:removeAttribute('b')"), "<a c=2>x");
    check(t, SET("<a c=1 b='1'/>", "e:removeAttribute('b')"), "<a c=1 />x");
    check(t, SET("<a c=1 b='1'd>", "e:removeAttribute('b')"), "<a c=1 d>x");
    check(t, SET("<a / b>", "e:removeAttribute('b')"), "<a>x");
    check(t, SET("<a b>", "e:removeAttribute('c')"), "<a b>x");
    check(t, SET("<a b>", "e:removeAttribute('b'):setAttribute('b', 'c')"),
          "<a b=\"c\">x");
    check(t, SET("<a b='>'>", "e:removeAttribute('b')"), "<a>x");
    check(t, SET("<a c b=1 =d>", "e:removeAttribute('b')"), "<a c / =d>x");
    check(t,
          SET("<a \"b<=1 c>", "for n in e:attributes() do "
                              "e:removeAttribute(n) end"),
          "<a>x");
}

/* Tags made at random: what was set or removed is what a reader of the changed
 * tag finds, and all else is as it was. */
static void changed_tags_say_what_was_asked(wfp_test_t *t)
{
    static const char code[] =
        "local seed = 12345\n"
        "local function rnd(n) seed = (seed * 1103515245 + 12345) % 2147483648"
        " return seed // 65536 % n + 1 end\n"
        "local parts = {' ', '  ', '/', 'a', 'b', 'c', '=', '\"', \"'\", 'x'"
        ", '=1', '=\"2\"', \"='3'\", ' a', ' b=', ' c = ', '<', '&', '\\n'}"
        "\nlocal function list(e) local t, names = {}, {}\n"
        "for n, v in e:attributes() do t[#t + 1] = {n, v} end return t end\n"
        "local function without(t, name) local kept = {}\n"
        "for _, p in ipairs(t) do if p[1] ~= name then kept[#kept + 1] = p end"
        " end return kept end\n"
        "local function text(t) local s = '' for _, p in ipairs(t) do\n"
        "s = s .. p[1] .. '(' .. p[2] .. ')' end return s end\n"
        "local want, got, count = nil, nil, 0\n"
        "local change = HTMLRewriter.new():on('z', {element=function(e)\n"
        "local t = list(e) local name = ({'a', 'b', 'c', 'x'})[rnd(4)]\n"
        "if rnd(2) == 1 then e:removeAttribute(name) t = without(t, name)\n"
        "else e:setAttribute(name, 'V') local done\n"
        "for _, p in ipairs(t) do if p[1] == name and not done then\n"
        "p[2] = 'V' done = true end end\n"
        "if not done then t[#t + 1] = {name, 'V'} end end\n"
        "want = text(t) end})\n"
        "local read = HTMLRewriter.new():on('z', {element=function(e)\n"
        "got = text(list(e)) end})\n"
        "return { fetch = function() for i = 1, 1500 do\n"
        "local tag = '<z ' for i = 1, rnd(9) do tag = tag .. "
        "parts[rnd(#parts)] end\n"
        "tag = tag .. '>' want, got = nil, nil\n"
        "local out = change:transform(Response.new(tag .. 'T')):text()\n"
        "if want then read:transform(Response.new(out)):text()\n"
        "count = count + 1 if got ~= want or out:sub(-2) ~= '>T' then\n"
        "return Response.new(tag .. ' ' .. out .. ' ' .. tostring(want) .. ' '"
        " .. tostring(got)) end end end\n"
        "return Response.new(count > 500 and 'good' or count) end }";

    CHECK_STR(answer(t, code), "good");
}

static void names_change_at_both_ends(wfp_test_t *t)
{
    check(t,
          PAGE("<A x>b</a >c") "rw:on('a', {element=function(e)\n"
                               "e.tagName = 'b-c' e:setAttribute('d', '1')\n"
                               "note(e.tagName) log = {} end})",
          "<b-c x d=\"1\">b</b-c >c");
}

static void end_tags_have_handlers(wfp_test_t *t)
{
    check(t,
          PAGE("<a>x</A >y") "rw:on('a', {element=function(e)\n"
                             "e:after('0') e:append('9')\n"
                             "e:onEndTag(function(tag) tag:before('1')"
                             ":after('2') tag:before(tag.name) end)\n"
                             "e:onEndTag(function(tag) tag:before('3')"
                             ":after('4') end) end})",
          "<a>x91a3</A >420y");
    check(t,
          PAGE("<a>x</a>y") "rw:on('a', {element=function(e)\n"
                            "e:onEndTag(function(tag) tag:remove() end) end})",
          "<a>xy");
    check(t,
          PAGE("<a><b>x</a>y") "rw:on('b', {element=function(e)\n"
                               "e:onEndTag(function() error('no') end) end})",
          "<a><b>x</a>y");
    CHECK_STR(rewrite(t, PAGE("<br>") "rw:on('br', {element=function(e)\n"
                                      "note(pcall(e.onEndTag, e, 1))"
                                      " end})"),
              "<br>|false TypeError: onEndTag: the handler must be a "
              "function, got number");
    CHECK_STR(rewrite(t, PAGE("<br>") "rw:on('br', {element=function(e)\n"
                                      "note(pcall(e.onEndTag, e, note)) end})"),
              "<br>|false TypeError: onEndTag: this element has no end tag");
}

static void text_has_handlers(wfp_test_t *t)
{
    check(t,
          PAGE("a<p>b<i>c</i>d</p>e") "local s = ''\n"
                                      "rw:on('p', {text=function(c)\n"
                                      "s = s .. c.text c:remove()\n"
                                      "if c.lastInTextNode then\n"
                                      "c:replace(s:upper()) s = '' end end})",
          "a<p>B<i>C</i>D</p>e");
    CHECK_STR(rewrite(t,
                      PAGE(
                          "<p>b</p>") "rw:on('p', {text=function(c)\n"
                                      "if c.lastInTextNode then c:before('<1>')"
                                      ":after('<2>', {html=true}) end end})"),
              "<p>&lt;1&gt;b<2></p>");
    CHECK_STR(
        rewrite(
            t,
            PAGE(
                "<p>b&lt;</p><script>c<d</script>") "rw:onDocument{text=function(c)\n"
                                                    "note(c.text, c.lastInTextNode, c.removed)"
                                                    " end}"),
        "<p>b&lt;</p><script>c<d</script>|b&lt; true false;"
        "c<d true false");
}

static void comments_have_handlers(wfp_test_t *t)
{
    check(t,
          PAGE("<p><!--a--></p><!--b--><!c><?d>") "rw:on('p', {comments="
                                                  "function(c)\n"
                                                  "c.text = c.text .. '!' "
                                                  "c:before('1'):after('2') "
                                                  "end})\n"
                                                  ":onDocument{comments="
                                                  "function(c) if c.text == "
                                                  "'b' then c:remove() elseif "
                                                  "c.text == 'c' then\n"
                                                  "c:replace('3') elseif c.text"
                                                  " == '?d' then c.text = 'e' "
                                                  "end end}",
          "<p>1<!--a!-->2</p>3<!--e-->");
    CHECK_STR(
        rewrite(
            t,
            PAGE("<!--a-->") "rw:onDocument{comments=function(c)\n"
                             "for _, s in ipairs{'>', '->', 'a-->', 'a--!>b'}"
                             " do note(pcall(function() c.text = s end)) end\n"
                             "c.text = '-- > -' note(c.text, c.removed) end}"),
        "<!---- > --->|false TypeError: text must not end the comment;"
        "false TypeError: text must not end the comment;"
        "false TypeError: text must not end the comment;"
        "false TypeError: text must not end the comment;"
        "-- > - false");
}

static void documents_have_handlers(wfp_test_t *t)
{
    CHECK_STR(
        rewrite(
            t,
            PAGE(
                "<!DOCTYPE html PUBLIC \"a\" 'b'><p>") "rw:onDocument{doctype=function(d)\n"
                                                       "note(d.name, d.publicId, d.systemId) end,\n"
                                                       "['end']=function(e) e:append('<1>')"
                                                       ":append('<2>', {html=true}) end}"),
        "<!DOCTYPE html PUBLIC \"a\" 'b'><p>&lt;1&gt;<2>|html a b");
    CHECK_STR(
        rewrite(
            t,
            PAGE(
                "<!doctype html>") "rw:onDocument{doctype=function(d)\n"
                                   "note(d.name, d.publicId, d.systemId) end}"),
        "<!doctype html>|html nil nil");
}

static void handlers_run_in_order(wfp_test_t *t)
{
    CHECK_STR(
        rewrite(
            t,
            PAGE(
                "<p class=a>x</p>") "local function h(n) return {element=function(e)\n"
                                    "note(n) e:before(n) end, text=function(c) note("
                                    "n .. c.text) end} end\n"
                                    "rw:on('p', h(1)):on('.a', h(2)):on('p, .a', h(3))"
                                    ":on('b', h(4)):onDocument{text=function(c)\n"
                                    "note('d') end}"),
        "123<p class=a>x</p>|1;2;3;d;1x;2x;3x");
}

static void unfinished_markup_swallows_nothing(wfp_test_t *t)
{
    const char *end = "rw:onDocument{['end']=function(e) e:append('<i>', "
                      "{html=true}) end}";

    check(t, apr_pstrcat(t->pool, PAGE("a<b onerror=x "), end, NULL), "a<i>");
    check(t, apr_pstrcat(t->pool, PAGE("a<!-- b"), end, NULL), "a<!-- b--><i>");
    check(t, apr_pstrcat(t->pool, PAGE("a<!-- b --"), end, NULL),
          "a<!-- b ----><i>");
    check(t, apr_pstrcat(t->pool, PAGE("a<!b"), end, NULL), "a<!b><i>");
    check(t, apr_pstrcat(t->pool, PAGE("a<!doctype b"), end, NULL),
          "a<!doctype b><i>");
    check(t,
          PAGE("<body>a<b x=\"") "rw:on('body', {element=function(e)\n"
                                 "e:append('c') end})",
          "<body>ac");
    check(t, PAGE("a<b onerror=x ") "rw:onDocument{['end']=function() end}",
          "a<b onerror=x ");
}

/* Removing what stands between "<" and a name must not make a tag. */
static void texts_do_not_become_tags(wfp_test_t *t)
{
    const char *keep = "rw:on('x', {element=function(e) "
                       "e:removeAndKeepContent() end})"
                       ":onDocument{comments=function(c) c:remove() end}";

    check(t, apr_pstrcat(t->pool, PAGE("<<x>script>1<<x>/script>"), keep, NULL),
          "&lt;script>1&lt;/script>");
    check(t, apr_pstrcat(t->pool, PAGE("<<!---->b>"), keep, NULL), "&lt;b>");
    check(t, apr_pstrcat(t->pool, PAGE("<<x><b>"), keep, NULL), "<<b>");
    check(t, apr_pstrcat(t->pool, PAGE("<<x></x></>b>"), keep, NULL), "<</>b>");
    check(t, apr_pstrcat(t->pool, PAGE("<<x><</x>b>"), keep, NULL), "<&lt;b>");
    check(t, apr_pstrcat(t->pool, PAGE("a <<x>!--"), keep, NULL), "a &lt;!--");
    check(t, apr_pstrcat(t->pool, PAGE("a <"), keep, NULL), "a <");
    check(t, apr_pstrcat(t->pool, PAGE("a </"), keep, NULL), "a </");
    check(t,
          PAGE("a</") "rw:onDocument{['end']=function(e) e:append('b>') end}",
          "a&lt;/b&gt;");
    check(t,
          PAGE("a<") "rw:onDocument{['end']=function(e) e:append('<b>', "
                     "{html=true}) end}",
          "a<<b>");
    check(t, PAGE("<script>a<</script>") "rw:on('b', {})",
          "<script>a<</script>");
}

/* Run code that must fail; its error. */
static void a_body_does_not_read_itself(wfp_test_t *t)
{
    CHECK_STR(
        answer(t, apr_pstrcat(t->pool, before,
                              "local resp\n"
                              "rw:on('a', {element=function(e)\n"
                              "note(select(2, pcall(function() return "
                              "resp.body:read() end))) end})\n"
                              "resp = rw:transform(Response.new('x<a>y'))\n"
                              "local s = ''\n"
                              "while true do local c = resp.body:read()\n"
                              "if not c then break end s = s .. c end\n"
                              "return Response.new(s .. '|' .. log[1])\nend }",
                              NULL)),
        "x<a>y|nil");
}

static void transforms_nest_and_repeat(wfp_test_t *t)
{
    check(t,
          PAGE("<p>a</p>") "local two = HTMLRewriter.new():on('i', {element="
                           "function(e) e:setInnerContent('2') end})\n"
                           "local inner = rw rw = {transform=function(_, r)\n"
                           "return two:transform(inner:transform(r)) end}\n"
                           "inner:on('p', {element=function(e) e:append("
                           "'<i>1</i>', {html=true}) end})",
          "<p>a<i>2</i></p>");
    CHECK_STR(answer(t, apr_pstrcat(t->pool, before,
                                    "rw:on('b', {element=function(e) e:before("
                                    "'x') end})\nlocal s = ''\n"
                                    "for i = 1, 3 do s = s .. rw:transform("
                                    "Response.new('<b>')):text() end\n"
                                    "return Response.new(s)\nend }",
                                    NULL)),
              "x<b>x<b>x<b>");
    /* another transform in a handler of the first */
    check(t,
          PAGE("<p>a</p>") "rw:on('p', {element=function(e)\n"
                           "e:before(HTMLRewriter.new():on('q', {element="
                           "function(q) q:remove() end}):transform("
                           "Response.new('1<q>2</q>3')):text()) end})",
          "13<p>a</p>");
}

static void responses_keep_what_they_are(wfp_test_t *t)
{
    CHECK_STR(
        answer(t, apr_pstrcat(t->pool, before,
                              "local r = rw:transform(Response.new('<b>', {"
                              "status=404, statusText='Gone', headers={"
                              "['content-type']='text/html', ['content-length']"
                              "='3', etag='x'}}))\n"
                              "return Response.new(table.concat({r.status, "
                              "r.statusText, r.headers:get('content-type'), "
                              "tostring(r.headers:get('content-length')), "
                              "r.headers:get('etag'), r:text()}, ' '))\nend }",
                              NULL)),
        "404 Gone text/html nil x <b>");
    CHECK_STR(answer(t, apr_pstrcat(
                            t->pool, before,
                            "local r = rw:transform(Response.new(nil, {status="
                            "204}))\n"
                            "return Response.new(tostring(r.body) .. r.status)"
                            "\nend }",
                            NULL)),
              "nil204");
    CHECK_STR(
        answer(t, apr_pstrcat(t->pool, before,
                              "rw:on('b', {element=function(e) e:before('x') "
                              "end})\n"
                              "local r = fetch('https://e.example/', {method="
                              "'POST', body='<b>y'})\n"
                              "return rw:transform(r)\nend }",
                              NULL)),
        "x<b>y");
}

/* A handler may wait for the host. */
static void handlers_may_fetch(wfp_test_t *t)
{
    check(t,
          PAGE("<p>a</p>") "rw:on('p', {element=function(e)\n"
                           "e:append(fetch('https://e.example/', {method="
                           "'POST', body='b'}):text()) end})",
          "<p>ab</p>");
}

static const wfp_test_case_t cases[] = {
    { "untouched_pages_are_the_same", untouched_pages_are_the_same },
    { "content_goes_around_elements", content_goes_around_elements },
    { "elements_without_end_tag_end_with_what_is_around",
      elements_without_end_tag_end_with_what_is_around },
    { "removed_content_takes_all_with_it", removed_content_takes_all_with_it },
    { "attributes_are_read", attributes_are_read },
    { "attributes_are_set", attributes_are_set },
    { "attributes_are_removed", attributes_are_removed },
    { "changed_tags_say_what_was_asked", changed_tags_say_what_was_asked },
    { "names_change_at_both_ends", names_change_at_both_ends },
    { "end_tags_have_handlers", end_tags_have_handlers },
    { "text_has_handlers", text_has_handlers },
    { "comments_have_handlers", comments_have_handlers },
    { "documents_have_handlers", documents_have_handlers },
    { "handlers_run_in_order", handlers_run_in_order },
    { "unfinished_markup_swallows_nothing",
      unfinished_markup_swallows_nothing },
    { "texts_do_not_become_tags", texts_do_not_become_tags },
    { "a_body_does_not_read_itself", a_body_does_not_read_itself },
    { "transforms_nest_and_repeat", transforms_nest_and_repeat },
    { "responses_keep_what_they_are", responses_keep_what_they_are },
    { "handlers_may_fetch", handlers_may_fetch },
    { NULL, NULL },
};

int main(void)
{
    return fixture_main(cases);
}
