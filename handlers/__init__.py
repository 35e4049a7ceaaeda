"""What happens when something comes in: a message, money, a rep's decision, the tick of the clock."""
