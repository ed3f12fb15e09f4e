-- fetch is no function.
-- outcome: exception or refused or invalid_response
return { fetch = "no function" }
