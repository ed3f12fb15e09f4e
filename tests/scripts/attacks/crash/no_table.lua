-- The module returns no table.
-- outcome: exception or refused
return 42
