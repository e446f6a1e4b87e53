-- In which hour was each account most leveraged?
-- Parameters:
--   $account = '*'            glob over account ids
--   $since = '1970-01-01'     from this moment on, UTC
-- Columns:
--   account            account id
--   hour_began_at      start of the hour, UTC
--   leverage_gross     highest in that hour, a multiple
--   margin_ratio       highest in that hour, a fraction; liquidation at 1
--   equity_usd_min     lowest equity in that hour, USD
select
    account, date_trunc('hour', taken_at) as hour_began_at, max(leverage_gross) as leverage_gross,
    max(margin_ratio) as margin_ratio, min(equity_usd) as equity_usd_min
from account_snapshots
where account glob $account and taken_at >= $since::timestamp
group by account, hour_began_at
qualify row_number() over (partition by account order by max(leverage_gross) desc nulls last, hour_began_at) = 1
order by account
