-- A step of an event, or its undo, is one node's to do: the first that may. An undo that failed, of a node that is lost, is another one's.
--
-- KEYS: words of events (hash: '' -> { id, begun, … }), steps (hash: ACT STEP -> { owner, node, state, at }), members (hash: name -> row)
-- ARGV: what is undone (or the step itself), the step, owner, node, '1' if it may begin by itself, '1' if nobody else has for so long
--       that it may anyway, the table that it has read, ms in which a new table hears of steps that were done, lost after ms
local function isThere(mark)
  if mark.node == ARGV[4] then return mark.owner == ARGV[3] end
  local row = read(KEYS[3], mark.node)
  return row and math.abs(now - row.at) < tonumber(ARGV[9])
end

local isUndo, isLate = ARGV[1] ~= ARGV[2], ARGV[6] == '1'
local mark = read(KEYS[2], ARGV[2])
if mark and mark.owner ~= ARGV[3] then
  if not isUndo or mark.state == 'ended' then return cjson.encode(mark) end
  -- Whoever is in the middle of an undo may have done it, and tells when it is back. One with this node's name and another disk never is.
  local isOpen = mark.state == 'failed' or mark.node == ARGV[4]
  if not isOpen or not isLate or isThere(mark) then return '' end
elseif not mark then
  -- What another node has done it may not have told yet.
  local head = read(KEYS[1], '')
  if not head or head.id ~= ARGV[7] or now - head.begun < tonumber(ARGV[8]) then return '' end
  local mayBegin = ARGV[5] == '1'
  -- Who has done it knows best how it is undone.
  local did = isUndo and read(KEYS[2], ARGV[1])
  if did then mayBegin = did.owner == ARGV[3] end
  if not mayBegin and not isLate then return '' end
end
local mine = cjson.encode({ owner = ARGV[3], node = ARGV[4], state = 'begun', at = now })
redis.call('HSET', KEYS[2], ARGV[2], mine)
return mine
