-- Answers what it was asked, as JSON.
return {
    fetch = function(request)
        local headers = json.array({})
        for name, value in request.headers:entries() do
            headers[#headers + 1] = json.array({ name, value })
        end
        return Response.json({
            method = request.method,
            url = request.url,
            headers = headers,
            body = request:text(),
        })
    end,
}
