-- What each cycle saw and concluded.
-- All times are UTC. Money is in the settlement currency, counted at par with the US dollar. NULL means unknown, never 0.
-- No table has a key or an index: rows are only ever appended, and each snapshot is written whole or not at all.

create table snapshots (
    snapshot_id         bigint not null,
    taken_at            timestamp not null,
    policy_hash         varchar not null,
    digest              varchar not null,
    quality_worst       varchar not null,
    accounts            bigint not null,
    positions           bigint not null,
    resting_orders      bigint not null,
    verdicts_judged     bigint not null,
    verdicts_recorded   bigint not null,
    duration_ms         double
);
comment on table snapshots is 'One row a cycle: the moment at which the whole book was judged.';
comment on column snapshots.snapshot_id is 'Counted up by the daemon, never reused.';
comment on column snapshots.taken_at is 'The moment of judging, UTC.';
comment on column snapshots.policy_hash is 'sha256 of the policies in force; see policies.';
comment on column snapshots.digest is 'sha256 over the rows of this snapshot in all other tables; also in the journal.';
comment on column snapshots.quality_worst is 'Worst data quality of any surface: OK, STALE, PARTIAL or BLIND.';
comment on column snapshots.accounts is 'Number of accounts.';
comment on column snapshots.positions is 'Number of open positions.';
comment on column snapshots.resting_orders is 'Number of resting orders.';
comment on column snapshots.verdicts_judged is 'Number of verdicts: subjects of every rule.';
comment on column snapshots.verdicts_recorded is 'How many of them are in verdicts: all, or (of more than 2,000) those near a limit or beyond.';
comment on column snapshots.duration_ms is 'From the first read to the last verdict, milliseconds.';

create table account_snapshots (
    snapshot_id                bigint not null,
    taken_at                   timestamp not null,
    account                    varchar not null,
    venue                      varchar not null,
    quality                    varchar not null,
    positions                  bigint not null,
    equity_usd                 double,
    wallet_balance_usd         double,
    cross_wallet_balance_usd   double,
    available_balance_usd      double,
    initial_margin_usd         double,
    maintenance_margin_usd     double,
    margin_ratio               double,
    exposure_gross_usd         double,
    exposure_net_usd           double,
    leverage_gross             double,
    liquidation_distance_min   double,
    hedge_mode                 boolean not null
);
comment on table account_snapshots is 'One row an account a cycle.';
comment on column account_snapshots.snapshot_id is 'See snapshots.';
comment on column account_snapshots.taken_at is 'The moment of judging, UTC.';
comment on column account_snapshots.account is 'Account id, as configured.';
comment on column account_snapshots.venue is 'Venue id.';
comment on column account_snapshots.quality is 'Worst data quality of the surfaces of this account.';
comment on column account_snapshots.positions is 'Number of open positions.';
comment on column account_snapshots.equity_usd is 'Wallet balance plus unrealized profit of all positions.';
comment on column account_snapshots.wallet_balance_usd is 'Cash in the futures wallet.';
comment on column account_snapshots.cross_wallet_balance_usd is 'Cash that backs the cross positions.';
comment on column account_snapshots.available_balance_usd is 'What may still be used, as the venue states it.';
comment on column account_snapshots.initial_margin_usd is 'Sum over positions and orders, as the venue states it.';
comment on column account_snapshots.maintenance_margin_usd is 'Sum over positions, as the venue states it.';
comment on column account_snapshots.margin_ratio is 'Maintenance margin over equity: 0 safe, from 1 on liquidation.';
comment on column account_snapshots.exposure_gross_usd is 'Sum of the absolute notionals.';
comment on column account_snapshots.exposure_net_usd is 'Sum of the signed notionals: long +, short -.';
comment on column account_snapshots.leverage_gross is 'Gross exposure over equity, a multiple; infinity without equity.';
comment on column account_snapshots.liquidation_distance_min is 'Smallest distance from mark to liquidation price of any position, a fraction of the mark.';
comment on column account_snapshots.hedge_mode is 'True when long and short of a symbol are held apart.';

create table positions (
    snapshot_id              bigint not null,
    taken_at                 timestamp not null,
    account                  varchar not null,
    venue                    varchar not null,
    symbol                   varchar not null,
    side                     varchar not null,
    position_side            varchar not null,
    strategy                 varchar not null,
    quantity                 double,
    quantity_exact           varchar not null,
    entry_price              double,
    mark_price               double,
    notional_usd             double,
    unrealized_pnl_usd       double,
    leverage_setting         double,
    margin_mode              varchar not null,
    isolated_wallet_usd      double,
    initial_margin_usd       double,
    maintenance_margin_usd   double,
    liquidation_price        double,
    cannot_be_liquidated     boolean not null,
    adl_rank                 double,
    opened_at                timestamp,
    confirmed                boolean not null
);
comment on table positions is 'One row an open position a cycle, wherever the position came from.';
comment on column positions.snapshot_id is 'See snapshots.';
comment on column positions.taken_at is 'The moment of judging, UTC.';
comment on column positions.account is 'Account id.';
comment on column positions.venue is 'Venue id.';
comment on column positions.symbol is 'Unified symbol, such as BTC/USDT:USDT.';
comment on column positions.side is 'long or short.';
comment on column positions.position_side is 'BOTH, LONG or SHORT, as an order must name it.';
comment on column positions.strategy is 'Strategy that the desk gave it; unlabelled when none matched.';
comment on column positions.quantity is 'Base units, long +, short -; NULL when not confirmed.';
comment on column positions.quantity_exact is 'The last quantity stated by the venue, in its own digits, signed.';
comment on column positions.entry_price is 'Quote per base, mean of the fills.';
comment on column positions.mark_price is 'Quote per base.';
comment on column positions.notional_usd is 'quantity * mark_price, signed.';
comment on column positions.unrealized_pnl_usd is 'quantity * (mark_price - entry_price).';
comment on column positions.leverage_setting is 'The slider of the venue: initial margin is notional / setting.';
comment on column positions.margin_mode is 'cross or isolated.';
comment on column positions.isolated_wallet_usd is 'Cash set aside for an isolated position; NULL for cross.';
comment on column positions.initial_margin_usd is 'As the venue states it.';
comment on column positions.maintenance_margin_usd is 'As the venue states it.';
comment on column positions.liquidation_price is 'As the venue states it; NULL when it states none.';
comment on column positions.cannot_be_liquidated is 'True when the venue says that no price liquidates.';
comment on column positions.adl_rank is '0 (last in the auto-deleveraging queue) to 4 (first).';
comment on column positions.opened_at is 'When the position last left zero, UTC.';
comment on column positions.confirmed is 'False: held before, absent from the newest answer, and nothing proves it closed.';

create table resting_orders (
    snapshot_id       bigint not null,
    taken_at          timestamp not null,
    account           varchar not null,
    venue             varchar not null,
    symbol            varchar not null,
    strategy          varchar not null,
    order_id          varchar not null,
    client_order_id   varchar not null,
    kind              varchar not null,
    direction         varchar not null,
    position_side     varchar not null,
    price             double,
    trigger_price     double,
    remaining         double,
    remaining_exact   varchar not null,
    reduce_only       boolean not null,
    close_position    boolean not null,
    conditional       boolean not null,
    placed_at         timestamp
);
comment on table resting_orders is 'One row a resting order a cycle, ordinary and conditional, by anybody.';
comment on column resting_orders.snapshot_id is 'See snapshots.';
comment on column resting_orders.taken_at is 'The moment of judging, UTC.';
comment on column resting_orders.account is 'Account id.';
comment on column resting_orders.venue is 'Venue id.';
comment on column resting_orders.symbol is 'Unified symbol.';
comment on column resting_orders.strategy is 'Strategy that the desk gave it.';
comment on column resting_orders.order_id is 'The venue''s id.';
comment on column resting_orders.client_order_id is 'The placer''s own id; may be empty.';
comment on column resting_orders.kind is 'limit, stop, take_profit, trailing or other.';
comment on column resting_orders.direction is 'BUY or SELL.';
comment on column resting_orders.position_side is 'BOTH, LONG or SHORT.';
comment on column resting_orders.price is 'Limit price, quote per base; NULL for a market order behind a trigger.';
comment on column resting_orders.trigger_price is 'Quote per base; NULL for an ordinary order.';
comment on column resting_orders.remaining is 'Base units still to fill; NULL when it closes whatever is held.';
comment on column resting_orders.remaining_exact is 'The same in the venue''s own digits; 0 when it closes whatever is held.';
comment on column resting_orders.reduce_only is 'May not open or flip.';
comment on column resting_orders.close_position is 'Closes the whole position when triggered.';
comment on column resting_orders.conditional is 'Kept by the venue in its list of conditional orders.';
comment on column resting_orders.placed_at is 'UTC, by the venue.';

create table spot_balances (
    snapshot_id   bigint not null,
    taken_at      timestamp not null,
    account       varchar not null,
    asset         varchar not null,
    quantity      double,
    price         double
);
comment on table spot_balances is 'One row a cycle for each spot balance that a hedge names.';
comment on column spot_balances.snapshot_id is 'See snapshots.';
comment on column spot_balances.taken_at is 'The moment of judging, UTC.';
comment on column spot_balances.account is 'Account id.';
comment on column spot_balances.asset is 'The coin.';
comment on column spot_balances.quantity is 'Base units.';
comment on column spot_balances.price is 'Quote per base, the index price of the coin''s perpetual.';

create table marks (
    snapshot_id              bigint not null,
    taken_at                 timestamp not null,
    venue                    varchar not null,
    symbol                   varchar not null,
    mark_price               double,
    index_price              double,
    last_price               double,
    funding_rate             double,
    funding_interval_hours   double,
    next_funding_at          timestamp,
    quoted_at                timestamp
);
comment on table marks is 'One row a cycle for each instrument that anything refers to.';
comment on column marks.snapshot_id is 'See snapshots.';
comment on column marks.taken_at is 'The moment of judging, UTC.';
comment on column marks.venue is 'Venue id.';
comment on column marks.symbol is 'Unified symbol.';
comment on column marks.mark_price is 'Quote per base.';
comment on column marks.index_price is 'Quote per base.';
comment on column marks.last_price is 'Quote per base; NULL when not read.';
comment on column marks.funding_rate is 'Fraction of notional for one interval; positive: longs pay.';
comment on column marks.funding_interval_hours is 'Hours between settlements.';
comment on column marks.next_funding_at is 'Next settlement, UTC.';
comment on column marks.quoted_at is 'Venue''s time of the mark, UTC.';

create table surfaces (
    snapshot_id   bigint not null,
    taken_at      timestamp not null,
    venue         varchar not null,
    account       varchar not null,
    surface       varchar not null,
    quality       varchar not null,
    observed_at   timestamp,
    age_seconds   double,
    reason        varchar not null
);
comment on table surfaces is 'One row a cycle for each thing that was or should have been read, and how far to believe it.';
comment on column surfaces.snapshot_id is 'See snapshots.';
comment on column surfaces.taken_at is 'The moment of judging, UTC.';
comment on column surfaces.venue is 'Venue id.';
comment on column surfaces.account is 'Account id; empty for a surface of the venue itself.';
comment on column surfaces.surface is 'What was asked: balances, positions, orders, marks and so on.';
comment on column surfaces.quality is 'OK, STALE, PARTIAL or BLIND.';
comment on column surfaces.observed_at is 'When the last good answer was asked for, UTC; NULL when there never was one.';
comment on column surfaces.age_seconds is 'taken_at - observed_at, seconds.';
comment on column surfaces.reason is 'Why the quality is not OK; empty when it is.';

create table verdicts (
    snapshot_id      bigint not null,
    taken_at         timestamp not null,
    rule             varchar not null,
    measure          varchar not null,
    grain            varchar not null,
    subject          varchar not null,
    account          varchar not null,
    outcome          varchar not null,
    value            double,
    limit_value      double,
    utilisation      double,
    unknown_reason   varchar not null
);
comment on table verdicts is 'One row a cycle for each rule and subject: what was measured and what the rule concluded. Of more than 2,000 a cycle, those that are ok and use less than half of their limit are left out, except each rule''s worst.';
comment on column verdicts.snapshot_id is 'See snapshots.';
comment on column verdicts.taken_at is 'The moment of judging, UTC.';
comment on column verdicts.rule is 'policy/rule.';
comment on column verdicts.measure is 'The measure, with its parameters in base units.';
comment on column verdicts.grain is 'Kind of subject: position, account, hedge and so on.';
comment on column verdicts.subject is 'The subject, its parts in canonical order.';
comment on column verdicts.account is 'Account of the subject; empty for a subject above accounts.';
comment on column verdicts.outcome is 'ok, warn, breach, critical or unknown.';
comment on column verdicts.value is 'In the measure''s unit; NULL: unknown.';
comment on column verdicts.limit_value is 'The limit that decided, or the nearest; NULL when none applies.';
comment on column verdicts.utilisation is 'Use of the breach limit: 1 is at the limit.';
comment on column verdicts.unknown_reason is 'Which input was missing; empty when the value is known.';

create table funding_income (
    account       varchar not null,
    income_id     varchar not null,
    symbol        varchar not null,
    asset         varchar not null,
    amount_usd    double,
    settled_at    timestamp not null
);
comment on table funding_income is 'One row a funding settlement, as the venue booked it.';
comment on column funding_income.account is 'Account id.';
comment on column funding_income.income_id is 'Unique for the account.';
comment on column funding_income.symbol is 'Unified symbol.';
comment on column funding_income.asset is 'Currency of the amount.';
comment on column funding_income.amount_usd is '+ received, - paid.';
comment on column funding_income.settled_at is 'UTC, by the venue.';

create table transfers (
    account          varchar not null,
    income_id        varchar not null,
    asset            varchar not null,
    amount_usd       double,
    transferred_at   timestamp not null
);
comment on table transfers is 'One row a deposit or withdrawal: no profit, no loss.';
comment on column transfers.account is 'Account id.';
comment on column transfers.income_id is 'Unique for the account.';
comment on column transfers.asset is 'Currency of the amount.';
comment on column transfers.amount_usd is '+ deposited, - withdrawn.';
comment on column transfers.transferred_at is 'UTC, by the venue.';
