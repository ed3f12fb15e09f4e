/* SPDX-License-Identifier: Apache-2.0 */
/* The tokenizer's states in elements whose content is text. */
#include "tests/unit/html_fixture.h"

static void rcdata_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<title>x</title>y", "S(title)T(x)E(title)T(y)"),
        ROW("<textarea><b></textarea><b>", "S(textarea)T(<b>)E(textarea)S(b)"),
        ROW("<textarea><script></textarea>",
            "S(textarea)T(<script>)E(textarea)"),
        ROW("<title><!--</title>-->", "S(title)T(<!--)E(title)T(-->)"),
        ROW("<title>&lt;</title>", "S(title)T(&lt;)E(title)"),
        ROW("<title></title >x", "S(title)E(title)T(x)"),
        ROW("<title></title/>x", "S(title)E(title)T(x)"),
        ROW("<title></title a=b>x", "S(title)E(title a=b)T(x)"),
        ROW("<title></TITLE>x", "S(title)E(TITLE)T(x)"),
        ROW("<TITLE><b></title>x", "S(TITLE)T(<b>)E(title)T(x)"),
        ROW("<title></titlex></title>", "S(title)T(</titlex>)E(title)"),
        ROW("<title></titl></title>", "S(title)T(</titl>)E(title)"),
        ROW("<title></ title></title>", "S(title)T(</ title>)E(title)"),
        ROW("<title></</title>", "S(title)T(</)E(title)"),
        ROW("<title><</title>", "S(title)T(<)E(title)"),
        ROW("<title></title", "S(title)T(</title)"),
        ROW("<title></title ", "S(title)M(</title )"),
        ROW("<title></tit", "S(title)T(</tit)"),
        ROW("<title><", "S(title)T(<)"),
        ROW("<title>", "S(title)"),
        ROW("<title/>x<b></title>", "S(title /)T(x<b>)E(title)"),
        ROW("<title></textarea></title>", "S(title)T(</textarea>)E(title)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void rawtext_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<style>a<b></style><b>", "S(style)T(a<b>)E(style)S(b)"),
        ROW("<style><!--</style>-->", "S(style)T(<!--)E(style)T(-->)"),
        ROW("<style></style x>", "S(style)E(style x)"),
        ROW("<style></styles></style>", "S(style)T(</styles>)E(style)"),
        ROW("<xmp><b></xmp><b>", "S(xmp)T(<b>)E(xmp)S(b)"),
        ROW("<iframe><b></iframe><b>", "S(iframe)T(<b>)E(iframe)S(b)"),
        ROW("<noembed><b></noembed>", "S(noembed)T(<b>)E(noembed)"),
        ROW("<noframes><b></noframes>", "S(noframes)T(<b>)E(noframes)"),
        ROW("<noscript><b></noscript>", "S(noscript)T(<b>)E(noscript)"),
        ROW("<style>x", "S(style)T(x)"),
        ROW("<style>x</sty", "S(style)T(x</sty)"),
        ROW("<style></STYLE\n>x", "S(style)E(STYLE)T(x)"),
        ROW("<xmp></noxmp></xmp>", "S(xmp)T(</noxmp>)E(xmp)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void plaintext_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<plaintext>a<b></plaintext>", "S(plaintext)T(a<b></plaintext>)"),
        ROW("<plaintext><!-- ", "S(plaintext)T(<!-- )"),
        ROW("<plaintext>", "S(plaintext)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void script_data_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<script>x</script>y", "S(script)T(x)E(script)T(y)"),
        ROW("<script></script>", "S(script)E(script)"),
        ROW("<script>a<b</script>", "S(script)T(a<b)E(script)"),
        ROW("<script></SCRIPT >x", "S(script)E(SCRIPT)T(x)"),
        ROW("<script></script/>x", "S(script)E(script)T(x)"),
        ROW("<script></scriptx></script>", "S(script)T(</scriptx>)E(script)"),
        ROW("<script></script", "S(script)T(</script)"),
        ROW("<script></script\t", "S(script)M(</script\t)"),
        ROW("<script><", "S(script)T(<)"),
        ROW("<script></", "S(script)T(</)"),
        ROW("<script><</script>", "S(script)T(<)E(script)"),
        ROW("<script><!</script>", "S(script)T(<!)E(script)"),
        ROW("<script><!-</script>", "S(script)T(<!-)E(script)"),
        ROW("<script>'</div>'</script>", "S(script)T('</div>')E(script)"),
        ROW("<script>\0</script>", "S(script)T(\\0)E(script)"),
        ROW("<script><script></script>x", "S(script)T(<script>)E(script)T(x)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void script_escaped_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<script><!--x</script>y", "S(script)T(<!--x)E(script)T(y)"),
        ROW("<script><!--x--></script>y", "S(script)T(<!--x-->)E(script)T(y)"),
        ROW("<script><!--></script>", "S(script)T(<!-->)E(script)"),
        ROW("<script><!---></script>", "S(script)T(<!--->)E(script)"),
        ROW("<script><!--<b></script>", "S(script)T(<!--<b>)E(script)"),
        ROW("<script><!--</scriptx></script>",
            "S(script)T(<!--</scriptx>)E(script)"),
        ROW("<script><!--", "S(script)T(<!--)"),
        ROW("<script><!-- -", "S(script)T(<!-- -)"),
        ROW("<script><!-- --", "S(script)T(<!-- --)"),
        ROW("<script><!--</script", "S(script)T(<!--</script)"),
        ROW("<script><!--<", "S(script)T(<!--<)"),
        ROW("<script><!-- -</script>", "S(script)T(<!-- -)E(script)"),
        ROW("<script><!-- --</script>", "S(script)T(<!-- --)E(script)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void script_double_escaped_states(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<script><!--<script></script>x</script>y",
            "S(script)T(<!--<script></script>x)E(script)T(y)"),
        ROW("<script><!--<script></script>-->x</script>y",
            "S(script)T(<!--<script></script>-->x)E(script)T(y)"),
        ROW("<script><!--<script>--></script>y",
            "S(script)T(<!--<script>-->)E(script)T(y)"),
        ROW("<script><!--<script>x</script>",
            "S(script)T(<!--<script>x</script>)"),
        ROW("<script><!--<script ></script>x</script>",
            "S(script)T(<!--<script ></script>x)E(script)"),
        ROW("<script><!--<script/></script>x</script>",
            "S(script)T(<!--<script/></script>x)E(script)"),
        ROW("<script><!--<SCRIPT></ScRiPt >x</script>",
            "S(script)T(<!--<SCRIPT></ScRiPt >x)E(script)"),
        ROW("<script><!--<scriptx></script>y",
            "S(script)T(<!--<scriptx>)E(script)T(y)"),
        ROW("<script><!--<scrip></script>y",
            "S(script)T(<!--<scrip>)E(script)T(y)"),
        ROW("<script><!--<script-></script>y",
            "S(script)T(<!--<script->)E(script)T(y)"),
        ROW("<script><!--< script></script>y",
            "S(script)T(<!--< script>)E(script)T(y)"),
        ROW("<script><!--<script></scriptx></script>x</script>",
            "S(script)T(<!--<script></scriptx></script>x)E(script)"),
        ROW("<script><!--<script><b></script>x</script>",
            "S(script)T(<!--<script><b></script>x)E(script)"),
        ROW("<script><!--<script>-</script>x</script>",
            "S(script)T(<!--<script>-</script>x)E(script)"),
        ROW("<script><!--<script>-- ></script>x</script>",
            "S(script)T(<!--<script>-- ></script>x)E(script)"),
        ROW("<script><!--<script>--!></script>x</script>",
            "S(script)T(<!--<script>--!></script>x)E(script)"),
        ROW("<script><!--<script>---></script>x",
            "S(script)T(<!--<script>--->)E(script)T(x)"),
        ROW("<script><!--<script></scr", "S(script)T(<!--<script></scr)"),
        ROW("<script><!--<script><</script>x</script>",
            "S(script)T(<!--<script><</script>x)E(script)"),
        ROW("<script><!--<script><!--</script>x</script>",
            "S(script)T(<!--<script><!--</script>x)E(script)"),
        ROW_END,
    };

    html_check(t, rows);
}

static void cdata_section_state(wfp_test_t *t)
{
    static const html_row_t rows[] = {
        ROW("<svg><![CDATA[x]]>y", "S(svg)M(<![CDATA[)T(x)M(]]>)T(y)"),
        ROW("<svg><![CDATA[<b>]]>", "S(svg)M(<![CDATA[)T(<b>)M(]]>)"),
        ROW("<svg><![CDATA[]]>", "S(svg)M(<![CDATA[)M(]]>)"),
        ROW("<svg><![CDATA[]]]>", "S(svg)M(<![CDATA[)T(])M(]]>)"),
        ROW("<svg><![CDATA[a]b]]c]]>", "S(svg)M(<![CDATA[)T(a]b]]c)M(]]>)"),
        ROW("<svg><![CDATA[]]", "S(svg)M(<![CDATA[)T(]])"),
        ROW("<svg><![CDATA[", "S(svg)M(<![CDATA[)"),
        ROW("<svg><![CDATA", "S(svg)C([CDATA)"),
        ROW("<svg><![cdata[x]]>", "S(svg)C([cdata[x]])"),
        ROW("<math><![CDATA[x]]>", "S(math)M(<![CDATA[)T(x)M(]]>)"),
        ROW("<svg></svg><![CDATA[x]]>", "S(svg)E(svg)C([CDATA[x]])"),
        ROW("<svg/><![CDATA[x]]>", "S(svg /)C([CDATA[x]])"),
        ROW_END,
    };

    html_check(t, rows);
}

static const wfp_test_case_t cases[] = {
    { "rcdata_states", rcdata_states },
    { "rawtext_states", rawtext_states },
    { "plaintext_state", plaintext_state },
    { "script_data_states", script_data_states },
    { "script_escaped_states", script_escaped_states },
    { "script_double_escaped_states", script_double_escaped_states },
    { "cdata_section_state", cdata_section_state },
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
