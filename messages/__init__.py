"""Text in both directions: rendering messages, printing documents, and understanding what customers write."""
