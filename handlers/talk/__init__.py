"""The engine that replays a conversation from its answers."""
