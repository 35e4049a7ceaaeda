"""Collection: moves of a placement, contracts with collectors, itemisation of the balance."""
