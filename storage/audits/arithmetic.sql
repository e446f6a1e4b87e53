-- Do the recorded numbers add up? Every row that contradicts another beyond rounding; none is the right answer.
-- Columns:
--   snapshot_id   see snapshots
--   account       account id
--   what          the equation that does not hold
--   stated        the number as recorded
--   computed      the number that the other columns give
with contradictions as (
    select snapshot_id, account, 'notional_usd = quantity * mark_price of ' || symbol as what,
        notional_usd as stated, quantity * mark_price as computed
    from positions
    union all
    select snapshot_id, account, 'unrealized_pnl_usd = quantity * (mark_price - entry_price) of ' || symbol,
        unrealized_pnl_usd, quantity * (mark_price - entry_price)
    from positions
    union all
    select snapshot_id, account, 'quantity = quantity_exact of ' || symbol, quantity, quantity_exact::double
    from positions
    union all
    select account_snapshots.snapshot_id, account_snapshots.account, 'positions = rows in positions',
        account_snapshots.positions, count(positions.symbol)
    from account_snapshots
    left join positions on positions.snapshot_id = account_snapshots.snapshot_id
        and positions.account = account_snapshots.account
    where account_snapshots.snapshot_id >= (select min(snapshot_id) from surfaces)
    group by account_snapshots.snapshot_id, account_snapshots.account, account_snapshots.positions
    union all
    select account_snapshots.snapshot_id, account_snapshots.account, 'exposure_gross_usd = sum of absolute notionals',
        account_snapshots.exposure_gross_usd, sum(abs(positions.notional_usd)::decimal(28, 8))::double
    from account_snapshots
    join positions on positions.snapshot_id = account_snapshots.snapshot_id
        and positions.account = account_snapshots.account
    group by account_snapshots.snapshot_id, account_snapshots.account, account_snapshots.exposure_gross_usd
    having bool_and(positions.notional_usd is not null)
)
select snapshot_id, account, what, stated, computed
from contradictions
where abs(stated - computed) > 1e-9 * greatest(1.0, abs(stated), abs(computed))
order by snapshot_id, account, what
