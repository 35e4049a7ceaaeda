"""How payers are asked over the network or by files."""
