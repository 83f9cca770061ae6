-- One entry more in the purge log: it has the next number, and everybody is told.
--
-- KEYS: purge log's head (hash), purge log (stream)
-- ARGV: channel, the entry's own identity, node, order (JSON), entries kept, identity for a log not begun yet, '1' if it may be there already
if ARGV[7] == '1' then
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
    if entry[2][2] == ARGV[2] then return tonumber(string.match(entry[1], '^%d+')) end
  end
end
redis.call('HSETNX', KEYS[1], 'id', ARGV[6])
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[5], seq .. '-0', 'uid', ARGV[2], 'node', ARGV[3], 'order', ARGV[4])
redis.call('PUBLISH', ARGV[1], 'purge')
return seq
