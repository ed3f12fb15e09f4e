/* SPDX-License-Identifier: Apache-2.0 */
/* FormData: as an object, out of bodies, into bodies. */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

/* show(form): "name=value name=file(name,type,bytes)" */
#define SHOW                                                                   \
    "local function show(f) local o = {} for k, v in pairs(f) do "             \
    "if type(v) == 'string' then o[#o + 1] = k .. '=' .. v else "              \
    "o[#o + 1] = k .. '=file(' .. table.concat({v.name, v.type, v.size, "      \
    "v:text()}, ',') .. ')' end end return table.concat(o, ' ') end "

/* read(type, body): the form of a Response */
#define READ                                                                   \
    SHOW "local function read(t, b) return show(Response.new(b, {headers = "   \
         "{['content-type'] = t}}):formData()) end "                           \
         "local M = 'multipart/form-data; boundary=xx' "                       \
         "local D = 'Content-Disposition: form-data; ' "

static void form_is_a_list(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN(SHOW "local f = FormData.new() f:append('a', 1) f:append('b', 'x') "
             "f:append('a', 2.5) return show(f)",
        "a=1 b=x a=2.5");
    RUN("local f = FormData() f:append('a', '1') f:append('a', '2') return "
        "f:get('a') .. table.concat(f:getAll('a')) .. #f:getAll('b') .. "
        "tostring(f:get('b')) .. tostring(f:has('a')) .. tostring(f:has('b'))",
        "1120niltruefalse");
    RUN(SHOW "local f = FormData.new() for i = 1, 3 do f:append('a', i) "
             "f:append('b', i) end f:set('a', 'x') f:set('c', 'y') return "
             "show(f)",
        "a=x b=1 b=2 b=3 c=y");
    RUN(SHOW "local f = FormData.new() for i = 1, 3 do f:append('a', i) "
             "f:append('b', i) end f:delete('a') f:delete('z') return show(f)",
        "b=1 b=2 b=3");
    RUN("local f = FormData.new() f:append('a', '1') f:append('b', '2') local "
        "o = '' for k in f:keys() do o = o .. k end for v in f:values() do o "
        "= o .. v end for k, v in f:entries() do o = o .. k .. v end return o",
        "ab12a1b2");
    RUN("local f = FormData.new() f:append('a', 1) local n = 0 for k in "
        "pairs(f) do f:append('b', 1) f:delete('a') n = n + 1 end return n",
        "1");
    RUN("return json.encode(FormData.new():getAll('x'))", "[]");
    lua_close(L);
}

static void files_are_values(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN(SHOW "local f = FormData.new() f:append('a', {name='n.txt', "
             "type='text/plain', data='xyz'}) f:set('b', {data=7}) return "
             "show(f)",
        "a=file(n.txt,text/plain,3,xyz) b=file(blob,,1,7)");
    RUN(SHOW "local f = FormData.new() f:append('a', {data='x'}, 'other') "
             "f:append('b', f:get('a')) f:append('c', f:get('a'), 'more') "
             "return show(f)",
        "a=file(other,,1,x) b=file(other,,1,x) c=file(more,,1,x)");
    RUN("local f = FormData.new() f:append('a', {data='x'}) local v = "
        "f:get('a') return v:bytes() .. v:arrayBuffer() .. "
        "tostring(v == f:get('a'))",
        "xxtrue");
    RUN("local f = FormData.new() f:append('a', {data='x'}) f:get('a').name = "
        "'y'",
        "TypeError: Cannot assign to read only property 'name'");
    RUN("local f = FormData.new() f:append('a', {data='x'}) return "
        "f:get('a').nothing",
        "nil");
    lua_close(L);
}

static void arguments_are_checked(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

#define REFUSED(call, want) RUN("local f = FormData.new() " call, want)
    REFUSED("f:append()",
            "TypeError: FormData.append: the name must be a string, got nil");
    REFUSED("f:append({}, 'x')",
            "TypeError: FormData.append: the name must be a string, got table");
    REFUSED("f:append('a')", "TypeError: FormData.append: the value must be a "
                             "string or a file, got nil");
    REFUSED("f:set('a', true)", "TypeError: FormData.set: the value must be a "
                                "string or a file, got boolean");
    REFUSED("f:set('a', f)", "TypeError: FormData.set: the value must be a "
                             "string or a file, got userdata");
    REFUSED("f:append('a', {})",
            "TypeError: FormData.append: the data must be a string, got nil");
    REFUSED("f:append('a', {data='', name={}})",
            "TypeError: FormData.append: the name must be a string, got table");
    REFUSED("f:append('a', {data='', type={}})",
            "TypeError: FormData.append: the type must be a string, got table");
    REFUSED("f:append('a', {data='', type='a\\r\\nb'})",
            "TypeError: FormData.append: type must be a media type");
    REFUSED("f:append('a', 'x', 'name')",
            "TypeError: FormData.append: a filename needs a file as value");
    REFUSED("f:append('a', {data=''}, {})",
            "TypeError: FormData.append: the filename must be a string, got "
            "table");
    REFUSED("f:get()",
            "TypeError: FormData.get: the name must be a string, got nil");
    REFUSED("f:getAll({})",
            "TypeError: FormData.getAll: the name must be a string, got table");
    REFUSED("f:has()",
            "TypeError: FormData.has: the name must be a string, got nil");
    REFUSED("f:delete()",
            "TypeError: FormData.delete: the name must be a string, got nil");
    REFUSED("f.append('a', 'b')",
            "TypeError: FormData expected, got string (call methods with a "
            "colon)");
    REFUSED("f:append('a', setmetatable({}, {__index = function() return 'x' "
            "end}))",
            "TypeError: FormData.append: the data must be a string, got nil");
    REFUSED("f.x = 1", "TypeError: Cannot assign to read only property 'x'");
#undef REFUSED
    RUN("FormData.new({})",
        "TypeError: FormData.new: no argument expected, got table");
    RUN("return getmetatable(FormData.new())", "nil");
    lua_close(L);
}

static void bodies_become_forms(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN(READ "return read('application/x-www-form-urlencoded', "
             "'a=1+2&b=%26%zz&c&=d&&a=3')",
        "a=1 2 b=&%zz c= =d a=3");
    RUN(READ "return read('Application/X-WWW-Form-Urlencoded;charset=x', "
             "'?a=1')",
        "?a=1");
    RUN(READ "return read(M, '--xx\\r\\n' .. D .. 'name=\"a\"\\r\\n\\r\\n1\\r"
             "\\n--xx\\r\\n' .. D .. 'name=f; filename=\"p.png\"\\r\\n"
             "Content-Type: image/png\\r\\n\\r\\n\\r\\n-\\r\\n--xx--')",
        "a=1 f=file(p.png,image/png,3,\r\n-)");
    RUN(READ "return read(M, '--xx\\r\\n' .. D .. 'name=f; filename=\"\"\\r\\n"
             "\\r\\n\\r\\n--xx--')",
        "f=file(,text/plain,0,)");
    RUN(READ "return read(M, '--xx--')", "");
    RUN(READ "return read(M, 'nothing')",
        "TypeError: formData: the closing boundary is missing");
    RUN(READ "return read('multipart/form-data', '--xx--')",
        "TypeError: formData: the Content-Type has no good boundary");
    RUN(READ "return read('text/plain', 'a=1')",
        "TypeError: formData: Content-Type must be multipart/form-data or "
        "application/x-www-form-urlencoded");
    RUN("return request:formData()",
        "TypeError: formData: Content-Type must be multipart/form-data or "
        "application/x-www-form-urlencoded");
    RUN("return Response.new(nil, {headers={['content-type']="
        "'multipart/form-data; boundary=x'}}):formData()",
        "TypeError: formData: the closing boundary is missing");
    RUN("local r = Response.new(URLSearchParams{a='1'}) local f = r:formData() "
        "return f:get('a') .. tostring(r.bodyUsed) .. tostring(pcall("
        "r.formData, r))",
        "1truefalse");
    RUN("local r = Response.new(URLSearchParams{a='1'}) r.body:read(1) return "
        "r:formData()",
        "TypeError: Body has already been used");
    RUN("return request.formData(FormData.new())",
        "TypeError: Request or Response expected, got userdata (call methods "
        "with a colon)");
    lua_close(L);
}

static void bodies_come_in_any_pieces(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN(READ
        "local body = '--xx\\r\\n' .. D .. 'name=\"a\"\\r\\n\\r\\n' .. "
        "('v\\r\\n--x'):rep(9) .. '\\r\\n--xx\\r\\n' .. D .. 'name=b; "
        "filename=c\\r\\n\\r\\n\\r\\n--xx--' local want = read(M, body) "
        "for size = 1, #body do local at = 1 local got = read(M, function() "
        "if at <= #body then at = at + size return body:sub(at - size, at - 1) "
        "end end) if got ~= want then return size end end return #want",
        "80");
    lua_close(L);
}

static void forms_become_bodies(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local f = FormData.new() f:append('a', '1') f:append('f', {name='x', "
        "data='yz'}) local r = Response.new(f) local b = r.headers:get("
        "'content-type'):match('^multipart/form%-data; boundary=(%x+)$') "
        "local got = r:text():gsub(b, 'B'):gsub('\\r\\n', '|') return #b .. "
        "got",
        "32--B|Content-Disposition: form-data; name=\"a\"||1|--B|Content-"
        "Disposition: form-data; name=\"f\"; filename=\"x\"|Content-Type: "
        "application/octet-stream||yz|--B--|");
    RUN("return Response.new(FormData.new()):text():gsub('%x+', 'B')",
        "--B--\r\n");
    RUN("local a, b = Response.new(FormData.new()), Response.new("
        "FormData.new()) return tostring(a.headers:get('content-type') == "
        "b.headers:get('content-type'))",
        "false");
    RUN(SHOW "local f = FormData.new() for _, n in ipairs{'', '\"', "
             "'\\r\\n', '\\\\', '\\\\\\\\', 'a\\\\\\\\b\\\\', 'a\\\\b', "
             "'\\\\\"', '; x=y', '\xc3\xa9\\xff'} do f:append(n, n .. "
             "'\\0') f:append(n, {name = n, type = 'a/b', data = n .. "
             "'\\r\\n--'}) end local again = Response.new(f):formData() "
             "return tostring(show(f) == show(again))",
        "true");
    RUN("local f = FormData.new() f:append('a\\0b', '') return Response.new("
        "f)",
        "TypeError: FormData: a name with a NUL cannot be sent");
    RUN("local f = FormData.new() f:append('a', 'b') local r = Request.new("
        "'http://a/', {method='POST', body=f}) return r:formData():get('a')",
        "b");
    RUN("return Response.new(FormData.new(), {headers={['content-type']="
        "'a/b'}}).headers:get('content-type')",
        "a/b");
    RUN("local f = FormData.new() f:append('a', 'b') local r = fetch("
        "'http://a/', {method='POST', body=f}) return r:text():match('\\r\\n"
        "\\r\\nb\\r\\n') and 'sent'",
        "sent");
    api_state.generation = 0;
    RUN("return Response.new(FormData.new())",
        "Error: Disallowed operation called within global scope");
    lua_close(L);
}

static void what_does_not_fit_is_an_error(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    api_state.free_bytes = 4000;
    RUN("local f = FormData.new() f:append('a', ('x'):rep(4000)) local ok, e = "
        "pcall(Response.new, f) return e.code",
        "body_too_large");
    RUN("local r = Response.new('--x\\r\\nContent-Disposition: form-data; "
        "name=a\\r\\n\\r\\n' .. ('x'):rep(3000) .. '\\r\\n--x--', {headers="
        "{['content-type']='multipart/form-data; boundary=x'}}) local ok, e = "
        "pcall(r.formData, r) return e.code",
        "body_too_large");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "form: a list", form_is_a_list },
    { "form: files", files_are_values },
    { "form: arguments", arguments_are_checked },
    { "form: out of bodies", bodies_become_forms },
    { "form: bodies in pieces", bodies_come_in_any_pieces },
    { "form: into bodies", forms_become_bodies },
    { "form: too large", what_does_not_fit_is_an_error },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
