-- A response that another node has offered.
--
-- KEYS: response (string)
return redis.call('GET', KEYS[1])
