-- Another customer: answers by itself, shows the request as JSON.

return {
  fetch = function(request, env, ctx)
    local headers = {}
    for name, value in request.headers:entries() do
      headers[name] = value
    end
    return Response.json({
      worker = "customer-b",
      customer = ctx.props.customer,
      method = request.method,
      url = request.url,
      headers = headers,
    })
  end,
}
