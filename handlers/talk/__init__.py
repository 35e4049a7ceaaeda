"""The engine that plays a conversation from its answers."""
