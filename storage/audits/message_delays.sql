-- How long did each message take to reach people, and which never did?
-- Columns:
--   queued_at       UTC
--   message_key     key of the message
--   level           ok, warn, breach or critical
--   headline        what it said
--   channel         channel that took it; NULL when none has
--   delivered_at    UTC; NULL when not delivered
--   delay_seconds   seconds from queue to delivery
with queued as (select * from messages where state = 'queued'),
delivered as (select * from messages where state = 'delivered')
select
    queued.happened_at as queued_at, queued.message_key, queued.level, queued.headline, delivered.channel,
    delivered.happened_at as delivered_at, epoch(delivered.happened_at - queued.happened_at) as delay_seconds
from queued
left join delivered on delivered.message_key = queued.message_key
    and delivered.journal_sequence > queued.journal_sequence
order by delivered_at is not null, delay_seconds desc, queued.journal_sequence
