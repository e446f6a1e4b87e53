-- Every alert that is pending, firing, clearing or unknown now, worst first.
-- Columns:
--   rule          policy/rule
--   subject       what it is about
--   account       account id; empty above accounts
--   condition     pending, firing or clearing; ok when only unknown
--   level         warn, breach or critical
--   is_unknown    data has been missing for longer than the rule holds
--   opened_at     when this episode began, UTC; NULL when not firing
--   changed_at    last change, UTC
--   last_change   kind of the last change
--   reason        why it changed
--   value         measured at the last change, in the measure's unit
--   limit_value   limit at the last change
--   episode       counted up at each firing
with newest as (
    select * from alert_states
    qualify row_number() over (partition by rule, subject order by journal_sequence desc) = 1
),
last_event as (
    select * from alert_events
    qualify row_number() over (partition by rule, subject order by journal_sequence desc) = 1
)
select
    newest.rule, newest.subject, newest.account, newest.condition, newest.level, newest.is_unknown, newest.opened_at,
    newest.happened_at as changed_at, last_event.kind as last_change, last_event.reason, last_event.value,
    last_event.limit_value, newest.episode
from newest
left join last_event on last_event.rule = newest.rule and last_event.subject = newest.subject
where newest.condition <> 'ok' or newest.is_unknown
order by list_position(['critical', 'breach', 'warn', 'ok'], newest.level), newest.opened_at, newest.rule, newest.subject
