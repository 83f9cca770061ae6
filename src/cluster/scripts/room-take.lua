-- So many numbers for those who came at a node in one batch, in the order in which they came: the first of them, or -1 while
-- nobody may be given one.
--
-- ARGV: count
if not isSettled() then return -1 end
local base = give(tonumber(ARGV[1]))
keep()
return cjson.encode({ base = base, next = next, serving = serving })
