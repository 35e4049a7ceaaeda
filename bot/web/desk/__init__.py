"""The pages of the desk, at ``/desk``: one place where a rep reads everything, decides and moves on."""
