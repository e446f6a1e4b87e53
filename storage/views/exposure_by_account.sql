-- What every account held at the last cycle.
-- Columns:
--   account                    account id
--   venue                      venue id
--   taken_at                   the moment of judging, UTC
--   quality                    worst data quality of the account: OK, STALE, PARTIAL or BLIND
--   positions                  open positions
--   equity_usd                 wallet balance plus unrealized profit, USD
--   exposure_gross_usd         sum of absolute notionals, USD
--   exposure_net_usd           sum of signed notionals, USD
--   leverage_gross             gross exposure over equity, a multiple
--   margin_ratio               maintenance margin over equity, a fraction; liquidation at 1
--   liquidation_distance_min   nearest liquidation, a fraction of the mark
select
    account, venue, taken_at, quality, positions, equity_usd, exposure_gross_usd, exposure_net_usd, leverage_gross,
    margin_ratio, liquidation_distance_min
from account_snapshots
where snapshot_id = (select max(snapshot_id) from snapshots)
order by account
