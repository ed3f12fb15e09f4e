local page = {}

function page.render(greeting, text)
  return greeting .. " from customer-a.\nThe origin says: " .. text
end

return page
