"""What it costs to bring one unit to an account: freight, express, handling, penalties and returns ÷ units."""
