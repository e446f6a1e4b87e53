-- Why was an order sent, and what became of it?
-- Parameters:
--   $order = '*'              glob over client order ids
--   $account = '*'            glob over account ids
-- Columns:
--   intended_at           when it became durable, before it left, UTC
--   client_order_id       as the venue knows it
--   account               account id
--   symbol                unified symbol
--   said                  the order in one line
--   because               the alert and plan in one line
--   status                last known
--   policy_hash           policies in force; see audit policy_changes
select
    intended_at, client_order_id, account, symbol,
    format('{} {} of {} held, limit {}', direction, quantity_exact, held_exact,
           case limit_price_exact when '' then 'none' else limit_price_exact end) as said,
    format('{} of {}: {} at {}, limit {}; {} to {}', coalesce(rule, '?'), coalesce(subject, '?'),
           coalesce(action, '?'), coalesce(alert_value::varchar, '?'), coalesce(alert_limit::varchar, '?'),
           coalesce(value_before::varchar, '?'), coalesce(value_after::varchar, '?')) as because,
    status, policy_hash
from orders_explained
where client_order_id glob $order and account glob $account
order by intended_at, client_order_id
