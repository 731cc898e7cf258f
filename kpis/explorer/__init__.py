"""The sell-through explorer: accounts, categories, products and stores by week, in one table that opens downwards.

`asked` reads what a reader wants from the address, `cells` says which sums answer it, `lines` makes figures of them in
the database, `news` says what is missing from them, `table` puts them side by side, `showing` and `export` hand out.
"""
