"""Keys, tokens, rights, and the authentication of the broker's clients."""
