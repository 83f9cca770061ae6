-- A step of an event, or its undo, is one node's to do: the first that may.
--
-- KEYS: this step, and for an undo what it undoes (else the same)
-- ARGV: node, '1' if it may begin by itself, '1' if nobody else has for so long that it may anyway, how long this is remembered (ms)
local owner = redis.call('GET', KEYS[1])
if owner then return owner == ARGV[1] and 'mine' or 'theirs' end
local did = KEYS[2] ~= KEYS[1] and redis.call('GET', KEYS[2])
local mayBegin = ARGV[2] == '1'
-- Who has done it knows best how it is undone.
if did then mayBegin = did == ARGV[1] end
if not mayBegin and ARGV[3] ~= '1' then return 'wait' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
return 'mine'
