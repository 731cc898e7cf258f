"""Pieces of SQL that the statements of the night and of imports share."""

# Rows of the accounts of a shard, by the alias of their table; the accounts of a shard, as `a`.
MINE = "mod({0}.account_id, %(shards)s) = %(shard)s"
SHARD = "mod(a.id, %(shards)s) = %(shard)s"
# The Monday of a day.
WEEK = "({0} - (extract(isodow FROM {0})::int - 1))"
