-- What scripts over rows of JSON begin with: a row of a hash.
local function read(key, field)
  local text = redis.call('HGET', key, field)
  return text and cjson.decode(text)
end

