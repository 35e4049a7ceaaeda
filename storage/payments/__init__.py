"""Money that arrived, was taken back, or went back."""
