"""Which column of a file is which of our fields: what is seen of them, what is suggested, what a person says."""
