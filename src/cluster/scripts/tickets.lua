-- What session tickets are sealed with, itself sealed: the node that leads lays it down, and all take what lies there. Fenced, as trim is.
--
-- KEYS: lease (hash), seeds (string)
-- ARGV: token, seeds, ms for which they lie there; or nothing, to look
if ARGV[1] and redis.call('HGET', KEYS[1], 'token') == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
end
return redis.call('GET', KEYS[2])
