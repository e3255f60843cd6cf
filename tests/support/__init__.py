"""What tests share: clients, environments, users, seeds, searches for secrets, and faults."""
