-- What did waivers let pass? Each waiver that held of something, how often it was needed, and how far it was used.
-- Columns:
--   waiver           id of the waiver; its text is in policies, with the file that held it
--   rule             policy/rule
--   subject          whose limit was loosened
--   cycles           cycles in which it held and the value was known
--   waived           cycles in which only the waiver kept the value within its limit
--   waived_share     waived over cycles, a fraction
--   value_max        largest value while it held, in the measure's unit
--   utilisation_max  largest use of the waiver's own breach limit; NULL when suspended
--   first_at         first cycle under it, UTC
--   last_at          last cycle under it, UTC
select
    verdicts.waiver, verdicts.rule, verdicts.subject,
    count(*) as cycles,
    count(*) filter (verdicts.outcome = 'waived') as waived,
    count(*) filter (verdicts.outcome = 'waived') / count(*) as waived_share,
    max(verdicts.value) as value_max, max(verdicts.utilisation) as utilisation_max,
    min(verdicts.taken_at) as first_at, max(verdicts.taken_at) as last_at
from verdicts
where verdicts.waiver is not null and verdicts.outcome <> 'unknown'
group by verdicts.waiver, verdicts.rule, verdicts.subject
order by first_at, verdicts.waiver
