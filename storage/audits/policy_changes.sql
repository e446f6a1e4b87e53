-- Which policies were in force, since when, and who brought them?
-- Columns:
--   activated_at    UTC
--   policy_hash     of all files together
--   file            path as configured
--   characters      length of the file
--   actor           who; empty for riskd at its start
--   cycles          cycles judged under these policies
select
    policies.activated_at, policies.policy_hash, policies.file, length(policies.policy_text) as characters,
    policies.actor,
    (select count(*) from snapshots where snapshots.policy_hash = policies.policy_hash) as cycles
from policies
order by policies.activated_at, policies.file
