-- Every unbroken run of cycles in which a rule could not be judged for a subject.
-- Columns:
--   rule             policy/rule
--   subject          what could not be judged
--   account          account id; empty above accounts
--   began_at         first such cycle, UTC
--   ended_at         last such cycle, UTC
--   cycles           how many in a row
--   unknown_reason   which input was missing at first
with numbered as (
    select snapshot_id, row_number() over (order by snapshot_id) as cycle from snapshots
),
unknown as (
    select
        verdicts.*, numbered.cycle,
        numbered.cycle - row_number() over (
            partition by verdicts.rule, verdicts.subject order by numbered.cycle
        ) as spell
    from verdicts
    join numbered on numbered.snapshot_id = verdicts.snapshot_id
    where verdicts.outcome = 'unknown'
)
select
    rule, subject, account, min(taken_at) as began_at, max(taken_at) as ended_at, count(*) as cycles,
    arg_min(unknown_reason, cycle) as unknown_reason
from unknown
group by rule, subject, account, spell
order by began_at, rule, subject
