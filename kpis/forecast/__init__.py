"""What accounts will sell, by product and week: a baseline chosen by back-test, and what people know better.


`methods` and `backtest` are arithmetic on whole tables of series and need NumPy: only the night and the bench import
them.
"""
