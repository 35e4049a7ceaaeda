"""Understanding customers' texts: intents, and answers such as amounts, days and choices."""
