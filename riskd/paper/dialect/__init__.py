"""The Binance USD-M REST dialect, as pure functions over the simulated exchange."""
