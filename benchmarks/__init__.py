"""What Kvitt costs beside a floor or a peer, measured in the same run."""
