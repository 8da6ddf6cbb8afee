"""From the outbox to the bots: one sender per account leases, judges, paces, sends, records."""
