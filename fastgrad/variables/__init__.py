"""What lasts from run to run: variables, the store of their values, scopes, initializers."""
