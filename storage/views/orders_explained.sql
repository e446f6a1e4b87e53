-- Every order that riskd ever meant to send: what became of it, and the plan, alert and policy that asked for it.
-- Columns:
--   intended_at           when it became durable, before it left, UTC
--   account               account id
--   symbol                unified symbol
--   direction             BUY or SELL
--   held_exact            base units held at the read just before, signed
--   quantity_exact        base units ordered
--   limit_price_exact     quote per base; empty for a market order
--   status                last known: intended (nothing known), filled, rejected and so on
--   filled_exact          base units filled
--   average_price_exact   quote per base
--   settled_at            when the last was known, UTC
--   plan_id               see plans
--   action                deleverage or close
--   value_before          the measure before, in its unit
--   value_after           the measure as planned
--   target                the measure as wanted
--   rule                  policy/rule
--   subject               subject of the alert
--   alert_fired_at        when the alert last fired or escalated before the plan, UTC
--   alert_value           measured then
--   alert_limit           limit then
--   policy_hash           policies in force at the snapshot of the plan; see policies
--   client_order_id       as the venue knows it
with last_receipt as (
    select * from receipts
    qualify row_number() over (partition by client_order_id order by journal_sequence desc) = 1
),
cause as (
    select plans.plan_id, alert_events.happened_at, alert_events.value, alert_events.limit_value
    from plans
    join alert_events on alert_events.rule = plans.rule
        and alert_events.subject = plans.subject
        and alert_events.episode = plans.alert_episode
        and alert_events.kind in ('fired', 'escalated')
        and alert_events.journal_sequence < plans.journal_sequence
    qualify row_number() over (partition by plans.plan_id order by alert_events.journal_sequence desc) = 1
)
select
    intents.happened_at as intended_at, intents.account, intents.symbol, intents.direction, intents.held_exact,
    intents.quantity_exact, intents.limit_price_exact, coalesce(last_receipt.status, 'intended') as status,
    last_receipt.filled_exact, last_receipt.average_price_exact, last_receipt.happened_at as settled_at,
    intents.plan_id, plans.action, plans.value_before, plans.value_after, plans.target, plans.rule, plans.subject,
    cause.happened_at as alert_fired_at, cause.value as alert_value, cause.limit_value as alert_limit,
    snapshots.policy_hash, intents.client_order_id
from intents
left join plans on plans.plan_id = intents.plan_id
left join last_receipt on last_receipt.client_order_id = intents.client_order_id
left join cause on cause.plan_id = intents.plan_id
left join snapshots on snapshots.snapshot_id = plans.snapshot_id
order by intents.journal_sequence
