
-- Which run of the server this is: what a table says may be older than what nodes know once it is another one.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
