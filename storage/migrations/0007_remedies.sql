-- What a plan does beside reducing positions: orders cancelled, stops placed, and its effect on every rule. Prices are quote per
-- base, quantities base units, money USD, measures in the unit that stands beside them.

alter table plans add column frees_margin_usd double;
alter table plans add column realizes_pnl_usd double;
alter table plans add column remains varchar;
alter table plans add column advice varchar;
alter table plans add column breaks_hedges varchar;
update plans set remains = '[]', advice = '[]', breaks_hedges = '[]';
comment on column plans.action is 'deleverage, close, cancel_orders, place_stop or flatten: the action of the rule that leads.';
comment on column plans.steps is 'Number of reductions; see plan_steps.';
comment on column plans.frees_margin_usd is 'Initial margin that becomes available; NULL: not known.';
comment on column plans.realizes_pnl_usd is 'Profit (+) or loss (-) that closing turns into cash, costs not included; NULL: not known.';
comment on column plans.remains is 'JSON list: what the plan cannot mend.';
comment on column plans.advice is 'JSON list: what a person could do about that.';
comment on column plans.breaks_hedges is 'JSON list: hedges whose net delta it makes larger.';
comment on column plan_states.state is 'proposed, approved, rejected, expired, executing, done, refused, failed or withdrawn.';

create table plan_cancellations (
    journal_sequence    bigint not null,
    happened_at         timestamp not null,
    plan_id             varchar not null,
    step                bigint not null,
    account             varchar not null,
    symbol              varchar not null,
    position_side       varchar not null,
    order_id            varchar not null,
    client_order_id     varchar not null,
    kept_in             varchar not null,
    what                varchar not null
);
comment on table plan_cancellations is 'One row a resting order that a plan cancels, before it reduces. None of them protects a position.';
comment on column plan_cancellations.journal_sequence is 'Entry of the plan in the journal.';
comment on column plan_cancellations.happened_at is 'UTC.';
comment on column plan_cancellations.plan_id is 'See plans.';
comment on column plan_cancellations.step is 'Counted from 1, in order of execution.';
comment on column plan_cancellations.account is 'Account id.';
comment on column plan_cancellations.symbol is 'Unified symbol.';
comment on column plan_cancellations.position_side is 'BOTH, LONG or SHORT.';
comment on column plan_cancellations.order_id is 'The venue''s id.';
comment on column plan_cancellations.client_order_id is 'The placer''s own id; may be empty.';
comment on column plan_cancellations.kept_in is 'The list of the venue that it rests in: ordinary or conditional.';
comment on column plan_cancellations.what is 'The order in words.';

create table plan_stops (
    journal_sequence      bigint not null,
    happened_at           timestamp not null,
    plan_id               varchar not null,
    step                  bigint not null,
    account               varchar not null,
    symbol                varchar not null,
    position_side         varchar not null,
    held                  double,
    held_exact            varchar not null,
    quantity              double,
    quantity_exact        varchar not null,
    trigger_price         double,
    trigger_price_exact   varchar not null,
    mark_price            double,
    mark_price_exact      varchar not null
);
comment on table plan_stops is 'One row a stop that a plan places, after it has reduced.';
comment on column plan_stops.journal_sequence is 'Entry of the plan in the journal.';
comment on column plan_stops.happened_at is 'UTC.';
comment on column plan_stops.plan_id is 'See plans.';
comment on column plan_stops.step is 'Counted from 1, in order of execution.';
comment on column plan_stops.account is 'Account id.';
comment on column plan_stops.symbol is 'Unified symbol.';
comment on column plan_stops.position_side is 'BOTH, LONG or SHORT.';
comment on column plan_stops.held is 'Base units held when planned, signed.';
comment on column plan_stops.held_exact is 'The same, exact.';
comment on column plan_stops.quantity is 'Base units that the stop closes, > 0.';
comment on column plan_stops.quantity_exact is 'The same, exact.';
comment on column plan_stops.trigger_price is 'Quote per base at which it closes at market.';
comment on column plan_stops.trigger_price_exact is 'The same, exact.';
comment on column plan_stops.mark_price is 'Quote per base that the plan was made on.';
comment on column plan_stops.mark_price_exact is 'The same, exact.';

create table plan_effects (
    journal_sequence   bigint not null,
    happened_at        timestamp not null,
    plan_id            varchar not null,
    rule               varchar not null,
    subject            varchar not null,
    measure            varchar not null,
    unit               varchar not null,
    value_before       double,
    value_after        double,
    target             double,
    is_mended          boolean not null
);
comment on table plan_effects is 'One row a rule and subject that a plan was asked to mend or changes, measured on the book as it would be.';
comment on column plan_effects.journal_sequence is 'Entry of the plan in the journal.';
comment on column plan_effects.happened_at is 'UTC.';
comment on column plan_effects.plan_id is 'See plans.';
comment on column plan_effects.rule is 'policy/rule.';
comment on column plan_effects.subject is 'What the rule is about.';
comment on column plan_effects.measure is 'Name of the measure.';
comment on column plan_effects.unit is 'Its unit.';
comment on column plan_effects.value_before is 'The measured value; NULL: unknown.';
comment on column plan_effects.value_after is 'The same on the book as it would be; NULL: unknown.';
comment on column plan_effects.target is 'Where the plan wants it; NULL: it was not asked to mend this rule.';
comment on column plan_effects.is_mended is 'Whether it is within its limit afterwards.';

alter table intents add column execution varchar;
alter table intents add column trigger_price double;
alter table intents add column trigger_price_exact varchar;
update intents set execution = 'immediate', trigger_price_exact = '';
comment on column intents.limit_price is 'Quote per base; NULL for a market order and a stop.';
comment on column intents.limit_price_exact is 'The same, exact; empty for a market order and a stop.';
comment on column intents.execution is 'immediate (market, or limit with immediate-or-cancel), post_only or stop.';
comment on column intents.trigger_price is 'Of a stop: quote per base at which it closes at market; NULL otherwise.';
comment on column intents.trigger_price_exact is 'The same, exact; empty otherwise.';
