-- How long each rule and subject stood beyond its breach limit, as judged cycle by cycle.
-- A verdict counts until the next cycle, but for a minute at most: what happened while riskd was down is not known.
-- Columns:
--   rule              policy/rule
--   subject           what was judged
--   account           account id; empty above accounts
--   cycles            cycles judged breach or critical
--   breach_seconds    time in breach or critical, seconds
--   critical_seconds  time in critical, seconds
--   first_at          first such cycle, UTC
--   last_at           last such cycle, UTC
with spans as (
    select snapshot_id, taken_at, least(60.0, epoch(lead(taken_at) over (order by snapshot_id) - taken_at)) as seconds
    from snapshots
)
select
    verdicts.rule, verdicts.subject, verdicts.account, count(*) as cycles,
    coalesce(sum(spans.seconds::decimal(18, 6)), 0)::double as breach_seconds,
    coalesce(sum(spans.seconds::decimal(18, 6)) filter (verdicts.outcome = 'critical'), 0)::double as critical_seconds,
    min(spans.taken_at) as first_at, max(spans.taken_at) as last_at
from verdicts
join spans on spans.snapshot_id = verdicts.snapshot_id
where verdicts.outcome in ('breach', 'critical')
group by verdicts.rule, verdicts.subject, verdicts.account
order by breach_seconds desc, verdicts.rule, verdicts.subject
