"""Cold months: partitions written to Parquet files, proven equal, and dropped; and back.

Read `rows` (a month and a file, compared row by row), then `services` (the moves), then `away` (what others ask).
"""
