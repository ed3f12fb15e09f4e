/* SPDX-License-Identifier: Apache-2.0 */
/* xml.decode and xml.encode: what is taken, what is refused and where, and that
 * each says what the other reads. */
#include "wfp_test.h"

#include "api_state.h"
#include "core/xml.h"

/* `show` writes an element as name{attributes}[children]. */
#define PRELUDE                                                                \
    "local function show(e) if type(e) ~= 'table' then return '\"' .. e .. "   \
    "'\"' end local a, c = {}, {} for k, v in pairs(e.attrs) do "              \
    "a[#a + 1] = k .. '=' .. v end table.sort(a) for i, v in ipairs(e) do "    \
    "c[i] = show(v) end return e.name .. '{' .. table.concat(a, ',') .. "      \
    "'}[' .. table.concat(c, ',') .. ']' end\n"                                \
    "local function try(s) local ok, e = pcall(xml.decode, s) if ok then "     \
    "return show(e) end return e.line and e.name .. ' ' .. e.line .. ':' .. "  \
    "e.column or tostring(e) end\n"                                            \
    "local function err(...) local ok, e = pcall(xml.encode, ...) "            \
    "return tostring(e) end\n"

#define XML(code, want)  RUN(PRELUDE code, want)
#define TAKES(text, to)  XML("return try([=[" text "]=])", to)
#define REFUSES(text, e) XML("return try([=[" text "]=])", "SyntaxError " e)

static void documents_are_taken(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    TAKES("<a/>", "a{}[]");
    TAKES("<a></a>", "a{}[]");
    TAKES("<?xml version='1.0'?><a/>", "a{}[]");
    TAKES("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><a/>",
          "a{}[]");
    TAKES("<?xml version='1.0' encoding='us-ascii'?><a/>", "a{}[]");
    TAKES("\xef\xbb\xbf<a/>", "a{}[]");
    TAKES("\n <!-- c --> <a/> <?pi x?> ", "a{}[]");
    TAKES("<a>text</a>", "a{}[\"text\"]");
    TAKES("<a><b/>one<c>two</c> </a>", "a{}[b{}[],\"one\",c{}[\"two\"],\" \"]");
    TAKES("<a b=\"c\" d='e'/>", "a{b=c,d=e}[]");
    TAKES("<a b='' c='>'/>", "a{b=,c=>}[]");
    TAKES("<p:a xmlns:p='urn:x' p:b='c'><p:d/></p:a>",
          "p:a{p:b=c,xmlns:p=urn:x}[p:d{}[]]");
    /* a prefix that is bound nowhere is a name like others */
    TAKES("<p:a q:b='c'/>", "p:a{q:b=c}[]");
    TAKES("<a:b:c d:e:f='g'/>", "a:b:c{d:e:f=g}[]");
    TAKES("<:a xmlns='urn:y' xmlns:p='no uri %' p:b='1' b='2'/>",
          ":a{b=2,p:b=1,xmlns:p=no uri %,xmlns=urn:y}[]");
    TAKES("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
          "a{p:b=1,q:b=2,xmlns:p=u,xmlns:q=u}[]");
    TAKES("<a xmlns=''/>", "a{xmlns=}[]");
    TAKES("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x20AC;</a>",
          "a{}[\"<>&\"'AB\xe2\x82\xac\"]");
    TAKES("<a b='&lt;&#10;&quot;'/>", "a{b=<\n\"}[]");
    TAKES("<a b='&amp;amp;&#38;lt;'/>", "a{b=&amp;&lt;}[]");
    TAKES("<a b='x\ty\nz'/>", "a{b=x y z}[]");
    XML("return try('<a>x\\r\\ny\\rz</a>')", "a{}[\"x\ny\nz\"]");
    TAKES("<a>x<![CDATA[<b>&amp;]]>y</a>", "a{}[\"x<b>&amp;y\"]");
    TAKES("<a>x<!-- <b c=d --->y<?pi <e?>z</a>",
          "SyntaxError 1:17"); /* "--" in a comment */
    TAKES("<a>x<!-- <b c=d -->y<?pi <e?>z</a>", "a{}[\"xyz\"]");
    TAKES("<a>x<![CDATA[]]]]><![CDATA[>]]></a>", "a{}[\"x]]>\"]");
    TAKES("<\xc3\xa9l\xc3\xa9ment/>", "\xc3\xa9l\xc3\xa9ment{}[]");
    TAKES("<a\n>\n</a\n>", "a{}[\"\n\"]");
    XML("local d = ('<a>'):rep(200) .. ('</a>'):rep(200) local e, n = "
        "xml.decode(d), 0 while e do e, n = e[1], n + 1 end return n",
        "200");
    XML("local s = ('x'):rep(3000000) return #xml.decode('<a>' .. s .. "
        "'</a>')[1]",
        "3000000");
    XML("local s = ('&amp;x'):rep(100000) return #xml.decode('<a>' .. s .. "
        "'</a>')[1]",
        "200000");
    XML("return #xml.decode('<a>' .. ('<b/>x'):rep(100000) .. '</a>')",
        "200000");
    lua_close(L);
}

static void malformed_texts_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    REFUSES("", "1:1");
    REFUSES(" ", "1:2");
    REFUSES("text", "1:1");
    REFUSES("<", "1:2");
    REFUSES("<a", "1:3");
    REFUSES("<a>", "1:4");
    REFUSES("<a/><b/>", "1:5");
    REFUSES("<a/>text", "1:5");
    REFUSES("<a></b>", "1:8");
    REFUSES("<a>\n <b>\n</a>", "3:5");
    REFUSES("<a b=c/>", "1:6");
    REFUSES("<a b/>", "1:5");
    REFUSES("<a b='c' b='d'/>", "1:15");
    REFUSES("<a xmlns:p=''/>", "1:14");
    REFUSES("<a b='<'/>", "1:7");
    REFUSES("<a>]]></a>", "1:4");
    REFUSES("<a>&</a>", "1:5");
    REFUSES("<a>&nbsp;</a>", "1:10");
    REFUSES("<a>&#0;</a>", "1:8");
    REFUSES("<a>&#1;</a>", "1:8");
    REFUSES("<a>&#xD800;</a>", "1:12");
    REFUSES("<a>&#x110000;</a>", "1:14");
    REFUSES("<a>\x01</a>", "1:4");
    REFUSES("<a>\xff</a>", "1:4");
    REFUSES("<a>\xc0\x80</a>", "1:4");
    REFUSES("<a>\xed\xa0\x80</a>", "1:4");
    REFUSES("<a b='\xff'/>", "1:7");
    REFUSES("<1a/>", "1:2");
    REFUSES("<a><!-- </a>", "1:13");
    REFUSES("<a><![CDATA[ </a>", "1:18");
    REFUSES("<a><?xml version='1.0'?></a>", "1:9");
    XML("return try('<a>\\0</a>')", "SyntaxError 1:4");
    XML("local ok, e = pcall(xml.decode, '<a>\\n<b></a>') return e.message",
        "Opening and ending tag mismatch: b line 2 and a in XML at line 2, "
        "column 8");
    lua_close(L);
}

static void what_reaches_out_is_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    REFUSES("<!DOCTYPE a><a/>", "1:1");
    REFUSES("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "1:1");
    REFUSES("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "1:1");
    REFUSES("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>"
            "<!ENTITY d '&b;&b;'>]><a>&d;</a>",
            "2:1");
    REFUSES("<!ENTITY a 'b'><a/>", "1:1");
    REFUSES("<a><!DOCTYPE b></a>", "1:4");
    REFUSES("<a><!ELEMENT b></a>", "1:4");
    /* other encodings, by declaration or by the first bytes */
    REFUSES("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "1:1");
    REFUSES("<?xml version='1.0' encoding=\"utf-7\"?><a/>", "1:1");
    REFUSES("<?xml version='1.0' encoding='UTF-16'?><a/>", "1:1");
    XML("return try('\\xfe\\xff\\0<\\0a')", "SyntaxError 1:3");
    XML("return try('\\x4c\\x6f\\xa7\\x94')", "SyntaxError 1:1");
    XML("return try('\\xff\\xfe<')", "SyntaxError 1:1");
    lua_close(L);
}

static void bounds_are_kept(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    XML("return try(('<a>'):rep(201) .. ('</a>'):rep(201))",
        "SyntaxError 1:603");
    XML("return try('<' .. ('n'):rep(1000) .. '/>'):sub(1, 4)", "nnnn");
    XML("return try('<' .. ('n'):rep(1001) .. '/>')", "SyntaxError 1:1003");
    XML("return try('<a ' .. ('n'):rep(1001) .. '=\"\"/>')",
        "SyntaxError 1:1008");
    XML("return #try('<a b=\"' .. ('v'):rep(200000) .. '\"/>')", "200007");
    XML("return try('<a b=\"' .. ('v'):rep(300000) .. '\"/>')",
        "SyntaxError 1:1");
    XML("local t = {} for i = 1, 256 do t[i] = ' a' .. i .. '=\"\"' end local "
        "s = '<x' .. table.concat(t) local n = 0 for k in pairs(xml.decode(s "
        ".. '/>').attrs) do n = n + 1 end return n .. try(s .. ' b=\"\"/>')",
        "256SyntaxError 1:1");
    /* very many names, each of them once */
    XML("local t = {} for i = 1, 100000 do t[i] = '<n' .. i .. '/>' end "
        "return (try('<a>' .. table.concat(t) .. '</a>'):gsub(' .*', ''))",
        "SyntaxError");
    XML("return try(('x'):rep(60000000))",
        "RangeError: xml.decode: the text is too large for the free memory");
    XML("local ok, e = pcall(xml.decode) return e.message",
        "xml.decode: the text must be a string, got nil");
    CHECK_INT(api_state.critical, 0);
    lua_close(L);
}

static void elements_are_written(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    XML("return xml.encode{name='a'}", "<a/>");
    XML("return xml.encode{name='a', attrs={}, ''}", "<a></a>");
    XML("return xml.encode{name='a', attrs={c='d', b=1, ['x:y']=1.5}, 'x', 2, "
        "{name='e'}}",
        "<a b=\"1\" c=\"d\" x:y=\"1.5\">x2<e/></a>");
    XML("return xml.encode{name='a', attrs={b='<>&\"\\'\\t\\n\\r'}, "
        "'<>&\"\\'\\t\\n\\r]]>'}",
        "<a b=\"&lt;&gt;&amp;&quot;'&#9;&#10;&#13;\">"
        "&lt;&gt;&amp;\"'\t\n&#13;]]&gt;</a>");
    XML("return xml.encode{name='\xc3\xa9-1.b', '\xe2\x82\xac\xf0\x9f\x98\x80'}",
        "<\xc3\xa9-1.b>\xe2\x82\xac\xf0\x9f\x98\x80</\xc3\xa9-1.b>");
    lua_close(L);
}

static void bad_elements_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    XML("return err()",
        "TypeError: xml.encode: the element must be a table, got nil");
    XML("return err{}", "TypeError: xml.encode: an element's `name` must be an "
                        "XML name, got nil");
    XML("local out = {} for _, n in ipairs{'', ' ', '1', '-a', '.a', 'a b', "
        "'a>', 'a/', 'a=\"b\"', 'a\\0', '\\xff', '\xc3\x97', 'a\xcd\xbe', "
        "('a'):rep(1001), '<', '&', 'a\\n'} do out[#out + 1] = pcall("
        "xml.encode, {name=n}) and n or 'x' end return table.concat(out)",
        "xxxxxxxxxxxxxxxxx");
    XML("return err{name='a', attrs='b'}",
        "TypeError: xml.encode: `attrs` must be a table, got string");
    XML("return err{name='a', attrs={[1]='b'}}",
        "TypeError: xml.encode: an attribute's name must be a string, got "
        "number");
    XML("return err{name='a', attrs={b=true}}",
        "TypeError: xml.encode: an attribute must be a string or a number, got "
        "boolean");
    XML("return err{name='a', attrs={['b c']='d'}}",
        "TypeError: xml.encode: an attribute's name must be an XML name, got a "
        "string that is no XML name");
    XML("return err{name='a', print}",
        "TypeError: xml.encode: a child must be an element, a string or a "
        "number, got function");
    XML("local out = {} for _, s in ipairs{'\\0', '\\1', '\\x1f', '\\xff', "
        "'\\xc0\\x80', '\\xed\\xa0\\x80', '\\xef\\xbf\\xbe', "
        "'\\xef\\xbf\\xbf'} do out[#out + 1] = (pcall(xml.encode, {name='a', "
        "s}) or pcall(xml.encode, {name='a', attrs={b=s}})) and s or 'x' end "
        "return table.concat(out)",
        "xxxxxxxx");
    XML("local a = {name='a'} a[1] = {name='b', a} return err(a)",
        "TypeError: xml.encode: an element cannot be inside itself, got a "
        "cycle");
    /* the same element twice is no cycle */
    XML("local b = {name='b'} return xml.encode{name='a', b, b}",
        "<a><b/><b/></a>");
    XML("local e = {name='a'} for i = 1, 199 do e = {name='a', e} end "
        "local n = #xml.encode(e) return n .. err{name='a', e}",
        "1397RangeError: xml.encode: nesting deeper than 200");
    /* raw: no metamethod runs */
    XML("return xml.encode(setmetatable({name='a'}, {__index=error, "
        "__len=error}))",
        "<a/>");
    XML("local a = {} for i = 1, 257 do a['n' .. i] = i end return "
        "err{name='a', attrs=a}",
        "TypeError: xml.encode: an element has at most 256 attributes, got "
        "more");
    lua_close(L);
}

/* Random elements: what was written is read as it was. */
static void each_reads_the_other(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    XML("local texts = {'x', '<', '&amp;', ']]>', '\"', \"'\", '\\r\\n', "
        "'\\t', ' ', '\xc3\xa9', '\xf0\x9f\x98\x80', '<![CDATA[', '--', "
        "'\\x7f', '&#10;'} "
        "local names = {'a', 'b:c', '_', 'x-y.z', '\xc3\xa9'} "
        "local function text() local s = '' for i = 1, math.random(4) do s = s "
        ".. texts[math.random(#texts)] end return s end "
        "local function make(depth) local e = {name=names[math.random(#names)],"
        "attrs={}} for i = 1, math.random(0, 3) do "
        "e.attrs[names[math.random(#names)]] = text() end local was_text "
        "for i = 1, depth > 0 and math.random(0, 4) or 0 do "
        "was_text = not was_text and math.random(2) == 1 "
        "e[i] = was_text and text() or make(depth - 1) end return e end "
        "for i = 1, 2000 do local e = make(4) local s = xml.encode(e) "
        "local again = xml.decode(s) assert(show(again) == show(e), show(again) .. ' IS NOT ' .. show(e)) "
        "assert(xml.encode(again) == s, s) end return 'fine'",
        "fine");
    lua_close(L);
}

#define LONG (8 * 1024 * 1024)

static int count_asks(void *baton)
{
    ++*(int *)baton;
    return 0;
}

/* Whoever must stop the reading is asked often, wherever the time goes: a text
 * of one byte again and again between two others, which is refused. */
static void stops_are_asked_for(wfp_test_t *t)
{
    static const struct {
        const char *before, *after;
        char fill;
    } rows[] = {
        { "<a><!--", "</a>", '-' },      { "<a><![CDATA[", "</a>", ']' },
        { "<a><?x ", "</a>", '?' },      { "<?xml ", "</a>", 'e' },
        { "<a>", "<!DOCTYPE a>", '\n' }, { "<a>", "</b>", '\n' },
    };
    char *events = apr_palloc(t->pool, wfp_xml_room(LONG + 64));
    char *text = apr_palloc(t->pool, LONG + 64);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_size_t before = strlen(rows[i].before), used;
        apr_size_t after = strlen(rows[i].after);
        wfp_xml_fault_t fault;
        int asks = 0;
        wfp_stop_t stop = { count_asks, &asks };

        memcpy(text, rows[i].before, before);
        memset(text + before, rows[i].fill, LONG);
        memcpy(text + before + LONG, rows[i].after, after);
        CHECK_INT(wfp_xml_read(events, &used, text, before + LONG + after,
                               &fault, &stop),
                  APR_EINVAL);
        CHECK(asks >= LONG / (1024 * 1024));
        if (rows[i].fill == '\n') {
            CHECK_INT(fault.line, LONG + 1);
        }
    }
}

static const wfp_test_case_t cases[] = {
    { "documents are taken", documents_are_taken },
    { "malformed texts are refused", malformed_texts_are_refused },
    { "what reaches out is refused", what_reaches_out_is_refused },
    { "bounds are kept", bounds_are_kept },
    { "elements are written", elements_are_written },
    { "bad elements are refused", bad_elements_are_refused },
    { "each reads the other", each_reads_the_other },
    { "stops are asked for", stops_are_asked_for },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
