"""Webhooks: other systems are told what happens, from the audit log, within what the owner of the webhook sees.

`dispatch` makes a delivery of every matching entry, `sender` sends them, `post` is the only place that speaks to
strangers, `address` decides whom it may speak to, `signing` proves that it was us. See docs/webhooks.md.
"""
