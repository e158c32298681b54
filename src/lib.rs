//! vaultdeck: the map of the house.
