-- When did riskd not look? Every pause between two cycles that was longer than asked.
-- Parameters:
--   $seconds = '30'           shortest pause to report
-- Columns:
--   last_taken_at   last cycle before the pause, UTC
--   next_taken_at   first cycle after it, UTC
--   pause_seconds   seconds between them
--   said            what riskd journalled about itself in between
with pauses as (
    select taken_at as last_taken_at, lead(taken_at) over (order by snapshot_id) as next_taken_at from snapshots
)
select
    last_taken_at, next_taken_at, epoch(next_taken_at - last_taken_at) as pause_seconds,
    (
        select string_agg(kind || ': ' || detail, '; ' order by journal_sequence)
        from daemon_events
        where happened_at between last_taken_at and next_taken_at
    ) as said
from pauses
where epoch(next_taken_at - last_taken_at) > $seconds::double
order by last_taken_at
