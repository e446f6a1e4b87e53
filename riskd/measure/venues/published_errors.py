"""Published numbers that are wrong, and why: riskd must not agree with them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedError:
    """A number, or a formula, that its publisher contradicts.

    Attributes:
        where: Page or file.
        printed: What it says.
        right: What follows from the page's own inputs.
        why: What went wrong.
    """

    where: str
    printed: str
    right: str
    why: str


PUBLISHED_ERRORS = (
    PublishedError(
        where="Toobit, liquidation introduction (cross)",
        printed="a short from 1,600 at 1,596: PnL -80, maintenance 320, ratio 118.5 %",
        right="PnL +80, maintenance 160, ratio 37.21 %",
        why="a short gains when price falls; value / leverage is taken for maintenance; three different prices",
    ),
    PublishedError(
        where="BitMEX, ETHUSD series guide (quanto)",
        printed="500 · 0.0001 · 1,000 = 50 XBT, initial margin 1 XBT",
        right="0.5 XBT and 0.01 XBT",
        why="the table of the same page has the multiplier 0.000001 XBT: the example is 100 times too large",
    ),
    PublishedError(
        where="Bitget support, liquidation price of USDT-M",
        printed="(entry · size + margin) / (size · (1 - rate)) for a long",
        right="(entry · size - margin) / (size · (1 - rate))",
        why="the printed sign puts the liquidation price of a long above its entry",
    ),
    PublishedError(
        where="Bybit API v5, position list, example response",
        printed="leverage 10 beside positionIM 0.00010923",
        right="0.00109232",
        why="the margin is that of 100x",
    ),
    PublishedError(
        where="Bybit, liquidation price in isolated mode (unified account, inverse)",
        printed="'a long entry of 60,000 USD of BTCUSD short position'",
        right="45,662.10 long, 55,248.62 short",
        why="the position is named long and short in one sentence; the numbers of both sides follow from its formula",
    ),
    PublishedError(
        where="Bybit API v5, ADL alert, example 2",
        printed="rule pnlRatio < insurancePnlRatio; the example triggers at -0.30 = -0.30",
        right="triggered at equality",
        why="rule and example differ at the threshold; the cautious reading is taken",
    ),
    PublishedError(
        where="Gate API, futures positions, example response",
        printed="unrealised_pnl -0.000507486844",
        right="-0.72688",
        why="the value of the sample is in USDT, its PnL is left from a BTC-settled sample",
    ),
    PublishedError(
        where="A worked hedge of 1,000,000 with contracts of 42,000",
        printed="14.76 contracts rounded to 14",
        right="15",
        why="14.76 rounds to 15, and 15 leave less of the exposure open",
    ),
    PublishedError(
        where="KuCoin, What is Liquidation?",
        printed="5 BTC at 100x from 5,000: liquidation 4,938, and 4,938 again after the margin is doubled",
        right="the price falls when margin is added",
        why="the price before and after cannot be the same",
    ),
    PublishedError(
        where="Kraken Futures, Equity Protection Process",
        printed="maintenance as a constant of 1 % at entry, liquidation 7,481",
        right="7,481 with 1 % of the value at mark; the constant gives 7,476.6",
        why="the text and the number use different bases",
    ),
    PublishedError(
        where="freqtrade, docstring for a Gate short at 3x",
        printed="13.476",
        right="13.193",
        why="a sign; the same file's test expects 13.193",
    ),
    PublishedError(
        where="dYdX v4, contract loss mechanisms",
        printed="$100 - ($2 - $1) · -500 = $-400",
        right="100 + (2 - 1) · -500 = -400",
        why="a sign within the expression; its result is right",
    ),
)
