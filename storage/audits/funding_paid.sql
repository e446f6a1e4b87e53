-- How much funding did each position pay or receive?
-- Parameters:
--   $account = '*'            glob over account ids
--   $since = '1970-01-01'     from this moment on, UTC
-- Columns:
--   account           account id
--   symbol            unified symbol
--   settlements       how many
--   amount_usd        + received, - paid, USD, to eight digits
--   first_settled_at  UTC
--   last_settled_at   UTC
select
    account, symbol, count(*) as settlements, sum(amount_usd::decimal(28, 8)) as amount_usd,
    min(settled_at) as first_settled_at, max(settled_at) as last_settled_at
from funding_income
where account glob $account and settled_at >= $since::timestamp
group by account, symbol
order by amount_usd, account, symbol
