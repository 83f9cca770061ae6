-- The draw of a scheduled opening is one for all nodes: who takes part, and the seed that was promised. Answers '' where there is
-- none: the opening is over, and nobody knows of a draw for it.
--
-- ARGV: what this node knows of it or proposes (JSON of { opens, seed, from, to }), '1' to close the list when it is time
local draw = head.draw and cjson.decode(head.draw) or nil
local proposed = cjson.decode(ARGV[1])
if not draw or draw.opens ~= proposed.opens then
  if now >= proposed.opens and not proposed.isKnown then return '' end
  draw = { opens = proposed.opens, seed = proposed.seed, from = math.max(next, proposed.from or 0), to = proposed.to }
  if proposed.isKnown then draw.from = proposed.from end
  next = math.max(next, draw.from)
end
if ARGV[2] == '1' and not draw.to and now >= draw.opens and isSettled() then draw.to = math.max(next, draw.from) end
redis.call('HSET', KEYS[1], 'draw', cjson.encode(draw))
keep()
return cjson.encode(draw)
