"""What has to do with payers: who is covered, what it will cost, what was authorised beforehand."""
