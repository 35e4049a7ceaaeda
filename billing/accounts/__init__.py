"""Who owes and who is owed: the facts about a person's accounts, and what must be respected."""
