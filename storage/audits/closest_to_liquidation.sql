-- How near did each account come to liquidation, day by day?
-- Parameters:
--   $account = '*'            glob over account ids
--   $since = '1970-01-01'     from this moment on, UTC
-- Columns:
--   account                    account id
--   day                        UTC
--   liquidation_distance_min   nearest liquidation of any position, a fraction of the mark
--   happened_at                when, UTC
--   margin_ratio_max           highest of the day, a fraction; liquidation at 1
--   cycles_unknown             cycles in which the distance was not known
select
    account, taken_at::date as day, min(liquidation_distance_min) as liquidation_distance_min,
    arg_min(taken_at, liquidation_distance_min) as happened_at, max(margin_ratio) as margin_ratio_max,
    count(*) filter (liquidation_distance_min is null and positions > 0) as cycles_unknown
from account_snapshots
where account glob $account and taken_at >= $since::timestamp
group by account, day
order by account, day
