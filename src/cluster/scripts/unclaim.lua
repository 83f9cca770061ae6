-- What is stored under this key is not true any more: nobody is to be given what was fetched before.
--
-- KEYS: claim (hash), response (string)
return redis.call('DEL', KEYS[1], KEYS[2])
